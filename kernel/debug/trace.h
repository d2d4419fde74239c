/* The event trace: what the kernel did, newest last, in a ring. Off unless the command line says trace=on;
   then the fast paths are out of use, so that every event is seen. */
#ifndef BATON_DEBUG_TRACE_H
#define BATON_DEBUG_TRACE_H

#include <stdbool.h>

#include "abi/trace.h"

extern bool trace_on;
extern struct trace_record *trace_ring; /* 2^TRACE_BITS bytes, while it is on */

void trace_record(enum trace_event event, uint64_t a, uint64_t b);
/* Prints the ring on the console; nothing when the trace is off. */
void trace_dump(void);

static inline void trace(enum trace_event event, uint64_t a, uint64_t b)
{
    if (__builtin_expect(trace_on, 0))
        trace_record(event, a, b);
}

#endif
