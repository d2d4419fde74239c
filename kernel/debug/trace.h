/* The event trace: what the kernel did, newest last, in a ring. Off unless the command line says trace=on;
   then the fast paths are out of use, so that every event is seen. */
#ifndef BATON_TRACE_H
#define BATON_TRACE_H

#include <stdbool.h>
#include <stdint.h>

#define TRACE_EVENTS(EVENT)                                                                                    \
    EVENT(SYSCALL, "number, first argument")                                                                   \
    EVENT(SWITCH, "from thread, to thread")                                                                    \
    EVENT(SEND, "endpoint, badge")                                                                             \
    EVENT(RECV, "endpoint, waiting sender or 0")                                                               \
    EVENT(REPLY, "server, caller")                                                                             \
    EVENT(SIGNAL, "notification, bits")                                                                        \
    EVENT(FAULT, "fault label, address")                                                                       \
    EVENT(IRQ, "vector, 0")                                                                                    \
    EVENT(RETYPE, "type, count")                                                                               \
    EVENT(DERIVE, "from slot, to slot")                                                                        \
    EVENT(DELETE, "slot, 0")                                                                                   \
    EVENT(MAP, "virtual address, object")

#define TRACE_ENUM(name, doc) TRACE_##name,
enum trace_event { TRACE_EVENTS(TRACE_ENUM) TRACE_EVENT_COUNT };
#undef TRACE_ENUM

extern bool trace_on;

void trace_record(enum trace_event event, uint64_t a, uint64_t b);
/* Prints the ring on the console; nothing when the trace is off. */
void trace_dump(void);

static inline void trace(enum trace_event event, uint64_t a, uint64_t b)
{
    if (__builtin_expect(trace_on, 0))
        trace_record(event, a, b);
}

#endif
