/* Registers that are only in the CPU, since threads without any run: what befalls their thread befalls them. */
#include "frame/fpu.h"
#include "frame/registers.h"

enum { FRAME_WORDS = 4096 / 8, RW = RIGHT_READ | RIGHT_WRITE };

static cap_t ep;
static volatile long taken;

static void run(unsigned who, void (*function)(uint64_t))
{
    struct step *s = plan_function(who, function, who);
    go(who);
    EXPECT_DONE(s);
}

/* The actor has loaded its registers, and this thread, which has none, runs. */
static void hold(unsigned who)
{
    fpu_prepare(who, 30 + who);
    run(who, fpu_load);
}

/* Another thread with registers of its own runs. */
static void others_come(unsigned who)
{
    fpu_give(who);
    hold(who);
}

static void saved_for_owner(void)
{
    fpu_give(A);
    hold(A);
    others_come(B);
    run(A, fpu_store);
    run(B, fpu_store);
    EXPECT(fpu_same(A) && fpu_same(B));
    fpu_take();
}

/* Whoever is given the state finds in it what the CPU held. */
static void moves_to_another(void)
{
    uint64_t state = fpu_give(A);
    hold(A);
    EXPECT_IS(syscall2(SYS_THREAD_SET_FPU, actor_tcb(A), 0), 0);
    EXPECT_IS(syscall2(SYS_THREAD_SET_FPU, actor_tcb(B), cap_at(state)), 0);
    fpu_in[B] = fpu_in[A];
    run(B, fpu_store);
    EXPECT(fpu_same(B));
    fpu_expect_none(A);
    fpu_take();
}

static void taken_from_one_of_two(uint64_t who)
{
    fpu_load(who);
    taken = syscall2(SYS_THREAD_SET_FPU, actor_tcb(B), 0);
    fpu_store(who);
}

/* Two threads may have the same; one of them runs while the other's is taken away. */
static void shared_by_two(void)
{
    uint64_t state = fpu_give(A);
    EXPECT_IS(syscall2(SYS_THREAD_SET_FPU, actor_tcb(B), cap_at(state)), 0);
    hold(A);
    fpu_in[B] = fpu_in[A];
    run(B, fpu_store);
    EXPECT(fpu_same(B));
    fpu_prepare(A, 77);
    run(A, taken_from_one_of_two);
    EXPECT(taken == 0 && fpu_same(A));
    others_come(C);
    run(A, fpu_store);
    EXPECT(fpu_same(A));
    fpu_expect_none(B);
    fpu_take();
}

static uint64_t *frame_of(uint64_t untyped)
{
    uint64_t frame = temp_slot(), page = temp_page();
    EXPECT_IS(retype(cap_at(untyped), TYPE_FRAME, 12, cap_at(CAP_SELF_CNODE), frame, 1), 0);
    EXPECT_IS(map_frame(frame, cap_at(CAP_SELF_SPACE), page, RW), 0);
    return (uint64_t *)page; /* NOLINT: mapped just now */
}

/* Its memory becomes another object: what the CPU holds is not saved there any more. */
static void memory_gone(void)
{
    uint64_t untyped = temp_object(TYPE_UNTYPED, 12), state = temp_slot(), any = 0;
    EXPECT_IS(retype(cap_at(untyped), TYPE_EXTENDED_STATE, 0, cap_at(CAP_SELF_CNODE), state, 1), 0);
    EXPECT_IS(syscall2(SYS_THREAD_SET_FPU, actor_tcb(A), cap_at(state)), 0);
    hold(A);
    EXPECT_IS(cap_revoke(cap_at(CAP_SELF_CNODE), untyped), 0);
    const volatile uint64_t *word = frame_of(untyped);
    others_come(B);
    for (unsigned i = 0; i < FRAME_WORDS; i++)
        any |= word[i];
    EXPECT_IS(any, 0);
    run(B, fpu_store);
    EXPECT(fpu_same(B));
    fpu_take();
}

/* It becomes another state at the same place: that one is clean, though the CPU holds the old one. */
static void new_in_its_place(void)
{
    uint64_t untyped = temp_object(TYPE_UNTYPED, 12), state = temp_slot();
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_IS(retype(cap_at(untyped), TYPE_EXTENDED_STATE, 0, cap_at(CAP_SELF_CNODE), state, 1), 0);
        EXPECT_IS(syscall2(SYS_THREAD_SET_FPU, actor_tcb(A), cap_at(state)), 0);
        EXPECT(fpu_initial(A));
        hold(A);
        EXPECT_IS(cap_revoke(cap_at(CAP_SELF_CNODE), untyped), 0);
    }
    fpu_take();
}

static void loads_and_waits(uint64_t who)
{
    struct msg m = {0};
    fpu_load(who);
    ipc(SYS_RECV, ep, &m);
}

/* The thread ends; its state object outlives it, and has what the CPU held. */
static void thread_ends(void)
{
    uint64_t state = temp_object(TYPE_EXTENDED_STATE, 0), tcb = temp_object(TYPE_TCB, 0), stack = temp_page();
    EXPECT_IS(map_frame(temp_object(TYPE_FRAME, 12), cap_at(CAP_SELF_SPACE), stack, RW), 0);
    ep = cap_at(temp_object(TYPE_ENDPOINT, 0));
    EXPECT_IS(thread_configure(cap_at(tcb), cap_at(CAP_SELF_CNODE), cap_at(CAP_SELF_SPACE), 0,
                               ACTOR_PRIORITY | ACTOR_PRIORITY << 8, 0),
              0);
    EXPECT_IS(syscall2(SYS_THREAD_SET_FPU, cap_at(tcb), cap_at(state)), 0);
    fpu_prepare(A, 5);
    EXPECT_IS(thread_set_entry(cap_at(tcb), address_of(loads_and_waits), stack + 4096 - 8, A), 0);
    EXPECT_IS(thread_resume(cap_at(tcb)), 0);
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), tcb), 0);
    others_come(B);
    EXPECT_IS(syscall2(SYS_THREAD_SET_FPU, actor_tcb(A), cap_at(state)), 0);
    run(A, fpu_store);
    EXPECT(fpu_same(A));
    fpu_take();
}

static void breaks(uint64_t who)
{
    fpu_load(who);
    __asm__ volatile("int3");
    fpu_store(who);
}

/* A debugger reads and writes the registers of the thread, which are others. */
static void debugged(void)
{
    cap_t faults = fault_endpoint();
    struct msg m = {0};
    fpu_give(A);
    fpu_prepare(A, 8);
    fault_configure(A, faults);
    struct step *s = plan_function(A, breaks, A);
    go(A);
    EXPECT_IS(ipc_recv(faults, &m), GOT_MESSAGE);
    EXPECT_IS(m.label, FAULT_DEBUG);
    (void)regs_window(B);
    EXPECT_RESULT(act(B, SYS_THREAD_READ_REGISTERS, actor_tcb(A), 1), 0);
    EXPECT_RESULT(act(B, SYS_THREAD_WRITE_REGISTERS, actor_tcb(A), 2), 0);
    others_come(C);
    EXPECT_IS(fault_reply(), 0);
    EXPECT(s->done && fpu_same(A));
    fpu_take();
}

/* Leaves an x87 exception that no instruction has reported yet: division by 0. */
__asm__(".text; code_pending: pushq $0x37b; fldcw (%rsp); pop %rax; fld1; fldz; fdivrp; ret\n"
        "code_report: fwait; ret");
void code_pending(uint64_t unused);
void code_report(uint64_t unused);

/* It is its thread's, though the CPU goes on holding it: a thread without registers faults for lack of them, one with its own
   goes on. */
static void pending_exception(void)
{
    cap_t faults = fault_endpoint();
    struct msg m = {0};
    ep = cap_at(temp_object(TYPE_ENDPOINT, 0));
    fpu_give(A);
    fault_configure(A, faults);
    plan_function(A, code_pending, A);
    plan(A, SYS_RECV, ep, 1);
    plan_function(A, code_report, A);
    go(A);
    fault_configure(C, faults);
    fault_start(C, code_report, 0);
    fault_expect(faults, C, (struct fault){FAULT_NO_FPU, 0, 0, 7}, address_of(code_report));
    others_come(B);
    run(B, fpu_store);
    EXPECT(fpu_same(B));
    EXPECT_IS(ipc_send(ep, &m), 0);
    fault_expect(faults, A, (struct fault){FAULT_ARITHMETIC, 0, 0, 16}, address_of(code_report));
    fpu_take();
}

static const struct test list[] = {
    {"saved_for_owner", saved_for_owner},
    {"moves_to_another", moves_to_another},
    {"shared_by_two", shared_by_two},
    {"memory_gone", memory_gone},
    {"new_in_its_place", new_in_its_place},
    {"thread_ends", thread_ends},
    {"debugged", debugged},
    {"pending_exception", pending_exception},
};

CASE_SET(491, thread_fpu_held_cases)
{
    CASES("thread/fpu_held", list);
}
