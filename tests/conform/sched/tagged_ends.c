/* The other ways in which a thread that a fast path made ready comes to run, or is looked at before it does. */
#include "frame/notification.h"
#include "frame/registers.h"
#include "sched/made_ready.h"

enum { SPINS_MOST = 1000000000 };

static void spin_until_done(volatile const struct step *s)
{
    for (uint64_t i = 0; !s->done && i < SPINS_MOST; i++)
        __asm__ volatile("pause");
}

/* The tick takes the CPU from the runner while such a thread is its equal: then it must be all there. */
static void runs_after_a_tick(void)
{
    struct step *s = tagged_notified(RUNNER_PRIORITY);
    spin_until_done(s);
    EXPECT_SIGNAL(s, TAGGED_BITS);
}

/* Several of them take turns before one of them is done. */
static void taken_by_a_tick_one_by_one(void)
{
    actor_configure(C, RUNNER_PRIORITY, watch_fault_ep);
    actor_configure(D, RUNNER_PRIORITY, watch_fault_ep);
    plan(C, SYS_YIELD, 0, 3);
    go(C);
    struct step *s = tagged_notified(RUNNER_PRIORITY);
    struct step *last = plan(D, SYS_YIELD, 0, 4);
    go(D);
    spin_until_done(last);
    EXPECT_SIGNAL(s, TAGGED_BITS);
    EXPECT(actor_idle(C));
}

/* Stopped before it has run, what it would have found in its registers is what others read. */
static void read_when_stopped(void)
{
    struct thread_registers *r = regs_window(B);
    struct step *s = tagged_notified(TAGGED_LESS);
    EXPECT_RESULT(act(B, SYS_THREAD_READ_REGISTERS, actor_tcb(A), 1), ERR_IN_USE);
    EXPECT_IS(thread_suspend(actor_tcb(A)), 0);
    EXPECT_RESULT(act(B, SYS_THREAD_READ_REGISTERS, actor_tcb(A), 1), 0);
    EXPECT(r->rax == GOT_NOTIFIED && r->rdi == TAGGED_BITS && r->rflags == 0x202);
    EXPECT(r->rdx == 0 && r->r8 == 0 && r->r15 == 0 && r->rcx == r->rip && r->r11 == r->rflags);
    go(A);
    quiesce();
    EXPECT_SIGNAL(s, TAGGED_BITS);
    s = tagged_preempted(TAGGED_LESS);
    EXPECT_IS(thread_suspend(actor_tcb(A)), 0);
    EXPECT_RESULT(act(B, SYS_THREAD_READ_REGISTERS, actor_tcb(A), 1), 0);
    EXPECT(r->rax == 0 && r->rflags == 0x202 && r->rcx == r->rip && r->r11 == r->rflags);
    EXPECT_RESULT(act(B, SYS_THREAD_WRITE_REGISTERS, actor_tcb(A), 1), 0); /* unchanged */
    go(A);
    quiesce();
    tagged_expect_signalled(s);
}

static const struct test list[] = {
    {"runs_after_a_tick", runs_after_a_tick},
    {"taken_by_a_tick_one_by_one", taken_by_a_tick_one_by_one},
    {"read_when_stopped", read_when_stopped},
};

CASE_SET(900, sched_tagged_ends_cases)
{
    CASES("sched/tagged_ends", list);
}
