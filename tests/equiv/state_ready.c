/* The part of a state that says who is ready: the run queues, and what follows from them. */
#include "state_parts.h"

static struct run_queue *queue_here(const struct tcb *t)
{
    return &kernel.queue[t->priority];
}

struct run_queue *state_queue_there(unsigned priority)
{
    return (struct run_queue *)kernel.queue_address + priority;
}

static bool queue_empty(unsigned priority)
{
    return !(kernel.cpu->ready_bits[(priority + 1) / 64] >> (priority + 1) % 64 & 1);
}

void state_make_ready(struct tcb *t)
{
    struct run_queue *q = queue_here(t);
    t->wait = REF_READY;
    if (queue_empty(t->priority)) {
        kernel.cpu->ready_bits[(t->priority + 1) / 64] |= 1ull << (t->priority + 1) % 64;
        q->head = t;
    } else {
        q->tail->next = t;
        t->prev = q->tail;
    }
    q->tail = t;
}

/* As a fast path leaves threads: alone, or among others, who are perhaps settled. */
static void leave_unsettled(unsigned priority)
{
    struct run_queue *q = &kernel.queue[priority];
    bool alone = q->head == q->tail;
    for (struct tcb *t = q->head;; t = t->next) {
        if (!t->slow_reasons && t->resume == RESUME_SYSRET && !chance(4))
            t->wait = (chance(3) ? IN_LINE_NOTIFIED : IN_LINE_RETURNED) | (alone ? READY_ALONE : 0);
        if (t == q->tail)
            break;
    }
    if (q->head->wait & READY_ALONE)
        q->tail = thread(below(THREADS));
}

void state_leave_unsettled(void)
{
    for (unsigned p = 0; p < 256; p++) {
        if (!queue_empty(p))
            leave_unsettled(p);
    }
}

void state_link_queues(void)
{
    struct run_queue *below_it = (struct run_queue *)kernel.no_queue_address;
    for (unsigned p = 0; p < 256; p++) {
        kernel.queue[p].key = p + 1;
        if (queue_empty(p))
            continue;
        kernel.queue[p].below = below_it;
        below_it = state_queue_there(p);
    }
    kernel.cpu->highest = below_it;
}

uint32_t state_ready_threshold(void)
{
    uint64_t at = (uint64_t)kernel.cpu->highest - kernel.queue_address;
    return state_nobody_ready() ? 1 : kernel.queue[at / sizeof *kernel.queue].key;
}

bool state_nobody_ready(void)
{
    return (uint64_t)kernel.cpu->highest == kernel.no_queue_address;
}
