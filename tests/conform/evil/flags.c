/* Flags that a program sets by POPF, or another one in its registers: ring 3 has only its own, and none reaches
   the kernel. */
#include "frame/evil.h"
#include "ipc_buffer.h"

enum {
    FLAGS_WRITTEN = FLAGS_OWN & ~FLAG_NT, /* what another thread can */
    BITS = 64,
    HIGHER = 120, /* a priority above the actors' */
    BYTES = 64,
};

/* rdi: flags. What they are then goes to evil_flags, and what they are after a system call, to
   evil_flags_after. The trap flag is for others to test. */
uint64_t evil_flags, evil_flags_after, evil_number;
__asm__(".text\n"
        "evil_pop: push %rbx; push %rdi; popfq; pushfq; popq evil_flags\n"
        "mov evil_number, %rax; xor %edi, %edi; syscall\n"
        "pushfq; popq evil_flags_after; pushq $0x202; popfq; pop %rbx; ret\n"
        "evil_pop_ud2: push %rdi; popfq; ud2\n"
        "evil_spin: push %rdi; popfq; 1: jmp 1b\n");
void evil_pop(uint64_t flags);
void evil_pop_ud2(uint64_t flags);
void evil_spin(uint64_t flags);

static void pop(void)
{
    static const uint64_t numbers[] = {SYS_NULL, SYS_YIELD, SYS_CALL};
    cap_t ep = fault_endpoint();
    for (unsigned bit = 0; bit < BITS; bit++) {
        uint64_t flags = 1ul << bit;
        for (unsigned i = 0; i < COUNT(numbers) && flags != FLAG_TF; i++) {
            evil_number = numbers[i];
            evil_returns(ep, evil_pop, flags);
            EXPECT_IS(evil_flags, (flags & FLAGS_OWN) | FLAGS_FIXED);
            EXPECT_IS(evil_flags_after, FLAGS_AFTER_SYSCALL);
        }
    }
}

/* All at once. */
static void pop_all(void)
{
    evil_number = SYS_YIELD;
    evil_returns(fault_endpoint(), evil_pop, ~(uint64_t)FLAG_TF);
    EXPECT_IS(evil_flags, (FLAGS_OWN & ~FLAG_TF) | FLAGS_FIXED);
    EXPECT_IS(evil_flags_after, FLAGS_AFTER_SYSCALL);
}

/* A fault keeps them and shows them. The kernel runs its handlers, and other threads, without them. */
static void in_a_fault(void)
{
    cap_t ep = fault_endpoint();
    for (unsigned bit = 0; bit < BITS; bit++) {
        uint64_t flags = 1ul << bit;
        if (flags == FLAG_TF)
            continue;
        evil_start(ep, evil_pop_ud2, flags);
        struct msg m = evil_fault(ep);
        EXPECT_IS(m.label, FAULT_INSTRUCTION);
        EXPECT_IS(m.word[5] & ~(uint64_t)FLAG_RF, (flags & FLAGS_OWN) | FLAGS_FIXED);
        evil_number = SYS_NULL;
        evil_pop(FLAGS_FIXED); /* ours are our own */
        EXPECT_IS(evil_flags, FLAGS_FIXED);
    }
}

/* Interrupts find them too, and other threads run between. */
static void in_an_interrupt(void)
{
    static const uint64_t flags[] = {FLAG_DF, FLAG_NT, FLAGS_OWN & ~FLAG_TF};
    for (unsigned i = 0; i < COUNT(flags); i++) {
        actor_configure(A, RUNNER_PRIORITY, watch_fault_ep);
        struct step *s = plan_function(A, evil_spin, flags[i]);
        go(A);
        thread_yield();
        evil_number = SYS_NULL;
        evil_pop(FLAGS_FIXED);
        EXPECT_IS(evil_flags, FLAGS_FIXED);
        thread_yield();
        EXPECT_WAITS(s);
        EXPECT_IS(thread_suspend(actor_tcb(A)), 0);
    }
}

/* The same flags, from another thread: in force at the first instruction. */
__asm__(".text; evil_look: pushfq; popq evil_flags; ud2");
void evil_look(uint64_t unused);

static void written(void)
{
    struct thread_registers *r = regs_window(B);
    cap_t ep = fault_endpoint();
    for (unsigned bit = 0; bit < BITS; bit++) {
        uint64_t flags = 1ul << bit;
        if (flags == FLAG_TF)
            continue;
        evil_start(ep, code_ud2, 0);
        struct msg m = evil_fault(ep);
        EXPECT_RESULT(act(B, SYS_THREAD_READ_REGISTERS, actor_tcb(A), 1), 0);
        r->rip = address_of(evil_look);
        r->rflags = flags;
        EXPECT_RESULT(act(B, SYS_THREAD_WRITE_REGISTERS, actor_tcb(A), 1), 0);
        EXPECT_IS(ipc_reply_recv(ep, &m), GOT_MESSAGE);
        EXPECT_IS(m.label, FAULT_INSTRUCTION);
        EXPECT_IS(evil_flags, (flags & FLAGS_WRITTEN) | FLAGS_FIXED);
    }
}

/* NT in the kernel would make its IRETQ a #GP: a system call with NT set makes a thread go on that had faulted.
 */
static void nested_task_and_iret(void)
{
    cap_t ep = fault_endpoint();
    actor_configure(A, HIGHER, cap_at(temp_mint(ep >> SLOT_BITS, RIGHT_SEND, FAULT_BADGE + A)));
    fault_start(A, code_ud2, 0);
    EXPECT_RESULT(act(B, SYS_RECV, ep, 1), GOT_MESSAGE);
    regs_prepare(1, SYS_REPLY_RECV, ep)->in[FLAGS] |= FLAG_NT | FLAGS_STATUS;
    struct step *s = plan_function(B, regs_syscall_1, 0);
    go(B);
    EXPECT_DONE(s); /* A executes its UD2 again */
    EXPECT_IS(shared()->regs[1].out[RAX], GOT_MESSAGE);
    EXPECT_IS(shared()->regs[1].out[RSI], FAULT_INSTRUCTION);
}

/* DF in the kernel would turn the copy of a long message. */
static void copied_by(uint64_t op)
{
    struct ipc_buffer *from, *to;
    uint64_t frames[2], pages[2];
    cap_t ep = new_endpoint();
    for (unsigned i = 0; i < 2; i++) {
        frames[i] = temp_object(TYPE_FRAME, 12);
        pages[i] = temp_page();
        EXPECT_IS(map_frame(frames[i], cap_at(CAP_SELF_SPACE), pages[i], RIGHT_READ | RIGHT_WRITE), 0);
        EXPECT_IS(actor_set_buffer(i ? B : A, cap_at(frames[i])), 0);
    }
    from = (struct ipc_buffer *)pages[0]; /* NOLINT: mapped just now */
    to = (struct ipc_buffer *)pages[1];   /* NOLINT: mapped just now */
    from->words = BYTES;
    for (unsigned i = 0; i < BYTES; i++)
        from->word[i] = pattern(9, i);
    EXPECT_WAITS(act(B, SYS_RECV, ep, 1));
    regs_prepare(0, op, ep)->in[FLAGS] |= FLAG_DF;
    struct step *s = plan_function(A, regs_syscall_0, 0);
    go(A);
    if (op == SYS_LONG_CALL)
        EXPECT_RESULT(act(B, SYS_REPLY, 0, 2), 0);
    EXPECT_DONE(s);
    EXPECT_IS(shared()->regs[0].out[RAX], 0);
    for (unsigned i = 0; i < BYTES; i++)
        EXPECT_IS(to->word[i], pattern(9, i));
}

/* By C, and by a path of its own. */
static void direction_and_copy(void)
{
    copied_by(SYS_LONG_SEND);
    copied_by(SYS_LONG_CALL);
}

static const struct test list[] = {
    {"pop", pop},
    {"pop_all", pop_all},
    {"in_a_fault", in_a_fault},
    {"in_an_interrupt", in_an_interrupt},
    {"written", written},
    {"nested_task_and_iret", nested_task_and_iret},
    {"direction_and_copy", direction_and_copy},
};

CASE_SET(820, evil_flags_cases)
{
    CASES("evil/flags", list);
}
