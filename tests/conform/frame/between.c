#include "frame/between.h"
#include "frame/registers.h"
#include "frame/timer.h"

__asm__(".text; .globl between_code, between_here\n"
        "between_code: mov %rdi, %rbp\n"
        "mov (%rbp), %rax; mov 8(%rbp), %rdi; mov 16(%rbp), %rsi; mov 24(%rbp), %rdx\n"
        "mov 32(%rbp), %r8; mov 40(%rbp), %r9; mov 48(%rbp), %r10\n"
        "between_here: syscall\n"
        "mov %rax, 56(%rbp); movq $1, 64(%rbp); mov %r10, 72(%rbp); ud2\n");
extern const char between_here[];
void between_code(uint64_t call);

_Static_assert(offsetof(struct between, result) == 56 && offsetof(struct between, ended) == 64,
               "the code above");

struct between between;
static cap_t faults;

cap_t between_faults(void)
{
    return faults = new_endpoint();
}

void between_call(struct guest *g, uint64_t op, const uint64_t argument[6])
{
    between = (struct between){.op = op};
    for (unsigned i = 0; i < 6; i++)
        between.argument[i] = argument[i];
    EXPECT_IS(thread_set_breakpoint(cap_at(g->tcb), 0, (uint64_t)(uintptr_t)between_here, BREAK_EXECUTE, 1), 0);
    guest_enter(g, between_code, (uint64_t)(uintptr_t)&between);
    guest_go(g);
}

/* The answer lets it pass the breakpoint once, as soon as we wait. */
bool between_next(void)
{
    struct msg m = {0};
    quiesce();
    if (ipc(SYS_RECV_NB, faults, &m) != GOT_MESSAGE)
        return false;
    if (m.label != FAULT_DEBUG) {
        EXPECT_IS(m.label, FAULT_INSTRUCTION); /* behind the call */
        return false;
    }
    EXPECT_IS(m.word[1], (uintptr_t)between_here);
    EXPECT_IS(ipc_reply(&m), 0);
    return true;
}

static void spin(uint64_t unused)
{
    (void)unused;
    __asm__ volatile("spins: jmp spins");
}

/* A timer takes the CPU from a thread that spins: what is in its flags? */
static bool interrupts_set_rf(void)
{
    enum { A_WHILE_US = 100 };
    const struct thread_registers *r = regs_window(B);
    uint64_t bits, over = notification();
    actor_configure(A, BELOW, watch_fault_ep);
    plan_function(A, spin, 0);
    go(A);
    set_ahead(timer(cap_at(over)), A_WHILE_US);
    EXPECT_IS(notification_wait(cap_at(over), &bits), GOT_NOTIFIED);
    EXPECT_IS(thread_suspend(actor_tcb(A)), 0);
    EXPECT_RESULT(act(B, SYS_THREAD_READ_REGISTERS, actor_tcb(A), 1), 0);
    return r->rflags & FLAG_RF;
}

void between_expect_cuts(unsigned cuts, unsigned wanted)
{
    if (cuts + 1 == wanted && interrupts_set_rf())
        return;
    EXPECT_IS(cuts, wanted);
}
