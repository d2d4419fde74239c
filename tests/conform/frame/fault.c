#include "frame/fault.h"

__asm__(".text\n"
        ".globl code_read, code_write, code_jump, code_push, code_ud2\n"
        "code_read: mov (%rdi), %rax; ret\n"
        "code_write: movq $1, (%rdi); ret\n"
        "code_jump: jmp *%rdi\n"
        "code_push: mov %rdi, %rsp; push %rax\n"
        "code_ud2: ud2; ret\n");

uint64_t address_of(void (*code)(uint64_t argument))
{
    return (uint64_t)(uintptr_t)code;
}

cap_t fault_endpoint(void)
{
    return new_endpoint();
}

void fault_configure(unsigned who, cap_t ep)
{
    actor_configure(who, ACTOR_PRIORITY, cap_at(temp_mint(ep >> SLOT_BITS, RIGHT_SEND, FAULT_BADGE + who)));
}

struct step *fault_start(unsigned who, void (*code)(uint64_t argument), uint64_t argument)
{
    struct step *s = plan_function(who, code, argument);
    go(who);
    EXPECT_WAITS(s);
    return s;
}

void fault_check(const struct msg *m, unsigned who, struct fault want, uint64_t rip)
{
    EXPECT_IS(m->badge, FAULT_BADGE + who);
    EXPECT_IS(m->label, want.label);
    EXPECT_IS(m->word[0], want.address);
    if (rip != 0)
        EXPECT_IS(m->word[1], rip);
    if (want.error != FAULT_ANY)
        EXPECT_IS(m->word[2], want.error);
    if (want.vector != FAULT_ANY)
        EXPECT_IS(m->word[4], want.vector);
    EXPECT_IS(m->word[5] & FLAGS_AFTER_SYSCALL, FLAGS_AFTER_SYSCALL);
    EXPECT_IS(m->word[6] | m->word[7], 0);
}

void fault_expect(cap_t ep, unsigned who, struct fault want, uint64_t rip)
{
    struct msg m = pattern_msg(4711);
    EXPECT_IS(ipc_recv(ep, &m), GOT_MESSAGE);
    fault_check(&m, who, want, rip);
}

/* The words of the reply mean nothing to a thread that faulted. */
long fault_reply(void)
{
    struct msg m = pattern_msg(4712);
    return ipc_reply(&m);
}
