/* Several components in one protection domain: each is compiled as it is, with this in front of it. What it says to one that is in the same domain is
   a call; what it says to others goes through the kernel, as ever. So systems that differ in walls only have the rest in common (domains.py). */
#ifndef BENCH_INSIDE_H
#define BENCH_INSIDE_H

#include <stdbool.h>
#include <microkit.h>
#include <baton/timer.h>

struct inside_component {
    void (*init)(void);
    void (*notified)(microkit_channel);
    microkit_msginfo (*protected)(microkit_channel, microkit_msginfo);
    const struct inside_way *ways; /* of its channels */
    seL4_Word notifications;       /* its channels, as microkit_notifications has them */
    seL4_Word timers;              /* its own, as microkit_timers has them: not those of its neighbours */
    unsigned bit;                  /* of its place */
    seL4_Word pending;             /* signals that it has not seen */
};

/* Where a component's channel leads: to a component and its channel here, or out, by a channel of the domain (`to` is NULL). */
struct inside_way {
    struct inside_component *to;
    unsigned channel;
};

/* ---- written by domains.py: the most urgent first */
extern struct inside_component inside_all[];
extern const unsigned inside_count;
extern const struct inside_way inside_in[MICROKIT_MAX_CHANNELS]; /* of the domain's own channels */

/* ---- inside.c */
extern struct inside_component *inside_now;
void inside_notify(microkit_channel ch);
microkit_msginfo inside_ppcall(microkit_channel ch, microkit_msginfo msginfo);
seL4_MessageInfo_t inside_wait(seL4_CPtr source, seL4_Word *badge);

#ifdef INSIDE_DOMAIN
#define microkit_notify inside_notify
#define microkit_ppcall inside_ppcall
#define seL4_Wait inside_wait
#define microkit_notifications (inside_now->notifications)
#define microkit_timers (inside_now->timers)
#endif

#endif
