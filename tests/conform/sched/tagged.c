/* Threads that a fast path made ready: what it leaves out of their state must be as true as if it had not,
   whatever happens to them before they run. */
#include "frame/guest.h"
#include "frame/notification.h"
#include "frame/registers.h"
#include "sched/made_ready.h"

/* All kinds of threads, and what happens to each before it runs. */
static void meanwhile(void (*happens)(cap_t tcb))
{
    struct step *s = tagged_notified(TAGGED_LESS);
    happens(actor_tcb(A));
    quiesce();
    EXPECT_SIGNAL(s, TAGGED_BITS);
    s = tagged_preempted(TAGGED_LESS);
    happens(actor_tcb(A));
    quiesce();
    tagged_expect_signalled(s);
    s = tagged_in_line(TAGGED_LESS);
    happens(actor_tcb(A));
    quiesce();
    EXPECT_SIGNAL(s, TAGGED_BITS);
    EXPECT(actor_idle(D));
}

static void nothing(cap_t tcb)
{
    (void)tcb;
}

static void runs(void)
{
    meanwhile(nothing);
}

static void suspend_and_resume(cap_t tcb)
{
    EXPECT_IS(thread_suspend(tcb), 0);
    EXPECT_IS(thread_resume(tcb), 0);
}

static void stopped(void)
{
    meanwhile(suspend_and_resume);
}

static void raise(cap_t tcb)
{
    EXPECT_IS(thread_set_priority(tcb, ACTOR_PRIORITY, ACTOR_PRIORITY), 0);
}

static void raised(void)
{
    meanwhile(raise);
}

static void lower(cap_t tcb)
{
    EXPECT_IS(thread_set_priority(tcb, 50, 50), 0);
}

static void lowered(void)
{
    meanwhile(lower);
}

static void signal_bound(cap_t tcb)
{
    uint64_t n = notification();
    EXPECT_IS(notification_bind(tcb, 0), 0);
    EXPECT_IS(notification_bind(tcb, cap_at(n)), 0);
    EXPECT_IS(notification_signal(cap_at(n)), 0);
}

/* It gets a slow reason, which no thread with such a state may have. */
static void bound_is_signalled(void)
{
    meanwhile(signal_bound);
    EXPECT_IS(notification_bind(actor_tcb(A), 0), 0);
}

static void set_breakpoint(cap_t tcb)
{
    EXPECT_IS(thread_set_breakpoint(tcb, 0, (uint64_t)(uintptr_t)guests, BREAK_WRITE, 8), 0);
}

static void clear_breakpoint(cap_t tcb)
{
    EXPECT_IS(thread_set_breakpoint(tcb, 0, 0, 0, 0), 0);
}

static void gets_a_breakpoint(void)
{
    meanwhile(set_breakpoint);
    clear_breakpoint(actor_tcb(A));
}

static void touch(uint64_t unused)
{
    (void)unused;
    *(volatile uint64_t *)guests = 0;
}

/* The runner's wait must not hand over to it as to one without a breakpoint: B, its handler, is to hear of it.
 */
static void breakpoint_is_in_force(void)
{
    cap_t ep = new_endpoint();
    uint64_t n = notification(), back = notification(), got;
    struct step *handler = plan(B, SYS_RECV, ep, 1);
    plan(B, SYS_SIGNAL, cap_at(back), 1);
    go(B);
    actor_configure(A, TAGGED_LESS, ep);
    plan(A, SYS_WAIT, cap_at(n), 1);
    plan_function(A, touch, 0);
    plan(A, SYS_SIGNAL, cap_at(back), 1);
    go(A);
    quiesce();
    EXPECT_IS(notification_signal(cap_at(n)), 0);
    set_breakpoint(actor_tcb(A));
    EXPECT_IS(notification_wait(cap_at(back), &got), GOT_NOTIFIED);
    EXPECT_DONE(handler);
    EXPECT_IS(handler->m.label, FAULT_DEBUG);
}

static void set_tls(cap_t tcb)
{
    EXPECT_IS(thread_suspend(tcb), 0);
    EXPECT_IS(thread_set_tls(tcb, 0x1000, 0x2000), 0);
    EXPECT_IS(thread_resume(tcb), 0);
}

static void gets_segment_bases(void)
{
    meanwhile(set_tls);
    EXPECT_IS(thread_suspend(actor_tcb(A)), 0);
    EXPECT_IS(thread_set_tls(actor_tcb(A), 0, 0), 0);
}

static void set_slice_and_cpu(cap_t tcb)
{
    EXPECT_IS(thread_set_slice(tcb, 3), 0);
    EXPECT_IS(thread_set_affinity(tcb, 0), 0);
}

static void slice_and_cpu(void)
{
    meanwhile(set_slice_and_cpu);
}

static void queue_another(cap_t tcb)
{
    (void)tcb;
    plan(C, SYS_YIELD, 0, 3);
    go(C);
}

/* Another is ready behind it; then a third preempted thread would come before it. */
static void followed(void)
{
    actor_configure(C, TAGGED_LESS, watch_fault_ep);
    meanwhile(queue_another);
    EXPECT(actor_idle(C));
}

/* Threads in the run queue's other places, taken out before and behind it. */
static void neighbours_leave(void)
{
    struct step *s = tagged_notified(TAGGED_LESS);
    for (unsigned who = C; who <= E; who++) {
        actor_configure(who, TAGGED_LESS, watch_fault_ep);
        plan(who, SYS_NULL, 0, who);
        go(who);
    }
    EXPECT_IS(thread_suspend(actor_tcb(D)), 0);
    EXPECT_IS(thread_suspend(actor_tcb(A)), 0);
    EXPECT_IS(thread_suspend(actor_tcb(E)), 0);
    go(A);
    quiesce();
    EXPECT_SIGNAL(s, TAGGED_BITS);
    EXPECT(actor_idle(C) && !actor_idle(D) && !actor_idle(E));
}

/* Taken away while it is ready; then others of its priority run as ever. */
static void deleted(void)
{
    for (unsigned kind = 0; kind < 2; kind++) {
        uint64_t n = notification(), got;
        pool_new();
        struct guest *g = guest_new(0, pool, TAGGED_LESS, 0);
        guest_plan(g, kind ? SYS_SIGNAL : SYS_WAIT, cap_at(n), 0, 0);
        guest_go(g);
        if (kind) {
            EXPECT_IS(notification_wait(cap_at(n), &got), GOT_NOTIFIED);
        } else {
            quiesce();
            EXPECT_IS(notification_signal(cap_at(n)), 0);
        }
        EXPECT_IS(revoke(pool), 0);
        guest_expect_dead(0);
        struct step *s = tagged_notified(TAGGED_LESS);
        quiesce();
        EXPECT_SIGNAL(s, TAGGED_BITS);
    }
}

/* Two yield to each other; each is the other's next thread, with all its registers. */
static void yield_to_each_other(void)
{
    enum { ROUNDS = 4 };
    struct step *s[2][ROUNDS];
    for (unsigned who = A; who <= B; who++) {
        actor_configure(who, TAGGED_LESS, watch_fault_ep);
        regs_prepare(who, SYS_YIELD, pattern(who, 1));
        for (unsigned i = 0; i < ROUNDS; i++)
            s[who][i] = plan_function(who, who == A ? regs_syscall_0 : regs_syscall_1, 0);
        go(who);
    }
    quiesce();
    for (unsigned who = A; who <= B; who++) {
        EXPECT_IS(shared()->regs[who].out[RAX], 0);
        regs_expect_kept(who, 0);
        for (unsigned i = 0; i < ROUNDS; i++)
            EXPECT_IS(s[who][i]->order, 2 * i + who + 1);
    }
}

/* More yield in turn, and come round: each stands behind all others, with what it had in its registers. */
static void all_yield(unsigned count)
{
    enum { ROUNDS = 3 };
    struct step *s[ACTORS][ROUNDS];
    uint64_t before = shared()->order;
    for (unsigned who = 0; who < count; who++) {
        actor_configure(who, TAGGED_LESS, watch_fault_ep);
        for (unsigned i = 0; i < ROUNDS; i++)
            s[who][i] = plan(who, SYS_YIELD, 0, 10 * who + i);
    }
    for (unsigned who = 0; who < count; who++)
        go(who);
    quiesce();
    for (unsigned i = 0; i < ROUNDS * count; i++) {
        const struct step *done = s[i % count][i / count];
        EXPECT_RESULT(done, 0);
        EXPECT(is_pattern(&done->m, 0, 10 * (i % count) + i / count));
        EXPECT_IS(done->order, before + i + 1);
    }
}

static void yield_in_turn(void)
{
    for (unsigned count = 3; count <= ACTORS; count++)
        all_yield(count);
}

/* One waits and is woken, and wakes the runner, which waits meanwhile. */
static void ping_pong(void)
{
    enum { ROUNDS = 4 };
    uint64_t n = notification(), back = notification(), got;
    cap_t to = signaller(n, TAGGED_BITS), from = signaller(back, 2);
    struct step *s[ROUNDS];
    for (unsigned who = A; who <= B; who++) {
        /* less urgent than the runner: the runner's wait takes it; more urgent: its own wait takes the runner
         */
        actor_configure(who, who == B ? TAGGED_LESS : ACTOR_PRIORITY, watch_fault_ep);
        for (unsigned i = 0; i < ROUNDS; i++) {
            s[i] = plan(who, SYS_WAIT, cap_at(n), i);
            plan(who, SYS_SIGNAL, from, i);
        }
        go(who);
        quiesce();
        for (unsigned i = 0; i < ROUNDS; i++) {
            EXPECT_IS(notification_signal(to), 0);
            EXPECT(who == B ? !s[i]->done : s[i]->done);
            EXPECT_IS(notification_wait(cap_at(back), &got), GOT_NOTIFIED);
            EXPECT_IS(got, 2);
            EXPECT_SIGNAL(s[i], TAGGED_BITS);
        }
    }
}

/* All registers of one that signals a more urgent thread, which waits again at once. */
static void signaller_keeps_registers(void)
{
    uint64_t n = notification();
    for (unsigned i = 0; i < 3; i++)
        plan(B, SYS_WAIT, cap_at(n), i);
    go(B);
    regs_prepare(0, SYS_SIGNAL, cap_at(n));
    regs_syscall_0(0);
    EXPECT_IS(shared()->regs[0].out[RAX], 0);
    regs_expect_kept(0, 0);
}

static const struct test list[] = {
    {"runs", runs},
    {"stopped", stopped},
    {"raised", raised},
    {"lowered", lowered},
    {"bound_is_signalled", bound_is_signalled},
    {"gets_a_breakpoint", gets_a_breakpoint},
    {"breakpoint_is_in_force", breakpoint_is_in_force},
    {"gets_segment_bases", gets_segment_bases},
    {"slice_and_cpu", slice_and_cpu},
    {"followed", followed},
    {"neighbours_leave", neighbours_leave},
    {"deleted", deleted},
    {"yield_to_each_other", yield_to_each_other},
    {"yield_in_turn", yield_in_turn},
    {"ping_pong", ping_pong},
    {"signaller_keeps_registers", signaller_keeps_registers},
};

CASE_SET(890, sched_tagged_cases)
{
    CASES_SPACES("sched/tagged", list);
}
