/* The run queue and the choice of the next thread. Every choice ends in run(), which keeps the threshold that
   the fast paths compare with. */
#include "thread/sched.h"

#include "abi/handlers.h"
#include "arch/arch.h"
#include "debug/debug.h"
#include "debug/trace.h"

struct run_queue queues[PRIORITIES];

_Static_assert((int)SLOW_STATE > (int)PRIORITIES && SLOW_SECOND >> 16 == 3,
               "what fastpath/extended.inc tests: bits above each key");
_Static_assert(offsetof(struct cpu, stack_top) == 64, "what a switch touches is one cache line");

/* Below all others, and never filled. */
static struct run_queue no_queue = {.head = NOBODY, .key = 1};

enum { SLOW_SWITCH = SLOW_SECOND | SLOW_DEBUG | SLOW_OWES | SLOW_TRACED, CHAIN_LOOKED_AT = 64 };

struct tcb idle_tcb = {.resume = RESUME_IDLE, .slow_reasons = SLOW_IDLE, .reply_to = NOBODY};

static bool queue_empty(const struct run_queue *q)
{
    return !(cpu.ready_bits[q->key / 64] >> (q->key % 64) & 1);
}

static struct run_queue *queue_of(const struct tcb *t)
{
    return &queues[t->priority];
}

/* The highest priority with a ready thread, or -1. */
static int highest_ready(void)
{
    return cpu.highest == &no_queue ? -1 : (int)cpu.highest->key - 1;
}

/* With SLOW_SECOND it is beyond every key, too, but a second path finds in it what it has to compare with, by its low half,
   and which of the two the running thread has. */
void sched_current_changed(void)
{
    uint32_t slow = cpu.current->slow_reasons;
    cpu.threshold = slow & ~(uint32_t)SLOW_SECOND ? THRESHOLD_NEVER : cpu.highest->key | slow;
}

/* The lowest queue above q that is not empty; there is one. */
static struct run_queue *next_above(const struct run_queue *q)
{
    unsigned word = q->key / 64;
    uint64_t bits = cpu.ready_bits[word] & (~1ull << q->key % 64);
    while (!bits)
        bits = cpu.ready_bits[++word];
    return &queues[word * 64 + (unsigned)__builtin_ctzll(bits) - 1];
}

static void queue_filled(struct run_queue *q)
{
    cpu.ready_bits[q->key / 64] |= 1ull << q->key % 64;
    if (q->key > cpu.highest->key || cpu.highest == &no_queue) {
        q->below = cpu.highest;
        cpu.highest = q;
        sched_current_changed();
    } else {
        struct run_queue *above = next_above(q);
        q->below = above->below;
        above->below = q;
    }
}

static void queue_emptied(const struct run_queue *q)
{
    cpu.ready_bits[q->key / 64] &= ~(1ull << q->key % 64);
    if (q == cpu.highest) {
        cpu.highest = q->below;
        sched_current_changed();
    } else {
        next_above(q)->below = q->below;
    }
}

/* Others come before the head of a queue, or behind it. */
static void not_alone(struct run_queue *q)
{
    if (!(q->head->wait & READY_ALONE))
        return;
    q->head->wait &= ~(uint64_t)READY_ALONE;
    q->tail = q->head;
}

void sched_settle(struct tcb *t)
{
    if (!(t->wait & READY_UNSETTLED))
        return;
    if (t->wait & READY_ALONE)
        not_alone(queue_of(t));
    if (t->wait == IN_LINE_NOTIFIED)
        tcb_end_wait(t, GOT_NOTIFIED, t->rdi);
    else
        t->rax = 0;
    t->resume = RESUME_SYSRET;
    t->wait = REF_READY;
}

static uint32_t traced; /* SLOW_TRACED if switches are */

void sched_init(void)
{
    for (unsigned i = 0; i < PRIORITIES; i++)
        queues[i].key = i + 1;
    cpu.highest = &no_queue;
    cpu.queues = (uintptr_t)queues - sizeof queues[0];
    traced = trace_on ? SLOW_TRACED : 0;
    idle_tcb.cr3 = arch_kernel_cr3();
    arch_debug_load(NULL);
    cpu.current = &idle_tcb;
    sched_current_changed();
}

/* Is a thread ready that is as urgent as this one, or as one that waits, directly or not, for its answer?
   Nothing says whose slice a server runs on: it is one of these threads'. */
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
    struct tcb *t = &idle_tcb;
    if (cpu.highest != &no_queue) {
        t = cpu.highest->head;
        sched_dequeue(t);
        cpu.slice_left = t->slice_left;
    }
    return t;
}

/* `from`, whose slice was used up, has handed the CPU to the thread that runs now, and the slice with it: others
   of that one's priority may be ready, and it goes behind them. Otherwise the debt goes with the slice: it stays with a
   preempted thread, which will run on with that. */
static void pay_turn(struct tcb *from)
{
    struct tcb *t = cpu.current;
    if (!sched_ready(from) || from->slice_left > 0)
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
    if (slow & SLOW_STATE)
        arch_extended_load(t->extended);
    if (slow & SLOW_BASES) {
        bool had = from->slow_reasons & SLOW_BASES;
        if (had)
            arch_bases_save(&from->fs_base, &from->gs_base);
        tcb_load_bases(t, had);
    }
    if (slow & SLOW_DEBUG)
        arch_debug_load(tcb_breakpoints(t));
}

/* Rare things stand only at the end, so that their function calls cost the usual way nothing. */
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
    struct run_queue *q = queue_of(t);
    assert(!sched_ready(t));
    t->wait = REF_READY;
    t->slice_left = t->slice_ticks;
    if (queue_empty(q)) {
        q->head = q->tail = t;
        queue_filled(q);
        return;
    }
    not_alone(q);
    t->prev = q->tail;
    q->tail->next = t;
    q->tail = t;
}

/* The running thread is preempted: it comes first among its equals, but only for what is left of its slice. Not inline, so that a
   message to a thread that is not more urgent costs nothing more. */
static __attribute__((noinline)) void enqueue_preempted(struct tcb *t)
{
    struct run_queue *q = queue_of(t);
    if (queue_empty(q)) {
        sched_enqueue(t);
    } else {
        assert(!sched_ready(t));
        not_alone(q);
        t->wait = REF_READY;
        t->next = q->head;
        q->head->prev = t;
        q->head = t;
    }
    t->slice_left = cpu.slice_left;
}

void sched_dequeue(struct tcb *t)
{
    struct run_queue *q = queue_of(t);
    assert(t->wait & REF_READY);
    sched_settle(t);
    t->wait = 0;
    if (q->head == t && q->tail == t) {
        queue_emptied(q);
        return;
    }
    tcb_unlink(&q->head, &q->tail, t);
    if (q->head == q->tail && q->head->wait & READY_UNSETTLED)
        q->head->wait |= READY_ALONE;
}

/* Runs the most urgent ready thread; idles when there is none. */
void sched_block(void)
{
    run(take_highest());
}

void sched_yield(void)
{
    struct tcb *t = cpu.current;
    if (highest_ready() < (int)t->priority)
        return;
    sched_enqueue(t);
    sched_block();
}

/* The caller yields, and will find 0 as the result. */
long sys_yield(struct tcb *caller)
{
    const struct run_queue *q = queue_of(caller);
    sched_yield();
    if (caller != cpu.current && !caller->slow_reasons)
        caller->wait = q->head == caller && q->tail == caller ? READY_RETURNED : IN_LINE_RETURNED;
    return 0;
}

void sched_deliver(struct tcb *t, bool sender_runs)
{
    struct tcb *sender = cpu.current;
    bool at_once = t->priority + 1u >= cpu.highest->key;
    if (sender_runs)
        at_once = at_once && t->priority >= sender->priority;
    if (!at_once) {
        sched_enqueue(t);
        if (!sender_runs)
            sched_block();
        return;
    }
    if (sender_runs && t->priority > sender->priority)
        enqueue_preempted(sender);
    else if (sender_runs)
        sched_enqueue(sender);
    run(t);
}

/* No ready thread is more urgent than the running one, so one that is need not go through a queue. */
static __attribute__((noinline)) void preempt(struct tcb *t)
{
    if (cpu.current != &idle_tcb)
        enqueue_preempted(cpu.current);
    cpu.slice_left = t->slice_ticks;
    run(t);
}

void sched_wake(struct tcb *t)
{
    if (cpu.current != &idle_tcb && t->priority <= cpu.current->priority)
        sched_enqueue(t);
    else
        preempt(t);
}

void sched_reconsider(void)
{
    struct tcb *t = cpu.current;
    if (highest_ready() <= (int)t->priority)
        return;
    enqueue_preempted(t);
    sched_block();
}

/* While nobody takes over, the slice stays used up: it may be another thread's, which gave it with a call. Then a
   thread that waits for its turn does not get it here, but when the CPU is handed back to one of its priority. */
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
