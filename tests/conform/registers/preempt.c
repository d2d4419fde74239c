/* The timer interrupts threads between any two instructions: they must not see it in any register or flag. */
#include "frame/registers.h"

#define SPIN_ROUNDS "20000000"

/* Checks all registers (rsp too) against shared()->regs[k].in for ever; out[0] counts the rounds, out[1] is not
   0 when a register was wrong. */
#define SPIN(k, base)                                                                                          \
    __asm__(".text; .globl spin_" #k "; spin_" #k ":\n\t"                                                                          \
            "mov " #base "+0, %rax; mov " #base "+8, %rbx; mov " #base "+16, %rcx\n\t"                         \
            "mov " #base "+24, %rdx; mov " #base "+32, %rsi; mov " #base "+40, %rdi\n\t"                       \
            "mov " #base "+48, %rbp; mov " #base "+56, %rsp; mov " #base "+64, %r8\n\t"                        \
            "mov " #base "+72, %r9; mov " #base "+80, %r10; mov " #base "+88, %r11\n\t"                        \
            "mov " #base "+96, %r12; mov " #base "+104, %r13; mov " #base "+112, %r14\n\t"                     \
            "mov " #base "+120, %r15\n"                                                                        \
            "1: cmp " #base "+0, %rax; jne 2f; cmp " #base "+8, %rbx; jne 2f\n\t"                              \
            "cmp " #base "+16, %rcx; jne 2f; cmp " #base "+24, %rdx; jne 2f\n\t"                               \
            "cmp " #base "+32, %rsi; jne 2f; cmp " #base "+40, %rdi; jne 2f\n\t"                               \
            "cmp " #base "+48, %rbp; jne 2f; cmp " #base "+56, %rsp; jne 2f\n\t"                               \
            "cmp " #base "+64, %r8; jne 2f; cmp " #base "+72, %r9; jne 2f\n\t"                                 \
            "cmp " #base "+80, %r10; jne 2f; cmp " #base "+88, %r11; jne 2f\n\t"                               \
            "cmp " #base "+96, %r12; jne 2f; cmp " #base "+104, %r13; jne 2f\n\t"                              \
            "cmp " #base "+112, %r14; jne 2f; cmp " #base "+120, %r15; jne 2f\n\t"                             \
            "incq " #base "+136\n\t"                                                                           \
            "cmpq $" SPIN_ROUNDS ", " #base "+136\n\t"                                                         \
            "jb 1b\n"                                                                                          \
            "2: ud2\n")

/* Sets the flags in rbx and sees that they stay; nothing between POPF and the next look changes one. */
#define SPIN_FLAGS(k, base)                                                                                    \
    __asm__(".text; .globl spin_flags_" #k "; spin_flags_" #k ":\n\t"                                                                    \
            "mov " #base "+128, %rbx\n"                                                                        \
            "1: push %rbx\n\t"                                                                                 \
            "popfq\n\t"                                                                                        \
            ".rept 40; mov " #base "+136, %rcx; .endr\n\t"                                                     \
            "lea 1(%rcx), %rcx\n\t"                                                                            \
            "mov %rcx, " #base "+136\n\t"                                                                      \
            "pushfq\n\t"                                                                                       \
            "pop %rax\n\t"                                                                                     \
            "cmp %rax, %rbx\n\t"                                                                               \
            "jne 2f\n\t"                                                                                       \
            "cmp $" SPIN_ROUNDS ", %rcx\n\t"                                                                   \
            "jb 1b\n"                                                                                          \
            "2: ud2\n")

SPIN(0, 0x20000000);
SPIN(1, 0x20000200);
SPIN_FLAGS(0, 0x20000000);
SPIN_FLAGS(1, 0x20000200);

void spin_0(uint64_t unused);
void spin_1(uint64_t unused);
void spin_flags_0(uint64_t unused);
void spin_flags_1(uint64_t unused);

enum { TURNS = 3, FLAGS_PLANTED_0 = 0x240ed7, FLAGS_PLANTED_1 = 0x202 };

/* Both spin at the runner's priority; each return of the runner's yield means that each was interrupted. */
static void spin_both(void (*a)(uint64_t), void (*b)(uint64_t))
{
    for (unsigned k = 0; k < 2; k++) {
        actor_configure(k, RUNNER_PRIORITY, watch_fault_ep);
        plan_function(k, k == 0 ? a : b, 0);
        go(k);
    }
    for (int i = 0; i < TURNS; i++) {
        uint64_t before[2] = {shared()->regs[0].out[0], shared()->regs[1].out[0]};
        thread_yield();
        EXPECT(shared()->regs[0].out[0] > before[0] && shared()->regs[1].out[0] > before[1]);
    }
}

static void registers(void)
{
    for (unsigned k = 0; k < 2; k++) {
        struct regs *r = regs_prepare(k, pattern(1, k), pattern(2, k));
        r->in[RSP] = pattern(3, k);
    }
    spin_both(spin_0, spin_1);
}

static void flags(void)
{
    regs_prepare(0, 0, 0)->in[FLAGS] = FLAGS_PLANTED_0;
    regs_prepare(1, 0, 0)->in[FLAGS] = FLAGS_PLANTED_1;
    spin_both(spin_flags_0, spin_flags_1);
}

/* One thread computes while another exchanges messages by the fast paths. */
static void computing_beside_ipc(void)
{
    enum { ROUNDS = 2000 };
    cap_t ep = new_endpoint();
    regs_prepare(0, pattern(1, 0), pattern(2, 0))->in[RSP] = pattern(3, 0);
    actor_configure(A, RUNNER_PRIORITY, watch_fault_ep);
    plan_function(A, spin_0, 0);
    go(A);
    act(B, SYS_RECV, ep, 1);
    for (uint64_t i = 0; i < ROUNDS; i++) {
        struct msg m = pattern_msg(i);
        struct step *again = plan(B, SYS_REPLY_RECV, ep, i + 7);
        EXPECT_IS(ipc_call(ep, &m), GOT_MESSAGE);
        EXPECT(is_pattern(&m, 0, i + 7));
        EXPECT_WAITS(again);
        if (i % 500 == 0)
            thread_yield();
    }
    EXPECT(shared()->regs[0].out[0] > 0);
}

static const struct test list[] = {
    {"registers", registers},
    {"flags", flags},
    {"computing_beside_ipc", computing_beside_ipc},
};

CASE_SET(080, register_preempt_cases)
{
    CASES_SPACES("registers/preempted", list);
}
