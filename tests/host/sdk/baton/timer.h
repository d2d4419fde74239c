/* Of the kernel's timer, what a driver needs on a host; the test says which ids there are, and looks at the last deadline. */
#ifndef BATON_HOST_TIMER_H
#define BATON_HOST_TIMER_H

#include <microkit.h>

extern seL4_Word microkit_timers, timer_ticks, timer_deadline;

static inline int baton_has_id(seL4_Word ids, unsigned id)
{
    return ids >> id & 1;
}

static inline seL4_Word baton_timer_now(void)
{
    return timer_ticks;
}

static inline void baton_timer_set(unsigned id, seL4_Word deadline)
{
    (void)id;
    timer_deadline = deadline;
}

#endif
