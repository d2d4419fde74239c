#include "debug/trace.h"

#include "debug/debug.h"
#include "debug/machine.h"

enum { TRACE_SIZE = 1024 };

struct record {
    uint64_t time, a, b;
    enum trace_event event;
};

bool trace_on;
static struct record ring[TRACE_SIZE];
static uint64_t recorded;

#define TRACE_NAME(name, doc) #name,
static const char *const names[] = {TRACE_EVENTS(TRACE_NAME)};

void trace_record(enum trace_event event, uint64_t a, uint64_t b)
{
    ring[recorded++ % TRACE_SIZE] = (struct record){arch_timestamp(), a, b, event};
}

void trace_dump(void)
{
    uint64_t first = recorded > TRACE_SIZE ? recorded - TRACE_SIZE : 0;
    if (!trace_on)
        return;
    kprintf("trace: %lu events, the last %lu:\n", recorded, recorded - first);
    for (uint64_t i = first; i < recorded; i++) {
        const struct record *r = &ring[i % TRACE_SIZE];
        kprintf("trace %lu %s %lx %lx\n", r->time, names[r->event], r->a, r->b);
    }
}
