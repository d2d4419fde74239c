/* The run queue: docs/invariants.md, "threshold". */
#include "debug/checking.h"

#include "debug/debug.h"
#include "thread/sched.h"

static void check_queue(const struct run_queue *q)
{
    const struct tcb *tail = q->head->wait & READY_ALONE ? q->head : q->tail;
    for (const struct tcb *t = q->head; t; t = t == tail ? NULL : t->next) {
        assert(sched_ready(t) && t->priority + 1u == q->key);
        assert(t == q->head || (t->wait == REF_READY && t->prev->next == t));
    }
}

/* Those that are not empty are linked by falling priority, and are those whose bit is set. */
void check_queues(void)
{
    enum { WORDS = sizeof cpu.ready_bits / sizeof *cpu.ready_bits };
    uint64_t bits[WORDS] = {0};
    const struct run_queue *q = cpu.highest;
    for (unsigned above = PRIORITIES + 1; q - queues >= 0 && q - queues < PRIORITIES;
         above = q->key, q = q->below) {
        assert(q->key == (unsigned)(q - queues) + 1 && q->key < above);
        bits[q->key / 64] |= 1ull << q->key % 64;
        check_queue(q);
    }
    assert(q->head == NOBODY && q->key == 1); /* the one below all others */
    for (unsigned i = 0; i < WORDS; i++)
        assert(bits[i] == cpu.ready_bits[i]);
}
