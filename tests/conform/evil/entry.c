/* Addresses that are no user's where the kernel returns to or takes a stack from: at SYSCALL, at faults, at
   interrupts, by a start of a thread and by a write to its registers. */
#include "frame/evil.h"
#include "ipc_buffer.h"

enum { RW = RIGHT_READ | RIGHT_WRITE, SYSCALL_BYTES = 2 };

/* Stacks that a program may have when it enters the kernel, which must not use them. */
static const uint64_t fixed_stacks[] = {
    0,
    8,
    0x12345673,
    USER_TOP,
    ~0ul,
    USER_TOP - 1,
    0x7ffffffffff8,
    0xffffffff80000000, /* the kernel's image; physical memory */
    0xffffffff80200ff8,
    0xffff800000000000,
    0xffff800000200008,
    0xfffffffffffff000,
};

enum { STACKS = COUNT(fixed_stacks) + EVIL_ADDRESSES };

static uint64_t stack(unsigned k)
{
    return k < COUNT(fixed_stacks) ? fixed_stacks[k] : evil_address(k - (unsigned)COUNT(fixed_stacks));
}

/* rdi: the stack. System call evil_op with it, UD2 with it, and a wait for interrupts with it. rsp behind
   the first goes to evil_seen. */
uint64_t evil_op, evil_cap, evil_seen, evil_kept, evil_result;
__asm__(".text\n"
        "evil_syscall_on: push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
        "mov %rsp, evil_kept; mov %rdi, %rsp\n"
        "mov evil_op, %rax; mov evil_cap, %rdi; xor %esi, %esi; syscall\n"
        "mov %rsp, evil_seen; mov evil_kept, %rsp; mov %rax, evil_result\n"
        "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\n"
        "evil_fault_on: mov %rdi, %rsp; evil_at_ud2: ud2\n"
        "evil_spin_on: mov %rdi, %rsp; evil_at_spin: jmp evil_at_spin\n");
void evil_syscall_on(uint64_t rsp);
void evil_fault_on(uint64_t rsp);
void evil_spin_on(uint64_t rsp);
extern const char evil_at_ud2[], evil_at_spin[];

/* ---- stacks */

/* By the fast path and by the C path; with an error, and with another thread in between. */
static void stack_at_syscall(void)
{
    cap_t ep = fault_endpoint(), partner = new_endpoint();
    const struct {
        uint64_t op, cap;
        long result;
    } calls[] = {
        {SYS_NULL, 0, 0},           {SYS_YIELD, 0, 0},      {SYS_CAP_IDENTIFY, cap_at(zoo(TYPE_TCB)), TYPE_TCB},
        {SYS_CALL, 0, ERR_BAD_CAP}, {SYS_SEND, partner, 0},
    };
    for (unsigned k = 0; k < STACKS; k++) {
        for (unsigned i = 0; i < COUNT(calls); i++) {
            if (calls[i].op == SYS_SEND)
                act(B, SYS_RECV, partner, 1);
            evil_op = calls[i].op;
            evil_cap = calls[i].cap;
            evil_returns(ep, evil_syscall_on, stack(k));
            EXPECT_IS(evil_result, calls[i].result);
            EXPECT_IS(evil_seen, stack(k));
        }
    }
}

static void stack_at_fault(void)
{
    cap_t ep = fault_endpoint();
    for (unsigned k = 0; k < STACKS; k++) {
        evil_start(ep, evil_fault_on, stack(k));
        struct msg m = evil_fault(ep);
        fault_check(&m, A, (struct fault){FAULT_INSTRUCTION, 0, 0, VECTOR_OPCODE},
                    (uint64_t)(uintptr_t)evil_at_ud2);
        EXPECT_IS(m.word[3], stack(k));
    }
}

/* An unknown system call: its fault message comes from the system call's entry. */
static void stack_at_unknown_call(void)
{
    cap_t ep = fault_endpoint();
    for (unsigned k = 0; k < STACKS; k++) {
        evil_op = ~0ul;
        evil_start(ep, evil_syscall_on, stack(k));
        struct msg m = evil_fault(ep);
        EXPECT_IS(m.label, FAULT_SYSCALL);
        EXPECT_IS(m.word[3], stack(k));
        EXPECT_IS(fault_reply(), 0);
        EXPECT_IS(evil_seen, stack(k));
    }
}

/* The timer takes the CPU from it, and it gets it back, twice. */
static void stack_at_interrupt(void)
{
    for (unsigned k = 0; k < COUNT(fixed_stacks); k++) {
        actor_configure(A, RUNNER_PRIORITY, watch_fault_ep);
        struct step *s = plan_function(A, evil_spin_on, stack(k));
        go(A);
        thread_yield();
        thread_yield();
        EXPECT_WAITS(s);
        EXPECT_IS(thread_suspend(actor_tcb(A)), 0);
    }
}

/* A push there is a fault in ring 3. */
static void stack_is_used(void)
{
    cap_t ep = fault_endpoint();
    for (unsigned k = 0; k < EVIL_ADDRESSES; k++) {
        uint64_t address = evil_address(k);
        evil_start(ep, code_push, address);
        struct msg m = evil_fault(ep);
        if (!evil_tcg_pages(&m))
            EXPECT_IS(m.label, evil_is_canonical(address - 8) ? FAULT_PAGE : FAULT_PROTECTION);
        EXPECT_IS(m.word[3], address);
    }
}

/* ---- where to go on */

__asm__(".text; evil_return: push %rdi; ret\n"
        "evil_iret: mov %rsp, %rax; pushq $0x1b; push %rax; pushq $0x202; pushq $0x23; push %rdi; iretq\n");
void evil_return(uint64_t rip);
void evil_iret(uint64_t rip);

/* TCG takes the stack of an IRETQ in ring 3 for the kernel's, and SMAP refuses it. */
static void jumps(void)
{
    static void (*const codes[])(uint64_t) = {code_jump, evil_return, evil_iret};
    cap_t ep = fault_endpoint();
    for (unsigned k = 0; k < EVIL_ADDRESSES; k++) {
        for (unsigned i = 0; i < COUNT(codes); i++) {
            bool canonical = evil_is_canonical(evil_address(k));
            evil_start(ep, codes[i], evil_address(k));
            struct msg m = evil_fault(ep);
            bool as_kernel = codes[i] == evil_iret && m.label == FAULT_PAGE && !(m.word[2] & PF_USER);
            EXPECT(as_kernel || m.label == (canonical ? FAULT_PAGE : FAULT_PROTECTION) || evil_tcg_pages(&m));
            EXPECT(as_kernel || !canonical || m.word[0] == evil_address(k));
        }
    }
}

static void starts(void)
{
    for (unsigned k = 0; k < EVIL_ADDRESSES; k++) {
        EXPECT_IS(thread_set_entry(actor_tcb(A), evil_address(k), 0x5000, 0), ERR_BAD_ARGUMENT);
        EXPECT_IS(thread_set_entry(actor_tcb(A), evil_address(k) | 0x400000, 0x5000, 0), ERR_BAD_ARGUMENT);
        EXPECT_IS(thread_set_entry(actor_tcb(A), 0x400000, evil_address(k) | 8, 0), ERR_BAD_ARGUMENT);
    }
}

/* B has an IPC buffer, which is mapped here, too. */
static struct thread_registers *buffer_of_b(void)
{
    uint64_t frame = temp_object(TYPE_FRAME, 12), page = temp_page();
    EXPECT_IS(map_frame(frame, cap_at(CAP_SELF_SPACE), page, RW), 0);
    EXPECT_IS(actor_set_buffer(B, cap_at(frame)), 0);
    return (struct thread_registers *)((struct ipc_buffer *)page)->word; /* NOLINT: mapped just now */
}

static void writes(void)
{
    struct thread_registers *r = buffer_of_b();
    for (unsigned k = 0; k < EVIL_ADDRESSES; k++) {
        *r = (struct thread_registers){
            .rip = evil_address(k) | 0x400000, .rsp = 0x5000, .rflags = FLAGS_AFTER_SYSCALL};
        EXPECT_RESULT(act(B, SYS_THREAD_WRITE_REGISTERS, actor_tcb(A), 1), ERR_BAD_ARGUMENT);
        *r = (struct thread_registers){.rip = 0x400000, .rsp = evil_address(k), .rflags = FLAGS_AFTER_SYSCALL};
        EXPECT_RESULT(act(B, SYS_THREAD_WRITE_REGISTERS, actor_tcb(A), 1), ERR_BAD_ARGUMENT);
    }
}

/* ---- the last page. SYSCALL as its last instruction returns to USER_TOP, which must stay canonical and
 * unmapped. */

__asm__(".text; evil_last: mov %rdi, %rcx; mov evil_op, %rax; xor %edi, %edi; jmp *%rcx");
void evil_last(uint64_t rip);

static void last_page(void)
{
    static const uint64_t numbers[] = {SYS_NULL, SYS_YIELD, SYS_CALL, ~0ul};
    static const uint8_t code[] = {0x0f, 0x05};
    cap_t ep = fault_endpoint();
    evil_code(USER_TOP - PAGE_BYTES, code, sizeof code, PAGE_BYTES - SYSCALL_BYTES);
    for (unsigned i = 0; i < COUNT(numbers); i++) {
        evil_op = numbers[i];
        evil_start(ep, evil_last, USER_TOP - SYSCALL_BYTES);
        struct msg m = evil_fault(ep);
        if (m.label == FAULT_SYSCALL) {
            EXPECT_IS(numbers[i], ~0ul);
            EXPECT_IS(m.word[1], USER_TOP);
            EXPECT_IS(ipc_reply_recv(ep, &m), GOT_MESSAGE);
        }
        EXPECT_IS(m.label, FAULT_PAGE);
        EXPECT_IS(m.word[0], USER_TOP);
        EXPECT_IS(m.word[1], USER_TOP);
    }
}

/* Frames of all sizes that reach the page at USER_TOP. */
static void page_above(void)
{
    static const unsigned bits[] = {12, 21};
    for (unsigned i = 0; i < COUNT(bits); i++) {
        cap_t frame = cap_at(temp_object(TYPE_FRAME, bits[i]));
        uint64_t last = (USER_TOP + PAGE_BYTES) - (1ul << bits[i]);
        EXPECT_IS(memory_map(frame, cap_at(CAP_SELF_SPACE), last, RW), ERR_BAD_ARGUMENT);
    }
}

static const struct test list[] = {
    {"stack_at_syscall", stack_at_syscall},
    {"stack_at_fault", stack_at_fault},
    {"stack_at_unknown_call", stack_at_unknown_call},
    {"stack_at_interrupt", stack_at_interrupt},
    {"stack_is_used", stack_is_used},
    {"jumps", jumps},
    {"starts", starts},
    {"writes", writes},
    {"last_page", last_page},
    {"page_above", page_above},
};

CASE_SET(830, evil_entry_cases)
{
    CASES("evil/entry", list);
}
