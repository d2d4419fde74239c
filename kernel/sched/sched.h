/* Who runs: 256 priorities, first in first out within each, one bit a priority that has somebody ready. */
#ifndef BATON_SCHED_H
#define BATON_SCHED_H

#include "tcb.h"

/* What the fast paths know of the CPU. It lies on the CPU's private page, at a fixed distance from the
   fast path's text (DESIGN.md section 2, windows). */
struct cpu {
    struct tcb *current;
    uint32_t threshold;       /* least key that may run at once: ready_threshold, or THRESHOLD_NEVER
                                 while the running thread has a slow reason */
    uint32_t ready_threshold; /* 1 + the highest priority that is ready; 1 when nobody is */
    uint64_t stack_top;
    int32_t slice_left; /* ticks that the running thread may still run */
    uint32_t unused;
    uint64_t ready_bits[4];
};

enum { THRESHOLD_NEVER = 0xffffffffu };

extern struct cpu cpu;
extern struct tcb idle_tcb;

void sched_init(void);
void sched_enqueue(struct tcb *t); /* at the end of its priority */
void sched_dequeue(struct tcb *t);
/* The running thread does not run on (it waits or was stopped): picks the next. */
void sched_block(void);
/* The running thread gives way to the others of its priority. */
void sched_yield(void);
/* t was just given a message. The run-next rule of DESIGN.md section 3; `sender_runs`: the running thread
   is still runnable. */
void sched_deliver(struct tcb *t, bool sender_runs);
/* A thread becomes ready; it runs at once if it is more urgent than the running one. */
void sched_wake(struct tcb *t);
/* The running thread has become less urgent: others may have to run. */
void sched_reconsider(void);
/* One tick of the timer. */
void sched_tick(void);
/* The threshold that the run queue asks for; panics when the queues are not what they must be. */
uint32_t sched_check(void);
/* The slow reasons of the running thread changed. */
void sched_current_changed(void);

#endif
