/* MOV SS and POP SS hold back the exception of a watchpoint that they hit until the next instruction is done
   (docs/threat-model.md). By machine it comes in ring 3 or in ring 0 at the kernel's first instruction, where it is
   forgotten: what happens then to the thread itself differs; what is tested is that nobody else notices. */
#include "thread/break.h"

#define DELAYED(name, load, next)                                                                              \
    __asm__(".text; " #name ": xor %eax, %eax; " load "; " next "; " #name "_end: ret");                       \
    void name(uint64_t selector);

#define EACH_DELAYED(X)                                                                                        \
    X(mov_ss_syscall, "movw (%rdi), %ss", "syscall")                                                           \
    X(mov_ss_syscall_no_stack, "mov %rsp, %rdx; movl $8, %esp; movw (%rdi), %ss", "syscall; mov %rdx, %rsp")   \
    X(mov_ss_syscall_kernel_stack, "mov %rsp, %rdx; mov $0xffffffff80200800, %rsp; movw (%rdi), %ss",          \
      "syscall; mov %rdx, %rsp")                                                                               \
    X(mov_ss_bad_syscall, "mov $0x7777, %eax; movw (%rdi), %ss", "syscall")                                    \
    X(mov_ss_int3, "movw (%rdi), %ss", "int3")                                                                 \
    X(mov_ss_int_3, "movw (%rdi), %ss", ".byte 0xcd, 3")                                                       \
    X(mov_ss_int_80, "movw (%rdi), %ss", "int $0x80")                                                          \
    X(mov_ss_int_1, "movw (%rdi), %ss", "int $1")                                                              \
    X(mov_ss_int_2, "movw (%rdi), %ss", "int $2")                                                              \
    X(mov_ss_int_8, "movw (%rdi), %ss", "int $8")                                                              \
    X(mov_ss_int_32, "movw (%rdi), %ss", "int $32")                                                            \
    X(mov_ss_icebp, "movw (%rdi), %ss", ".byte 0xf1")                                                          \
    X(mov_ss_ud2, "movw (%rdi), %ss", "ud2")                                                                   \
    X(mov_ss_page_fault, "movw (%rdi), %ss", "movb $1, 8")                                                     \
    X(mov_ss_hlt, "movw (%rdi), %ss", "hlt")                                                                   \
    X(mov_ss_mov_ss, "movw (%rdi), %ss; movw (%rdi), %ss; movw (%rdi), %ss", "syscall")

#define DEFINE(name, load, next) DELAYED(name, load, next)
EACH_DELAYED(DEFINE)
#define ROW(name, load, next) {#name, name},

static const struct test_of_ss {
    const char *name;
    void (*code)(uint64_t selector);
} delayed[] = {EACH_DELAYED(ROW)};

/* Answers its faults until it is done or faults for good. The stack selector is the one there is. */
static void delayed_hit(void (*code)(uint64_t))
{
    uint16_t ss;
    __asm__ volatile("mov %%ss, %0" : "=r"(ss));
    *watched_word() = ss;
    cap_t ep = break_prepare(A, 0, watched(), BREAK_ACCESS, 2);
    struct step *s = plan_function(A, code, watched());
    go(A);
    for (unsigned i = 0; i < 8 && !s->done; i++) {
        struct msg m = {0};
        EXPECT_IS(ipc(SYS_RECV_NB, ep, &m), GOT_MESSAGE);
        EXPECT_IS(m.badge, FAULT_BADGE + A);
        if (m.label != FAULT_DEBUG && m.label != FAULT_SYSCALL)
            break; /* it would only fault again */
        fault_reply();
    }
    /* Everybody else goes on. */
    break_none(B, adds, watched());
    fault_configure(A, ep);
    struct step *again = fault_start(A, load_1, watched());
    break_expect(ep, A, 1, NULL);
    EXPECT_IS(fault_reply(), 0);
    EXPECT_DONE(again);
}

CASE_SET(712, thread_delayed_cases)
{
    for (unsigned i = 0; i < COUNT(delayed); i++) {
        if (!case_begin("thread/step/%s", delayed[i].name))
            continue;
        actors_reset(false);
        delayed_hit(delayed[i].code);
        case_end();
    }
}
