/* For clients of the network that serve: what was refused is asked again, about a second later, and said once until somebody was served. A component whose
   description gives it <timer id="60" /> is woken for that; others ask when they are signalled the next time. */
#ifndef SERVICES_NET_AGAIN_H
#define SERVICES_NET_AGAIN_H

#include <baton/timer.h>
#include <stdbool.h>

enum { NET_AGAIN_TIMER = 60 };
#define NET_AGAIN_TICKS (1ul << 31)

struct net_again {
    seL4_Word due; /* 0: nothing is to be asked again */
    bool said;
};

static inline void net_again_wake(const struct net_again *a)
{
    if (baton_has_id(microkit_timers, NET_AGAIN_TIMER))
        baton_timer_set(NET_AGAIN_TIMER, a->due);
}

static inline void net_again_refused(struct net_again *a, const char *line)
{
    if (!a->said)
        microkit_dbg_puts(line);
    a->said = true;
    if (a->due != 0)
        return;
    a->due = baton_timer_now() + NET_AGAIN_TICKS;
    net_again_wake(a);
}

/* Once for each refusal, or more that came together. */
static inline bool net_again_due(struct net_again *a)
{
    if (a->due == 0)
        return false;
    if (baton_timer_now() < a->due) {
        net_again_wake(a);
        return false;
    }
    a->due = 0;
    return true;
}

#endif
