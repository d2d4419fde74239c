#include "debug/trace.h"

#include "debug/debug.h"
#include "debug/machine.h"

bool trace_on;
/* Away from trace_on and what lies near it, which interrupts read. */
struct trace_record *trace_ring __attribute__((section(".data")));
static uint64_t recorded;

#define TRACE_NAME(name, doc) #name,
static const char *const names[] = {TRACE_EVENTS(TRACE_NAME)};

void trace_record(enum trace_event event, uint64_t a, uint64_t b)
{
    trace_ring[recorded++ % TRACE_SIZE] = (struct trace_record){arch_timestamp(), a, b, event};
}

void trace_dump(void)
{
    uint64_t first = recorded > TRACE_SIZE ? recorded - TRACE_SIZE : 0;
    if (!trace_on)
        return;
    kprintf("trace: %lu events, the last %lu:\n", recorded, recorded - first);
    for (uint64_t i = first; i < recorded; i++) {
        const struct trace_record *r = &trace_ring[i % TRACE_SIZE];
        kprintf("trace %lu %s %lx %lx\n", r->time, names[r->event], r->a, r->b);
    }
}
