/* A thread without extended state finds the CPU closed to it, whichever thread had it before; exceptions and errors. */
#include "frame/fpu.h"

/* Messages of a thread that has it go directly to one that has none: it must not find the CPU open. */
static void not_open_after_ipc(void)
{
    static const uint64_t ops[] = {SYS_SEND, SYS_CALL};
    fpu_clear();
    fpu_give(A);
    for (unsigned i = 0; i < COUNT(ops); i++) {
        cap_t faults = fault_endpoint();
        fpu_ep = cap_at(temp_object(TYPE_ENDPOINT, 0));
        actor_configure(A, ACTOR_PRIORITY, watch_fault_ep);
        fault_configure(B, faults);
        plan(B, SYS_RECV, fpu_ep, 1);
        struct step *s = plan_function(B, code_sse, 0);
        go(B);
        plan_function(A, fpu_load, A);
        plan(A, ops[i], fpu_ep, 2);
        go(A);
        fault_expect(faults, B, (struct fault){FAULT_NO_FPU, 0, 0, 7}, address_of(code_sse));
        EXPECT_WAITS(s);
    }
    fpu_take();
}

/* Nor after the answer, and nor when the timer takes over. */
static void not_open_after_reply(void)
{
    cap_t faults = fault_endpoint();
    fpu_clear();
    fpu_ep = cap_at(temp_object(TYPE_ENDPOINT, 0));
    fpu_give(B);
    plan_function(B, fpu_serves, B);
    go(B);
    fault_configure(A, faults);
    plan(A, SYS_CALL, fpu_ep, 1);
    struct step *s = plan_function(A, code_sse, 0);
    go(A);
    fault_expect(faults, A, (struct fault){FAULT_NO_FPU, 0, 0, 7}, address_of(code_sse));
    EXPECT_WAITS(s);
    fpu_take();
}

static void not_open_after_preemption(void)
{
    cap_t faults = fault_endpoint();
    fpu_clear();
    actor_configure(A, RUNNER_PRIORITY, watch_fault_ep);
    fpu_give(A);
    plan_function(A, fpu_spins, A);
    go(A);
    fault_configure(B, faults);
    EXPECT_IS(syscall2(SYS_THREAD_SET_PRIORITY, actor_tcb(B), RUNNER_PRIORITY | RUNNER_PRIORITY << 8), 0);
    struct step *s = plan_function(B, code_sse, 0);
    go(B); /* behind A: its turn comes when A's slice ends */
    thread_yield();
    EXPECT(fpu_rounds[A] > 0);
    fault_expect(faults, B, (struct fault){FAULT_NO_FPU, 0, 0, 7}, address_of(code_sse));
    EXPECT_WAITS(s);
    EXPECT_IS(fpu_wrong[A], 0);
    fpu_take();
}

/* Division by 0 with its exception unmasked: #MF, at the next x87 instruction. (#XM of SSE is not tried: QEMU's
   TCG does not raise it.) */
__asm__(".text; code_mf: pushq $0x37b; fldcw (%rsp); pop %rax; fld1; fldz; fdivrp; code_mf_here: fwait; ret");
void code_mf(uint64_t unused);
extern const char code_mf_here[];

static void x87_exception(void)
{
    cap_t faults = fault_endpoint();
    fpu_give(A);
    fault_configure(A, faults);
    fault_start(A, code_mf, 0);
    fault_expect(faults, A, (struct fault){FAULT_ARITHMETIC, 0, 0, 16}, (uint64_t)(uintptr_t)code_mf_here);
    fpu_take();
}

/* FWAIT, too, is a use: it looks at the state of whatever thread used it last. */
__asm__(".text; code_fwait: fwait; ret");
void code_fwait(uint64_t unused);

static void waiting_is_use(void)
{
    cap_t faults = fault_endpoint();
    fault_configure(A, faults);
    fault_start(A, code_fwait, 0);
    fault_expect(faults, A, (struct fault){FAULT_NO_FPU, 0, 0, 7}, address_of(code_fwait));
}

static void errors(void)
{
    cap_t state = cap_at(temp_object(TYPE_EXTENDED_STATE, 0)), tcb = actor_tcb(A);
    fpu_ep = cap_at(temp_object(TYPE_ENDPOINT, 0));
    EXPECT_IS(syscall2(SYS_THREAD_SET_FPU, tcb, fpu_ep), ERR_WRONG_TYPE);
    EXPECT_IS(syscall2(SYS_THREAD_SET_FPU, tcb, cap_at(temp_slot())), ERR_BAD_CAP);
    EXPECT_IS(syscall2(SYS_THREAD_SET_FPU, state, state), ERR_WRONG_TYPE);
    EXPECT_IS(syscall2(SYS_THREAD_SET_FPU, cap_at(temp_slot()), state), ERR_BAD_CAP);
    act(A, SYS_RECV, fpu_ep, 1);
    EXPECT_IS(syscall2(SYS_THREAD_SET_FPU, tcb, state), ERR_IN_USE);
    actor_configure(B, 50, watch_fault_ep);
    go(B);
    EXPECT_IS(syscall2(SYS_THREAD_SET_FPU, actor_tcb(B), state), ERR_IN_USE);
    fpu_expect_none(C);
    EXPECT_IS(syscall2(SYS_THREAD_SET_FPU, actor_tcb(C), state), ERR_IN_USE);
}

static const struct test list[] = {
    {"not_open_after_ipc", not_open_after_ipc},
    {"not_open_after_reply", not_open_after_reply},
    {"not_open_after_preemption", not_open_after_preemption},
    {"x87_exception", x87_exception},
    {"waiting_is_use", waiting_is_use},
    {"errors", errors},
};

CASE_SET(480, thread_fpu_none_cases)
{
    CASES("thread/fpu", list);
}
