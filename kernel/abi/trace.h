/* What the kernel has done, with trace=on: a ring of records, newest over oldest. The root task has it as its last module, "trace", the
   frames of which cannot be written; it changes at each entry of the kernel, also while it is read. */
#ifndef BATON_ABI_TRACE_H
#define BATON_ABI_TRACE_H

#include <stdint.h>

/* Threads and other objects are named by the kernel's addresses, as in a dump: those in RAM are physical addresses in their low 47 bits. */
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
    EVENT(MAP, "virtual address, object")                                                                      \
    EVENT(REFUSED, "thread, error: of the SYSCALL before it")

#define TRACE_ENUM(name, doc) TRACE_##name,
enum trace_event { TRACE_EVENTS(TRACE_ENUM) TRACE_EVENT_COUNT };
#undef TRACE_ENUM

enum { TRACE_SIZE = 1024, TRACE_BITS = 15 }; /* records; the ring has 2^TRACE_BITS bytes */

/* What was recorded of one event. */
struct trace_record {
    uint64_t time;        /* of the time-stamp counter; 0: there was nothing yet */
    uint64_t a, b, event; /* what the event's line says of two words; enum trace_event */
};

_Static_assert(TRACE_SIZE * sizeof(struct trace_record) == 1u << TRACE_BITS, "it is whole pages");

#endif
