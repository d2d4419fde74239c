/* The calls on notifications as calls: rights, types, registers, and which thread runs after a signal. */
#include "frame/notification.h"
#include "frame/registers.h"

static void rights(void)
{
    uint64_t n = notification(), got;
    cap_t deaf = cap_at(temp_copy(n, RIGHT_ALL & ~(unsigned)RIGHT_WAIT));
    cap_t mute = cap_at(temp_copy(n, RIGHT_ALL & ~(unsigned)RIGHT_SIGNAL));
    EXPECT_IS(notification_signal(mute), ERR_NO_RIGHT);
    EXPECT_IS(notification_wait(deaf, &got), ERR_NO_RIGHT);
    EXPECT_IS(notification_poll(deaf, &got), ERR_NO_RIGHT);
    EXPECT_IS(notification_bind(actor_tcb(A), deaf), ERR_NO_RIGHT);
    EXPECT_PENDING(n, 0);
    EXPECT_IS(notification_signal(deaf), 0);
    EXPECT_IS(notification_poll(mute, &got), GOT_NOTIFIED);
    EXPECT_IS(notification_signal(deaf), 0);
    EXPECT_IS(notification_wait(mute, &got), GOT_NOTIFIED);
    EXPECT_IS(notification_bind(actor_tcb(A), mute), 0);
}

/* A badge and rights once given stay. */
static void badge_is_final(void)
{
    uint64_t n = notification(), badged = temp_mint(n, RIGHT_SIGNAL, 6), again = temp_slot();
    cap_t self = cap_at(CAP_SELF_CNODE);
    EXPECT_IS(cap_mint(self, again, self, badged, RIGHT_ALL, 1), ERR_IN_USE);
    EXPECT_IS(cap_copy(self, again, self, badged, RIGHT_ALL), 0);
    EXPECT_IS(notification_bind(actor_tcb(A), cap_at(again)), ERR_NO_RIGHT);
    EXPECT_IS(notification_signal(cap_at(again)), 0);
    EXPECT_PENDING(n, 6);
}

static void wrong_types(void)
{
    uint64_t got;
    for (unsigned type = TYPE_UNTYPED; type < TYPE_COUNT; type++) {
        if (!zoo(type) || type == TYPE_NOTIFICATION)
            continue;
        EXPECT_IS(notification_signal(cap_at(zoo(type))), ERR_WRONG_TYPE);
        EXPECT_IS(notification_wait(cap_at(zoo(type)), &got), ERR_WRONG_TYPE);
        EXPECT_IS(notification_poll(cap_at(zoo(type)), &got), ERR_WRONG_TYPE);
        EXPECT_IS(notification_bind(actor_tcb(A), cap_at(zoo(type))), ERR_WRONG_TYPE);
        if (type != TYPE_TCB)
            EXPECT_IS(notification_bind(cap_at(zoo(type)), 0), ERR_WRONG_TYPE);
    }
    EXPECT_IS(notification_bind(cap_at(zoo(TYPE_NOTIFICATION)), 0), ERR_WRONG_TYPE);
}

static void bad_addresses(void)
{
    static const uint64_t ops[] = {SYS_SIGNAL, SYS_WAIT, SYS_POLL};
    const uint64_t bad[] = {0, 1, cap_at(temp_slot()), cap_at(zoo(TYPE_NOTIFICATION)) | 1ul << 40};
    for (unsigned i = 0; i < COUNT(bad); i++) {
        for (unsigned k = 0; k < COUNT(ops); k++) {
            struct msg m = pattern_msg(i);
            EXPECT_IS(ipc(ops[k], bad[i], &m), ERR_BAD_CAP);
            EXPECT(is_pattern(&m, bad[i], i));
        }
        EXPECT_IS(notification_bind(bad[i], 0), ERR_BAD_CAP);
        if (bad[i] != 0) /* that is how to unbind */
            EXPECT_IS(notification_bind(actor_tcb(A), bad[i]), ERR_BAD_CAP);
    }
}

/* What every register holds when a wait or a poll has ended with a signal. */
static void signal_in_registers(unsigned k, uint64_t bits)
{
    static const unsigned zeros[] = {RBX, RSI, RDX, R8, R9, R10, R12, R13, R14, R15};
    regs_expect_common(k);
    EXPECT_IS(shared()->regs[k].out[RAX], GOT_NOTIFIED);
    EXPECT_IS(shared()->regs[k].out[RDI], bits);
    for (unsigned i = 0; i < COUNT(zeros); i++)
        EXPECT_IS(shared()->regs[k].out[zeros[i]], 0);
}

static void registers_without_waiting(void)
{
    static const uint64_t ops[] = {SYS_WAIT, SYS_POLL};
    uint64_t n = notification();
    for (unsigned i = 0; i < COUNT(ops); i++) {
        EXPECT_IS(notification_signal(signaller(n, 0x18)), 0);
        regs_prepare(0, ops[i], cap_at(n));
        regs_syscall_0(0);
        signal_in_registers(0, 0x18);
    }
}

/* B waits by that call; a signal brings all registers that the contract says. */
static void wait_for_registers(uint64_t op, cap_t cap, uint64_t n)
{
    regs_prepare(1, op, cap);
    struct step *wait = plan_function(B, regs_syscall_1, 0);
    go(B);
    EXPECT_WAITS(wait);
    EXPECT_IS(notification_signal(signaller(n, 0x28)), 0);
    if (EXPECT(wait->done))
        signal_in_registers(1, 0x28);
}

static void registers_after_wait(void)
{
    uint64_t n = notification();
    wait_for_registers(SYS_WAIT, cap_at(n), n);
}

/* Receives as bound thread, by recv or by reply_recv that the fast path serves. */
static void registers_of_bound(uint64_t op, bool answers)
{
    uint64_t n = notification();
    cap_t ep = new_endpoint();
    EXPECT_IS(notification_bind(actor_tcb(B), cap_at(n)), 0);
    if (answers) {
        act(B, SYS_RECV, ep, 1);
        act(A, SYS_CALL, ep, 2);
    }
    wait_for_registers(op, ep, n);
}

static void registers_of_bound_recv(void)
{
    registers_of_bound(SYS_RECV, false);
}

static void registers_of_bound_reply_recv(void)
{
    registers_of_bound(SYS_REPLY_RECV, true);
}

static void registers_kept(void)
{
    uint64_t n = notification();
    regs_prepare(0, SYS_SIGNAL, cap_at(n));
    regs_syscall_0(0);
    EXPECT_IS(shared()->regs[0].out[RAX], 0);
    regs_expect_kept(0, 0);
    EXPECT_PENDING(n, 1);
    regs_prepare(0, SYS_POLL, cap_at(n));
    regs_syscall_0(0);
    EXPECT_IS(shared()->regs[0].out[RAX], ERR_EMPTY);
    regs_expect_kept(0, BIT(RBX));
}

/* The waiter runs at once only when it is more urgent than the one that signals. */
static void runs_next(unsigned waiter_priority, bool waiter_first)
{
    uint64_t n = notification();
    actor_configure(B, waiter_priority, watch_fault_ep);
    struct step *wait = act(B, SYS_WAIT, cap_at(n), 1);
    quiesce();
    struct step *signal = plan(A, SYS_SIGNAL, signaller(n, 4), 2), *after = plan(A, SYS_NULL, 0, 3);
    go(A);
    quiesce();
    EXPECT_RESULT(signal, 0);
    EXPECT_DONE(after);
    EXPECT_SIGNAL(wait, 4);
    EXPECT((wait->order < signal->order) == waiter_first);
    EXPECT((wait->order < after->order) == waiter_first);
}

static void waiter_more_urgent(void)
{
    runs_next(ACTOR_PRIORITY + 1, true);
}

static void waiter_as_urgent(void)
{
    runs_next(ACTOR_PRIORITY, false);
}

static void waiter_less_urgent(void)
{
    runs_next(RUNNER_PRIORITY - 1, false);
}

static const struct test list[] = {
    {"rights", rights},
    {"badge_is_final", badge_is_final},
    {"wrong_types", wrong_types},
    {"bad_addresses", bad_addresses},
    {"registers_without_waiting", registers_without_waiting},
    {"registers_after_wait", registers_after_wait},
    {"registers_of_bound_recv", registers_of_bound_recv},
    {"registers_of_bound_reply_recv", registers_of_bound_reply_recv},
    {"registers_kept", registers_kept},
    {"waiter_more_urgent", waiter_more_urgent},
    {"waiter_as_urgent", waiter_as_urgent},
    {"waiter_less_urgent", waiter_less_urgent},
};

CASE_SET(300, notification_call_cases)
{
    CASES_SPACES("notification", list);
}
