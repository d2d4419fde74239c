/* A driver wakes by an interrupt: whoever it interrupts must not see that in any register or flag. The NMI test runs these cases in a boot of their
   own, in which the clock jumps: they count on no time. */
#include "frame/irq.h"
#include "frame/registers.h"
#include "frame/timer.h"

/* registers/preempt.c: for ever, or until a register or flag of set 0 is wrong. */
void spin_0(uint64_t unused);
void spin_flags_0(uint64_t unused);
enum { FLAGS_PLANTED = 0x240ed7 };

/* One that is less urgent computes, and is interrupted for us, who wait: by a device, or by the clock. */
enum { INTERRUPTS = 24 };

static void spin_below(void (*function)(uint64_t))
{
    actor_configure(A, RUNNER_PRIORITY - 1, watch_fault_ep);
    plan_function(A, function, 0);
    go(A);
}

static void next_interrupt(uint64_t n)
{
    uint64_t bits;
    EXPECT_IS(notification_wait(cap_at(n), &bits), GOT_NOTIFIED);
}

static void by_a_device(void)
{
    if (!irq_lines())
        return case_skip(NO_LINES);
    uint64_t n = notification(), h = irq_pit(cap_at(n));
    regs_prepare(0, pattern(1, 0), pattern(2, 0))->in[RSP] = pattern(3, 0);
    spin_below(spin_0);
    for (unsigned i = 0; i < INTERRUPTS; i++) {
        pit_start();
        next_interrupt(n);
        EXPECT_IS(irq_handler_ack(cap_at(h)), 0);
    }
    EXPECT(shared()->regs[0].out[0] > 0);
}

/* We are interrupted, for one who receives. */
static void for_a_receiver(void)
{
    uint64_t n = notification(), t = timer(cap_at(n));
    EXPECT_IS(notification_bind(actor_tcb(B), cap_at(n)), 0);
    for (unsigned i = 0; i < 6; i++) {
        struct step *got = act(B, SYS_RECV, new_endpoint(), i);
        spin_past(set_ahead(t, 300));
        EXPECT_SIGNAL(got, 1);
    }
}

static void by_the_clock(void)
{
    uint64_t n = notification(), t = timer(cap_at(n));
    regs_prepare(0, pattern(1, 0), pattern(2, 0))->in[RSP] = pattern(3, 0);
    spin_below(spin_0);
    for (unsigned i = 0; i < INTERRUPTS; i++) {
        set_ahead(t, 100 + i);
        next_interrupt(n);
    }
    EXPECT(shared()->regs[0].out[0] > 0);
}

static void flags_by_the_clock(void)
{
    uint64_t n = notification(), t = timer(cap_at(n));
    regs_prepare(0, 0, 0)->in[FLAGS] = FLAGS_PLANTED;
    spin_below(spin_flags_0);
    for (unsigned i = 0; i < INTERRUPTS; i++) {
        set_ahead(t, 100 + i);
        next_interrupt(n);
    }
    EXPECT(shared()->regs[0].out[0] > 0);
}

static const struct test list[] = {
    {"by_a_device", by_a_device},
    {"for_a_receiver", for_a_receiver},
    {"by_the_clock", by_the_clock},
    {"flags_by_the_clock", flags_by_the_clock},
};

CASE_SET(081, interrupted_cases)
{
    CASES_SPACES("interrupted", list);
}
