/* A timer: signals a notification, or ends a thread's wait, when the time-stamp counter has reached its deadline.

   The armed ones stand in a tree with two orders. By deadline: none is earlier than the one above it, so the
   first of all is on top. By address: d steps below the top, one goes to the side that bit TYPE_BITS_TIMER + d
   of the timer's own address says. No two have the same address, so no path is longer than an address has bits:
   the cost of putting one in or taking one out is bounded, whatever the deadlines and however many are
   armed, without a table and without balancing. */
#ifndef BATON_TIMER_H
#define BATON_TIMER_H

#include "cap/slot.h"

struct tcb;

struct timer {
    struct timer *
        *place; /* the pointer that leads here; NULL: it is not armed, and the next three mean nothing */
    struct timer *below[2];
    uint64_t deadline;
    struct slot target; /* its own copy of the capability to the notification or thread, or empty */
};

_Static_assert(sizeof(struct timer) == 1u << TYPE_BITS_TIMER, "a timer is one cache line");
_Static_assert(offsetof(struct timer, target) % 32 == 0, "slots are aligned to their size");

extern struct timer *timer_first;

static inline struct timer *timer_of(const struct slot *s)
{
    return (struct timer *)(uintptr_t)s->object;
}

/* Of two with the same deadline the one with the lower address comes first. */
static inline bool timer_earlier(const struct timer *a, const struct timer *b)
{
    return a->deadline < b->deadline || (a->deadline == b->deadline && (uintptr_t)a < (uintptr_t)b);
}

/* The side of the place below the one `depth` steps down on which t stands. */
static inline unsigned timer_side(const struct timer *t, unsigned depth)
{
    return (unsigned)((uintptr_t)t >> (TYPE_BITS_TIMER + depth)) & 1;
}

void timer_disarm(struct timer *t);
/* Does what timers whose deadline has come, a bounded number of them. Returns the next deadline: one in the
   past when there are more, TIMER_NEVER when none is armed. */
#define TIMER_NEVER UINT64_MAX
uint64_t timer_fire(uint64_t now);

#endif
