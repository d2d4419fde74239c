/* The run queue and the choice of who runs next. Every choice ends in run(), which keeps the threshold that
   the fast paths compare with. */
#include "sched.h"

#include "arch.h"
#include "debug.h"
#include "trace.h"

struct run_queue {
    struct tcb *head, *tail; /* mean nothing while the priority's ready bit is clear */
};

static struct run_queue queues[256];

_Static_assert(sizeof queues / sizeof queues[0] == 256, "one queue for each priority");

enum { SLOW_SWITCH = SLOW_EXTENDED | SLOW_DEBUG };

struct tcb idle_tcb = {.resume = RESUME_IDLE, .slow_reasons = SLOW_IDLE, .reply_to = NOBODY};

static bool priority_ready(unsigned p)
{
    return cpu.ready_bits[p / 64] >> (p % 64) & 1;
}

/* The highest priority with a ready thread, or -1. */
static int highest_ready(void)
{
    for (int word = 3; word >= 0; word--) {
        if (cpu.ready_bits[word])
            return word * 64 + 63 - __builtin_clzll(cpu.ready_bits[word]);
    }
    return -1;
}

static void ready_changed(void)
{
    cpu.ready_threshold = (uint32_t)(highest_ready() + 1);
    if (cpu.ready_threshold == 0)
        cpu.ready_threshold = 1;
    sched_current_changed();
}

void sched_current_changed(void)
{
    cpu.threshold = cpu.current->slow_reasons ? THRESHOLD_NEVER : cpu.ready_threshold;
}

uint32_t sched_check(void)
{
    for (unsigned p = 0; p < 256; p += cpu.ready_bits[p / 64] ? 1 : 64) { /* none of 64: the next 64 */
        for (const struct tcb *t = priority_ready(p) ? queues[p].head : NULL; t;
             t = t == queues[p].tail ? NULL : t->next) {
            assert(t->ready && t->priority == p && t != cpu.current);
            assert(t == queues[p].head || t->prev->next == t);
        }
    }
    return highest_ready() < 0 ? 1 : (uint32_t)highest_ready() + 1;
}

void sched_init(void)
{
    idle_tcb.cr3 = arch_kernel_cr3();
    arch_debug_load(&idle_tcb);
    cpu.current = &idle_tcb;
    ready_changed();
}

/* The rest of a switch that is traced, or where a thread has what of the CPU most do not use. */
static __attribute__((noinline, cold)) void switched(const struct tcb *from)
{
    const struct tcb *t = cpu.current;
    uint32_t slow = from->slow_reasons | t->slow_reasons;
    trace(TRACE_SWITCH, (uintptr_t)from, (uintptr_t)t);
    if (slow & SLOW_EXTENDED) {
        arch_extended_save(from);
        arch_extended_load(t);
    }
    if (slow & SLOW_DEBUG)
        arch_debug_load(t);
}

/* Nothing that is rare stands before the end, so that its function calls cost the usual way nothing. */
static void run(struct tcb *t)
{
    const struct tcb *from = cpu.current;
    cpu.current = t;
    sched_current_changed();
    if (__builtin_expect(trace_on || (from->slow_reasons | t->slow_reasons) & SLOW_SWITCH, 0))
        switched(from);
}

void sched_enqueue(struct tcb *t)
{
    struct run_queue *q = &queues[t->priority];
    assert(!t->ready);
    t->ready = 1;
    t->slice_left = t->slice_ticks;
    if (priority_ready(t->priority)) {
        t->prev = q->tail;
        q->tail->next = t;
        q->tail = t;
        return;
    }
    q->head = q->tail = t;
    cpu.ready_bits[t->priority / 64] |= 1ull << (t->priority % 64);
    ready_changed();
}

/* The running thread is preempted: it comes first among its equals, but only for what is left of its slice. */
static void enqueue_preempted(struct tcb *t)
{
    struct run_queue *q = &queues[t->priority];
    if (priority_ready(t->priority)) {
        assert(!t->ready);
        t->ready = 1;
        t->next = q->head;
        q->head->prev = t;
        q->head = t;
    } else {
        sched_enqueue(t);
    }
    t->slice_left = cpu.slice_left;
}

void sched_dequeue(struct tcb *t)
{
    struct run_queue *q = &queues[t->priority];
    assert(t->ready);
    t->ready = 0;
    if (q->head == t && q->tail == t) {
        cpu.ready_bits[t->priority / 64] &= ~(1ull << (t->priority % 64));
        ready_changed();
    } else if (q->head == t) {
        q->head = t->next;
    } else if (q->tail == t) {
        q->tail = t->prev;
    } else {
        t->prev->next = t->next;
        t->next->prev = t->prev;
    }
}

/* Runs the most urgent ready thread; idles when there is none. */
static void run_highest(void)
{
    int highest = highest_ready();
    struct tcb *next = &idle_tcb;
    if (highest >= 0) {
        next = queues[highest].head;
        sched_dequeue(next);
        cpu.slice_left = next->slice_left;
    }
    run(next);
}

void sched_block(void)
{
    run_highest();
}

void sched_yield(void)
{
    struct tcb *t = cpu.current;
    if (highest_ready() < (int)t->priority)
        return;
    sched_enqueue(t);
    run_highest();
}

void sched_deliver(struct tcb *t, bool sender_runs)
{
    struct tcb *sender = cpu.current;
    bool at_once = t->priority + 1u >= cpu.ready_threshold;
    if (sender_runs)
        at_once = at_once && t->priority >= sender->priority;
    if (!at_once) {
        sched_enqueue(t);
        if (!sender_runs)
            run_highest();
        return;
    }
    if (sender_runs && t->priority > sender->priority)
        enqueue_preempted(sender);
    else if (sender_runs)
        sched_enqueue(sender);
    run(t);
}

void sched_wake(struct tcb *t)
{
    struct tcb *current = cpu.current;
    sched_enqueue(t);
    if (current == &idle_tcb) {
        run_highest();
    } else if (t->priority > current->priority) {
        enqueue_preempted(current);
        run_highest();
    }
}

void sched_reconsider(void)
{
    struct tcb *t = cpu.current;
    if (highest_ready() <= (int)t->priority)
        return;
    enqueue_preempted(t);
    run_highest();
}

void sched_tick(void)
{
    if (cpu.current == &idle_tcb || --cpu.slice_left > 0)
        return;
    cpu.slice_left =
        0; /* and so it stays while nobody takes over: a donated slice is not renewed by its user */
    sched_yield();
}
