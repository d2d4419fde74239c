/* A fault handler does for a thread what the CPU or the kernel did not, or steps it: by reading and writing its registers. */
#include "frame/fault.h"
#include "frame/registers.h"
#include "ipc_buffer.h"

enum { TF = 0x100 };

static long act_on(uint64_t op)
{
    return act(B, op, actor_tcb(A), 1)->result;
}

static uint64_t at(const char *code)
{
    return (uint64_t)(uintptr_t)code;
}

/* The trap flag is the user's: a handler steps its thread from instruction to instruction. */
__asm__(".text; stepped: nop; nop; lea 1(%rax), %rax; nop; ret");
void stepped(uint64_t unused);

static void single_steps(void)
{
    static const uint64_t behind[] = {1, 2, 6, 7};
    cap_t ep = fault_endpoint();
    struct thread_registers *window = regs_window(B);
    fault_configure(A, ep);
    struct step *s = fault_start(A, code_ud2, 0);
    fault_expect(ep, A, (struct fault){FAULT_INSTRUCTION, 0, 0, 6}, address_of(code_ud2));
    EXPECT_IS(act_on(SYS_THREAD_READ_REGISTERS), 0);
    window->rip = address_of(stepped);
    window->rax = 7;
    window->rflags |= TF;
    EXPECT_IS(act_on(SYS_THREAD_WRITE_REGISTERS), 0);
    for (unsigned i = 0; i < COUNT(behind); i++) {
        EXPECT_IS(fault_reply(), 0);
        fault_expect(ep, A, (struct fault){FAULT_DEBUG, 0, FAULT_ANY, 1}, address_of(stepped) + behind[i]);
    }
    EXPECT_IS(act_on(SYS_THREAD_READ_REGISTERS), 0);
    EXPECT_IS(window->rax, 8);
    window->rflags &= ~(uint64_t)TF;
    EXPECT_IS(act_on(SYS_THREAD_WRITE_REGISTERS), 0);
    EXPECT_IS(fault_reply(), 0);
    EXPECT_DONE(s);
}

/* The handler does what the instruction did not, and lets the thread go on behind it. */
__asm__(".text; emulated: xor %eax, %eax; emulated_ud2: ud2; mov %rax, (%rdi); ret");
void emulated(uint64_t where);
extern const char emulated_ud2[];

static void emulated_instruction(void)
{
    uint64_t *where = &shared()->regs[1].out[0];
    cap_t ep = fault_endpoint();
    struct thread_registers *window = regs_window(B);
    for (uint64_t i = 0; i < 3; i++) {
        fault_configure(A, ep);
        struct step *s = fault_start(A, emulated, (uint64_t)(uintptr_t)where);
        fault_expect(ep, A, (struct fault){FAULT_INSTRUCTION, 0, 0, 6}, at(emulated_ud2));
        EXPECT_IS(act_on(SYS_THREAD_READ_REGISTERS), 0);
        EXPECT_IS(window->rax, 0);
        window->rip += 2;
        window->rax = pattern(70, (unsigned)i);
        EXPECT_IS(act_on(SYS_THREAD_WRITE_REGISTERS), 0);
        EXPECT_IS(fault_reply(), 0);
        EXPECT_DONE(s);
        EXPECT_IS(*where, pattern(70, (unsigned)i));
    }
}

/* A system call that does not exist, answered by the handler. */
static void emulated_call(void)
{
    cap_t ep = fault_endpoint();
    struct thread_registers *window = regs_window(B);
    fault_configure(A, ep);
    struct regs *r = regs_prepare(0, 0x7777, pattern(2, 2));
    fault_start(A, regs_syscall_0, 0);
    fault_expect(ep, A, (struct fault){FAULT_SYSCALL, 0x7777, 0, FAULT_ANY}, at(regs_return_syscall_0));
    EXPECT_IS(act_on(SYS_THREAD_READ_REGISTERS), 0);
    EXPECT_IS(window->rax, 0x7777);
    window->rax = 1234;
    EXPECT_IS(act_on(SYS_THREAD_WRITE_REGISTERS), 0);
    EXPECT_IS(fault_reply(), 0);
    EXPECT_IS(r->out[RAX], 1234);
    regs_expect_kept(0, 0);
}

static const struct test list[] = {
    {"single_steps", single_steps},
    {"emulated_instruction", emulated_instruction},
    {"emulated_call", emulated_call},
};

CASE_SET(442, thread_emulate_cases)
{
    CASES("thread/registers", list);
}
