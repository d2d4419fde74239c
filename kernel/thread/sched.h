/* Who runs: 256 priorities, first in, first out within each, and a bit for each that has a ready thread. */
#ifndef BATON_SCHED_H
#define BATON_SCHED_H

#include "arch/percpu.h"
#include "thread/tcb.h"

/* The ready threads of one priority. Queues that are not empty are linked by falling priority, from
   cpu.highest to NO_QUEUE: so a fast path puts one on top and takes it off again without a search. */
struct run_queue {
    struct tcb *head, *tail; /* tail means nothing when the head's wait has READY_ALONE */
    struct run_queue *below; /* head, tail and below mean nothing while the queue is empty: cpu.ready_bits */
    uint32_t key;            /* of its threads: priority + 1. Of NO_QUEUE 1: the least that may run */
    uint32_t unused;
};

enum { THRESHOLD_NEVER = 0xffffffffu };

extern struct run_queue queues[PRIORITIES];
extern struct tcb idle_tcb;

void sched_init(void);
void sched_enqueue(struct tcb *t); /* at the end of its priority */
void sched_dequeue(struct tcb *t);
/* Is it on the run queue? */
static inline bool sched_ready(const struct tcb *t)
{
    return t->wait & REF_READY && t != cpu.current;
}
/* Writes into a ready thread's TCB what the fast path that put it on the queue left out. Code that reads or
   changes what is in the TCB of a ready thread, or puts another behind it, does this first. */
void sched_settle(struct tcb *t);
/* The running thread does not run on (it waits or was stopped): picks the next one. */
void sched_block(void);
/* The running thread gives way to the others of its priority. */
void sched_yield(void);
/* t was just given a message. The run-next rule of docs/design.md section 5; `sender_runs`: the running thread
   is still runnable. */
void sched_deliver(struct tcb *t, bool sender_runs);
/* A thread becomes ready; it runs at once if it is more urgent than the running one. */
void sched_wake(struct tcb *t);
/* The running thread has become less urgent: others may have to run. */
void sched_reconsider(void);
/* One tick of the timer. */
void sched_tick(void);
/* The slow reasons of the running thread changed. */
void sched_current_changed(void);

#endif
