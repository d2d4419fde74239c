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

enum { SLOW_SWITCH = SLOW_EXTENDED | SLOW_DEBUG | SLOW_OWES | SLOW_TRACED, CHAIN_LOOKED_AT = 64 };

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

static uint32_t traced; /* SLOW_TRACED if switches are */

void sched_init(void)
{
    traced = trace_on ? SLOW_TRACED : 0;
    idle_tcb.cr3 = arch_kernel_cr3();
    arch_debug_load(&idle_tcb);
    cpu.current = &idle_tcb;
    ready_changed();
}

/* Is anybody ready who is as urgent as this thread, or as one that waits, directly or not, for its answer?
   Whose slice it is that a server runs on nobody has written down: it is one of these. */
static bool turn_is_due(const struct tcb *t)
{
    for (unsigned i = 0; i < CHAIN_LOOKED_AT && t != NOBODY; i++, t = t->reply_to) {
        if (highest_ready() >= (int)t->priority)
            return true;
    }
    return false;
}

/* The most urgent ready thread, off its queue and with its slice; the idle thread when there is none. */
static struct tcb *take_highest(void)
{
    int highest = highest_ready();
    struct tcb *t = &idle_tcb;
    if (highest >= 0) {
        t = queues[highest].head;
        sched_dequeue(t);
        cpu.slice_left = t->slice_left;
    }
    return t;
}

/* `from`, whose slice was used up, has handed over to the thread that runs now, and the slice with it: others
   may be ready of that one's priority, and it goes behind them. Otherwise the debt goes with the slice. */
static void pay_turn(struct tcb *from)
{
    struct tcb *t = cpu.current;
    tcb_clear_slow(from, SLOW_OWES);
    if (t == &idle_tcb || cpu.slice_left > 0)
        return; /* it came from a queue, with a slice of its own */
    if (highest_ready() >= (int)t->priority) {
        sched_enqueue(t);
        cpu.current = take_highest();
        sched_current_changed();
    } else if (turn_is_due(t)) {
        tcb_set_slow(t, SLOW_OWES);
    }
}

/* The rest of a switch that is traced, or where a thread has what most do not. */
static __attribute__((noinline, cold)) void switched(struct tcb *from)
{
    if (from->slow_reasons & SLOW_OWES)
        pay_turn(from);
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
    struct tcb *from = cpu.current;
    cpu.current = t;
    sched_current_changed();
    if (__builtin_expect((from->slow_reasons | t->slow_reasons | traced) & SLOW_SWITCH, 0))
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
    run(take_highest());
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

/* While nobody takes over the slice stays used up: it may be another's, who gave it with a call. Then who waits
   for a turn does not get it here, but when the CPU is handed back to one of their priority. */
void sched_tick(void)
{
    struct tcb *t = cpu.current;
    if (t == &idle_tcb || --cpu.slice_left > 0)
        return;
    cpu.slice_left = 0;
    sched_yield();
    if (cpu.current == t && turn_is_due(t))
        tcb_set_slow(t, SLOW_OWES);
}
