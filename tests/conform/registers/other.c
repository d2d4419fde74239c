/* Registers after system calls other than IPC, and flags that a program plants before SYSCALL. */
#include "frame/registers.h"

/* One call with patterns everywhere: rsi rdx r8 r9 r10 too, unless the case needs values there. */
static void call(uint64_t op, uint64_t rdi, uint64_t rsi, uint64_t rdx, long result)
{
    struct regs *r = regs_prepare(0, op, rdi);
    if (rsi != 0)
        r->in[RSI] = rsi;
    if (rdx != 0)
        r->in[RDX] = rdx;
    regs_syscall_0(0);
    EXPECT_IS(r->out[RAX], result);
    regs_expect_kept(0, 0);
}

static void null_call(void)
{
    call(SYS_NULL, pattern(1, 1), 0, 0, 0);
}

static void yield_alone(void)
{
    call(SYS_YIELD, pattern(1, 1), 0, 0, 0);
}

static void identify(void)
{
    for (unsigned type = TYPE_UNTYPED; type < TYPE_COUNT; type++) {
        if (zoo(type))
            call(SYS_CAP_IDENTIFY, cap_at(zoo(type)), 0, 0, (long)type);
    }
}

static void identify_error(void)
{
    call(SYS_CAP_IDENTIFY, cap_at(temp_slot()), 0, 0, ERR_BAD_CAP);
    call(SYS_CAP_IDENTIFY, pattern(1, 1), 0, 0, ERR_BAD_CAP);
    call(SYS_CAP_IDENTIFY, cap_at(zoo(TYPE_TCB)) | 1, 0, 0, ERR_BAD_CAP);
    call(SYS_CAP_IDENTIFY, cap_at(zoo(TYPE_TCB)) | 1ul << 32, 0, 0, ERR_BAD_CAP);
}

static void suspend_and_resume(void)
{
    call(SYS_THREAD_SUSPEND, actor_tcb(A), 0, 0, 0);
    call(SYS_THREAD_RESUME, actor_tcb(A), 0, 0, 0);
    call(SYS_THREAD_RESUME, cap_at(CAP_SELF_TCB), 0, 0, ERR_IN_USE);
    call(SYS_THREAD_RESUME, cap_at(zoo(TYPE_TCB)), 0, 0, ERR_BAD_ARGUMENT);
}

static void capability_calls(void)
{
    uint64_t slot = temp_slot();
    struct regs *r = regs_prepare(0, SYS_CAP_COPY, cap_at(CAP_SELF_CNODE));
    r->in[RSI] = slot;
    r->in[RDX] = cap_at(CAP_SELF_CNODE);
    r->in[R8] = zoo(TYPE_ENDPOINT);
    regs_syscall_0(0);
    EXPECT_IS(r->out[RAX], 0);
    regs_expect_kept(0, 0);
    call(SYS_CAP_DELETE, cap_at(CAP_SELF_CNODE), slot, 0, 0);
    call(SYS_CAP_DELETE, cap_at(CAP_SELF_CNODE), 1ul << 40, 0, ERR_BAD_ARGUMENT);
}

static void errors_of_other_calls(void)
{
    static const uint64_t ops[] = {SYS_THREAD_SUSPEND, SYS_THREAD_CONFIGURE, SYS_THREAD_SET_ENTRY,
                                   SYS_MEMORY_MAP,     SYS_MEMORY_UNMAP,     SYS_RETYPE,
                                   SYS_CAP_COPY,       SYS_CAP_MOVE,         SYS_CAP_DELETE,
                                   SYS_CAP_MINT,       SYS_DEBUG_PUTCHAR,    SYS_DEBUG_EXIT};
    for (unsigned i = 0; i < COUNT(ops); i++) {
        call(ops[i], cap_at(temp_slot()), 0, 0, ERR_BAD_CAP);
        call(ops[i], cap_at(zoo(TYPE_ENDPOINT)), 0, 0, ERR_WRONG_TYPE);
    }
}

/* A thread that was suspended between two of its own instructions is not disturbed either. */
static void suspended_self(void)
{
    regs_prepare(A, SYS_THREAD_SUSPEND, actor_tcb(A));
    struct step *s = plan_function(A, regs_syscall_0, 0);
    go(A);
    EXPECT_WAITS(s);
    go(A);
    EXPECT_DONE(s);
    EXPECT_IS(shared()->regs[A].out[RAX], 0);
    regs_expect_kept(A, 0);
}

static void yield_with_others(void)
{
    regs_prepare(A, SYS_YIELD, 0x123);
    regs_prepare(B, SYS_YIELD, 0x456);
    actor_configure(A, RUNNER_PRIORITY, watch_fault_ep);
    actor_configure(B, RUNNER_PRIORITY, watch_fault_ep);
    struct step *a = plan_function(A, regs_syscall_0, 0), *b = plan_function(B, regs_syscall_1, 0);
    go(A);
    go(B);
    for (int i = 0; i < 4; i++)
        thread_yield();
    if (!EXPECT(a->done && b->done))
        return;
    regs_expect_kept(A, 0);
    regs_expect_kept(B, 0);
}

static const struct test list[] = {
    {"null", null_call},
    {"yield_alone", yield_alone},
    {"identify", identify},
    {"identify_error", identify_error},
    {"suspend_and_resume", suspend_and_resume},
    {"capability_calls", capability_calls},
    {"errors_of_other_calls", errors_of_other_calls},
    {"suspended_self", suspended_self},
    {"yield_with_others", yield_with_others},
};

/* The flags are FLAGS_AFTER_SYSCALL after every system call, whatever they were before. The kernel runs with
   them masked: a planted TF would trap in it, AC would undo SMAP, DF would turn its string instructions. */
static void flag_case(const char *name, uint64_t flags, const char *op_name, uint64_t op, uint64_t rdi,
                      long result)
{
    if (!case_begin("registers/flags/%s/%s", name, op_name))
        return;
    regs_prepare(0, op, rdi)->in[FLAGS] = FLAGS_AFTER_SYSCALL | flags;
    regs_syscall_0(0);
    EXPECT_IS(shared()->regs[0].out[RAX], result);
    regs_expect_common(0);
    case_end();
}

/* A partner that waits makes a real exchange, flags planted on both sides. */
static void flag_exchange(const char *name, uint64_t flags)
{
    if (!case_begin("registers/flags/%s/exchange", name))
        return;
    actors_reset(true);
    cap_t ep = new_endpoint();
    act(B, SYS_RECV, ep, 1);
    act(A, SYS_CALL, ep, 2);
    regs_prepare(B, SYS_REPLY_RECV, ep)->in[FLAGS] |= flags;
    struct step *wait = plan_function(B, regs_syscall_1, 0);
    go(B);
    regs_prepare(A, SYS_CALL, ep)->in[FLAGS] |= flags;
    struct step *call = plan_function(A, regs_syscall_0, 0);
    go(A);
    if (EXPECT(wait->done))
        regs_expect_message(B, A, 0);
    act(B, SYS_REPLY_RECV, ep, 3);
    if (EXPECT(call->done))
        regs_expect_common(A);
    case_end();
}

CASE_SET(070, register_other_cases)
{
    static const struct {
        const char *name;
        uint64_t flags;
    } flags[] = {
        {"status", FLAGS_STATUS},
        {"df", FLAG_DF},
        {"ac", FLAG_AC},
        {"nt", FLAG_NT},
        {"id", FLAG_ID},
        {"tf", FLAG_TF},
        {"all", FLAGS_STATUS | FLAG_DF | FLAG_AC | FLAG_NT | FLAG_ID | FLAG_TF},
    };
    CASES("registers", list);
    for (unsigned i = 0; i < COUNT(flags); i++) {
        flag_case(flags[i].name, flags[i].flags, "null", SYS_NULL, 0, 0);
        flag_case(flags[i].name, flags[i].flags, "yield", SYS_YIELD, 0, 0);
        flag_case(flags[i].name, flags[i].flags, "identify", SYS_CAP_IDENTIFY, cap_at(zoo(TYPE_TCB)), TYPE_TCB);
        flag_case(flags[i].name, flags[i].flags, "call_error", SYS_CALL, 0, ERR_BAD_CAP);
        flag_case(flags[i].name, flags[i].flags, "resume_error", SYS_THREAD_RESUME, actor_tcb(A) | 1,
                  ERR_BAD_CAP);
        flag_exchange(flags[i].name, flags[i].flags);
    }
}
