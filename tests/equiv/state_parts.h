/* What the files that make states share; world.h has what they offer. */
#ifndef EQUIV_STATE_PARTS_H
#define EQUIV_STATE_PARTS_H

#include "world.h"

static inline bool chance(unsigned in)
{
    return below(in) == 0;
}

static inline struct tcb *running(void)
{
    return kernel.cpu->current;
}

/* Numbers that a comparison could get wrong, or any number. */
uint64_t number(void);
uint64_t user_address(void);

/* state_waits.c: a place for thread i > 0; the ones before it have theirs. */
void state_place(unsigned i);
/* What a running thread waited for last, which means nothing. */
void state_leave_stale_wait(void);
void state_bind_some(struct notification *n);
void state_signal_some(struct notification *n);
/* In queues with one thread the tail means nothing. */
void state_forget_tails(void);

/* state_ready.c: as a fast path leaves threads. */
void state_leave_unsettled(void);
/* The queues that are not empty, linked by priority. */
void state_link_queues(void);
/* Where the kernel keeps a queue of ours. */
struct run_queue *state_queue_there(unsigned priority);

/* state_slots.c: one list through all slots that are not empty, in no meaningful order. */
void state_link_slots(void);

#endif
