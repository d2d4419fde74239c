/* thread_read_registers and thread_write_registers: of stopped and of faulted threads, all or nothing. */
#include "frame/fault.h"
#include "ipc_buffer.h"
#include "frame/registers.h"

enum { FLAGS_PLANTED = 0x240ed7, TF = 0x100, RF = 0x10000, FLAGS_ALL = 0x240ed7, MIDDLE = 104 };

static struct thread_registers *window; /* where the reader's buffer has them */

static void reader_new(void)
{
    window = regs_window(B);
}

static long read_registers(cap_t tcb)
{
    memset(window, 0xa5, sizeof *window);
    return act(B, SYS_THREAD_READ_REGISTERS, tcb, 1)->result;
}

static long write_registers(cap_t tcb)
{
    return act(B, SYS_THREAD_WRITE_REGISTERS, tcb, 1)->result;
}

/* In the order of enum regs. */
static void to_list(uint64_t list[REGS])
{
    const struct thread_registers *w = window;
    const uint64_t now[REGS] = {w->rax, w->rbx, w->rcx, w->rdx, w->rsi, w->rdi, w->rbp, w->rsp,   w->r8,
                                w->r9,  w->r10, w->r11, w->r12, w->r13, w->r14, w->r15, w->rflags};
    memcpy(list, now, sizeof now);
}

static void from_list(const uint64_t list[REGS], uint64_t rip)
{
    *window = (struct thread_registers){rip,       list[RSP], list[FLAGS], list[RAX], list[RBX], list[RCX],
                                        list[RDX], list[RSI], list[RDI],   list[RBP], list[R8],  list[R9],
                                        list[R10], list[R11], list[R12],   list[R13], list[R14], list[R15]};
}

static void expect_list(const uint64_t want[REGS], uint64_t rip)
{
    uint64_t got[REGS];
    to_list(got);
    got[FLAGS] &= ~(uint64_t)RF;
    for (unsigned i = 0; i < REGS; i++)
        EXPECT_IS(got[i], want[i]);
    EXPECT_IS(window->rip, rip);
}

static uint64_t at(const char *code)
{
    return (uint64_t)(uintptr_t)code;
}

/* A has run into INT3 with a pattern in every register; the runner has the fault. */
static cap_t broken(uint64_t flags)
{
    cap_t ep = fault_endpoint();
    fault_configure(A, ep);
    regs_prepare(0, pattern(1, 1), pattern(2, 2))->in[FLAGS] = flags;
    fault_start(A, regs_break, 0);
    fault_expect(ep, A, (struct fault){FAULT_DEBUG, 0, 0, 3}, at(regs_return_break));
    return ep;
}

static void read_faulted(void)
{
    reader_new();
    broken(FLAGS_PLANTED);
    EXPECT_IS(read_registers(actor_tcb(A)), 0);
    expect_list(shared()->regs[0].in, at(regs_return_break));
    EXPECT_IS(fault_reply(), 0);
    for (unsigned i = 0; i < FLAGS; i++)
        EXPECT_IS(shared()->regs[0].out[i], shared()->regs[0].in[i]);
}

/* Those of the flags that are not the user's stay as they must be. */
static void write_faulted(void)
{
    static const uint64_t flags[] = {
        ~0ul & ~(uint64_t)TF, 0, FLAGS_PLANTED, 0x4000, 0x3000, 0x20000, 0x1a0000, 0x400};
    reader_new();
    for (unsigned k = 0; k < COUNT(flags); k++) {
        uint64_t list[REGS];
        broken(k % 2 ? FLAGS_PLANTED : 0x202);
        for (unsigned i = 0; i < FLAGS; i++)
            list[i] = pattern(50 + k, i);
        list[RSP] = pattern(60, k) % USER_TOP;
        list[FLAGS] = flags[k];
        from_list(list, at(regs_return_break));
        EXPECT_IS(write_registers(actor_tcb(A)), 0);
        list[FLAGS] = (flags[k] & FLAGS_ALL) | FLAGS_AFTER_SYSCALL;
        EXPECT_IS(read_registers(actor_tcb(A)), 0);
        expect_list(list, at(regs_return_break));
        EXPECT_IS(fault_reply(), 0);
        for (unsigned i = 0; i < REGS; i++)
            EXPECT_IS(shared()->regs[0].out[i], list[i]);
        actors_reset(false);
        reader_new();
    }
}

static void fresh_thread(void)
{
    uint64_t list[REGS] = {[RSP] = 0x123456, [RDI] = pattern(3, 3), [FLAGS] = FLAGS_AFTER_SYSCALL};
    reader_new();
    EXPECT_IS(thread_set_entry(actor_tcb(A), 0x400123, 0x123456, pattern(3, 3)), 0);
    EXPECT_IS(read_registers(actor_tcb(A)), 0);
    expect_list(list, 0x400123);
}

/* In a wait that was cut off; before, an interrupt had left other values of what SYSCALL does not keep. */
static void stopped_in_a_call(void)
{
    struct regs *r;
    uint64_t list[REGS] = {[FLAGS] = FLAGS_AFTER_SYSCALL, [R11] = FLAGS_AFTER_SYSCALL};
    cap_t ep = new_endpoint();
    reader_new();
    broken(FLAGS_PLANTED);
    EXPECT_IS(fault_reply(), 0);
    r = regs_prepare(0, SYS_RECV, ep);
    plan_function(A, regs_syscall_0, 0);
    go(A);
    EXPECT_IS(thread_suspend(actor_tcb(A)), 0);
    EXPECT_IS(read_registers(actor_tcb(A)), 0);
    list[RAX] = (uint64_t)ERR_CANCELED;
    list[RSP] = r->in[RSP];
    list[RBP] = r->in[RBP];
    list[RCX] = at(regs_return_syscall_0);
    expect_list(list, at(regs_return_syscall_0));
    EXPECT_IS(write_registers(actor_tcb(A)), 0); /* unchanged */
    go(A);
    for (unsigned i = 0; i < REGS; i++)
        EXPECT_IS(r->out[i], list[i]);
}

/* The timer stopped it between any two instructions. */
__asm__(".text; spin_pattern:\n\t"
        "mov 0x20000000+0, %rax; mov 0x20000000+8, %rbx; mov 0x20000000+16, %rcx\n\t"
        "mov 0x20000000+24, %rdx; mov 0x20000000+32, %rsi; mov 0x20000000+40, %rdi\n\t"
        "mov 0x20000000+48, %rbp; mov 0x20000000+56, %rsp; mov 0x20000000+64, %r8\n\t"
        "mov 0x20000000+72, %r9; mov 0x20000000+80, %r10; mov 0x20000000+88, %r11\n\t"
        "mov 0x20000000+96, %r12; mov 0x20000000+104, %r13; mov 0x20000000+112, %r14\n\t"
        "mov 0x20000000+120, %r15\n"
        "spin_here: jmp spin_here");
void spin_pattern(uint64_t unused);
extern const char spin_here[];

static void preempted(void)
{
    reader_new();
    struct regs *r = regs_prepare(0, pattern(1, 1), pattern(2, 2));
    uint64_t list[REGS];
    actor_configure(A, RUNNER_PRIORITY, watch_fault_ep);
    plan_function(A, spin_pattern, 0);
    go(A);
    thread_yield();
    EXPECT_IS(read_registers(actor_tcb(A)), ERR_IN_USE); /* it is ready */
    EXPECT_IS(thread_suspend(actor_tcb(A)), 0);
    EXPECT_IS(read_registers(actor_tcb(A)), 0);
    memcpy(list, r->in, sizeof list);
    to_list(list); /* the flags are those of the last instruction before */
    for (unsigned i = 0; i < FLAGS; i++)
        EXPECT_IS(list[i], r->in[i]);
    EXPECT_IS(window->rip, at(spin_here));
}

static void in_use(void)
{
    static const uint64_t waits[] = {SYS_RECV, SYS_SEND, SYS_CALL, SYS_REPLY_RECV, SYS_WAIT};
    static const uint64_t ops[] = {SYS_THREAD_READ_REGISTERS, SYS_THREAD_WRITE_REGISTERS};
    reader_new();
    for (unsigned k = 0; k < COUNT(ops); k++) {
        for (unsigned i = 0; i < COUNT(waits); i++) {
            cap_t at_what = cap_at(temp_object(waits[i] == SYS_WAIT ? TYPE_NOTIFICATION : TYPE_ENDPOINT, 0));
            EXPECT_WAITS(act(A, waits[i], at_what, 1));
            EXPECT_RESULT(act(B, ops[k], actor_tcb(A), 2), ERR_IN_USE);
            actor_configure(A, ACTOR_PRIORITY, watch_fault_ep);
        }
        cap_t ep = new_endpoint();
        act(C, SYS_RECV, ep, 1);
        EXPECT_WAITS(act(A, SYS_CALL, ep, 1)); /* received, not answered */
        EXPECT_RESULT(act(B, ops[k], actor_tcb(A), 2), ERR_IN_USE);
        EXPECT_RESULT(act(B, ops[k], actor_tcb(B), 2), ERR_IN_USE);
        actor_configure(A, MIDDLE, watch_fault_ep);
        actor_configure(D, 50, watch_fault_ep);
        go(D);
        EXPECT_RESULT(act(B, ops[k], actor_tcb(D), 2), ERR_IN_USE);
        actors_reset(false);
        reader_new();
    }
}

static void errors(void)
{
    static const uint64_t ops[] = {SYS_THREAD_READ_REGISTERS, SYS_THREAD_WRITE_REGISTERS};
    reader_new();
    for (unsigned k = 0; k < COUNT(ops); k++) {
        EXPECT_RESULT(act(C, ops[k], actor_tcb(A), 1), ERR_NO_BUFFER);
        EXPECT_RESULT(act(B, ops[k], cap_at(zoo(TYPE_FRAME)), 1), ERR_WRONG_TYPE);
        EXPECT_RESULT(act(B, ops[k], cap_at(temp_slot()), 1), ERR_BAD_CAP);
    }
}

static void bad_addresses(void)
{
    static const uint64_t bad[] = {USER_TOP,           USER_TOP + 1,       0x7fffffffffff, 1ul << 47,
                                   0xffff800000000000, 0xffffffff80000000, 1ul << 63,      ~0ul};
    uint64_t list[REGS] = {[RSP] = 0x5000, [FLAGS] = FLAGS_AFTER_SYSCALL};
    reader_new();
    EXPECT_IS(thread_set_entry(actor_tcb(A), 0x400000, 0x5000, 0), 0);
    for (unsigned i = 0; i < COUNT(bad); i++) {
        memset(window, 0xff, sizeof *window);
        window->rip = bad[i];
        window->rsp = 0x6000;
        EXPECT_IS(write_registers(actor_tcb(A)), ERR_BAD_ARGUMENT);
        window->rip = 0x400001;
        window->rsp = i == 0 ? USER_TOP + 1 : bad[i];
        EXPECT_IS(write_registers(actor_tcb(A)), ERR_BAD_ARGUMENT);
    }
    EXPECT_IS(read_registers(actor_tcb(A)), 0);
    expect_list(list, 0x400000);
    list[RSP] = USER_TOP;
    from_list(list, USER_TOP - 1);
    EXPECT_IS(write_registers(actor_tcb(A)), 0);
    EXPECT_IS(read_registers(actor_tcb(A)), 0);
    expect_list(list, USER_TOP - 1);
}

static const struct test list[] = {
    {"read_faulted", read_faulted},
    {"write_faulted", write_faulted},
    {"fresh_thread", fresh_thread},
    {"stopped_in_a_call", stopped_in_a_call},
    {"preempted", preempted},
    {"in_use", in_use},
    {"errors", errors},
    {"bad_addresses", bad_addresses},
};

CASE_SET(440, thread_register_cases)
{
    CASES("thread/registers", list);
}
