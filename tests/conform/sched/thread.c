/* Threads: configure, set_entry, suspend and resume. */
#include "frame/conform.h"
#include "frame/registers.h"

enum { OWN = RUNNER_CEILING };

static long configure(unsigned who, uint64_t priorities)
{
    return syscall6(SYS_THREAD_CONFIGURE, actor_tcb(who), cap_at(CAP_SELF_CNODE), cap_at(CAP_SELF_SPACE),
                    watch_fault_ep, priorities, 0);
}

static void priority_limits(void)
{
    EXPECT_IS(configure(A, OWN | OWN << 8), 0);
    EXPECT_IS(configure(A, 0 | OWN << 8), 0);
    EXPECT_IS(configure(A, 0), 0);
    EXPECT_IS(configure(A, (OWN + 1) | (OWN + 1) << 8), ERR_BAD_PRIORITY);
    EXPECT_IS(configure(A, 5 | (OWN + 1) << 8), ERR_BAD_PRIORITY);
    EXPECT_IS(configure(A, 5 | 255 << 8), ERR_BAD_PRIORITY);
    EXPECT_IS(configure(A, 6 | 5 << 8), ERR_BAD_PRIORITY);
    EXPECT_IS(configure(A, 1 << 16), ERR_BAD_ARGUMENT);
    EXPECT_IS(configure(A, 1ul << 32 | 5 << 8), ERR_BAD_ARGUMENT);
    EXPECT_IS(configure(A, 1ul << 63), ERR_BAD_ARGUMENT);
}

static void raise_another(uint64_t priorities)
{
    shared()->regs[3].out[0] = (uint64_t)configure(B, priorities);
}

/* The actor's ceiling is its priority. */
static void ceiling_of_the_caller(void)
{
    static const struct {
        uint64_t priorities;
        long result;
    } tries[] = {{ACTOR_PRIORITY | ACTOR_PRIORITY << 8, 0},
                 {ACTOR_PRIORITY | (ACTOR_PRIORITY + 1) << 8, ERR_BAD_PRIORITY},
                 {(ACTOR_PRIORITY + 1) | (ACTOR_PRIORITY + 1) << 8, ERR_BAD_PRIORITY}};
    for (unsigned i = 0; i < COUNT(tries); i++) {
        struct step *s = plan_function(A, raise_another, tries[i].priorities);
        go(A);
        EXPECT_DONE(s);
        EXPECT_IS(shared()->regs[3].out[0], tries[i].result);
    }
}

static void configure_only_stopped(void)
{
    cap_t ep = new_endpoint();
    EXPECT_IS(syscall6(SYS_THREAD_CONFIGURE, cap_at(CAP_SELF_TCB), cap_at(CAP_SELF_CNODE),
                       cap_at(CAP_SELF_SPACE), 0, 5 | 5 << 8, 0),
              ERR_IN_USE);
    act(A, SYS_RECV, ep, 1);
    EXPECT_IS(configure(A, 5 | 5 << 8), ERR_IN_USE);
    act(B, SYS_CALL, ep, 2);
    EXPECT_IS(configure(B, 5 | 5 << 8), ERR_IN_USE);
    actor_configure(C, 50, watch_fault_ep);
    go(C);
    EXPECT_IS(configure(C, 5 | 5 << 8), ERR_IN_USE);
    EXPECT_IS(thread_set_entry(actor_tcb(C), 0x400000, 0x500000, 0), ERR_IN_USE);
    EXPECT_IS(thread_set_entry(actor_tcb(B), 0x400000, 0x500000, 0), ERR_IN_USE);
}

static void resume_only_stopped(void)
{
    cap_t ep = new_endpoint();
    EXPECT_IS(thread_resume(cap_at(CAP_SELF_TCB)), ERR_IN_USE);
    act(A, SYS_RECV, ep, 1);
    EXPECT_IS(thread_resume(actor_tcb(A)), ERR_IN_USE);
    act(B, SYS_CALL, ep, 2);
    EXPECT_IS(thread_resume(actor_tcb(B)), ERR_IN_USE);
    act(C, SYS_SEND, ep, 3);
    EXPECT_IS(thread_resume(actor_tcb(C)), ERR_IN_USE);
    actor_configure(D, 50, watch_fault_ep);
    EXPECT_IS(thread_resume(actor_tcb(D)), 0);
    EXPECT_IS(thread_resume(actor_tcb(D)), ERR_IN_USE);
}

static void suspend_ready(void)
{
    actor_configure(A, 50, watch_fault_ep);
    struct step *s = plan_function(A, raise_another, 0);
    go(A);
    EXPECT_IS(thread_suspend(actor_tcb(A)), 0);
    EXPECT_IS(thread_suspend(actor_tcb(A)), 0);
    quiesce();
    EXPECT_WAITS(s);
    go(A);
    quiesce();
    EXPECT_DONE(s);
}

/* From the middle, the head and the tail of a priority's run queue. */
static void suspend_among_equals(void)
{
    for (unsigned out = 0; out < 4; out++) {
        struct step *s[4];
        for (unsigned who = 0; who < 4; who++) {
            actor_configure(who, 50, watch_fault_ep);
            s[who] = plan_function(who, raise_another, ~0ul);
            go(who);
        }
        uint64_t before = shared()->order;
        EXPECT_IS(thread_suspend(actor_tcb(out)), 0);
        quiesce();
        for (unsigned who = 0; who < 4; who++) {
            EXPECT(s[who]->done == (who != out));
            if (who != out)
                EXPECT_IS(s[who]->order - before, who + 1 - (who > out));
        }
    }
}

static void entry_limits(void)
{
    static const uint64_t bad_rip[] = {USER_TOP,           USER_TOP + 1,       0x7fffffffffff, 1ul << 47,
                                       0xffff800000000000, 0xffffffff80000000, 1ul << 63,      ~0ul};
    cap_t tcb = actor_tcb(A);
    EXPECT_IS(thread_set_entry(tcb, 0, 0, 0), 0);
    EXPECT_IS(thread_set_entry(tcb, USER_TOP - 1, USER_TOP, ~0ul), 0);
    for (unsigned i = 0; i < COUNT(bad_rip); i++)
        EXPECT_IS(thread_set_entry(tcb, bad_rip[i], 0x500000, 0), ERR_BAD_ARGUMENT);
    for (unsigned i = 1; i < COUNT(bad_rip); i++)
        EXPECT_IS(thread_set_entry(tcb, 0x400000, bad_rip[i], 0), ERR_BAD_ARGUMENT);
}

/* All 48 bits of where it starts: nothing is there, as the fault says. */
static void entry_above_4_gib(void)
{
    const uint64_t rip = 1ul << 46 | 1ul << 32 | 0x400000;
    cap_t ep = new_endpoint();
    struct msg m = {0};
    actor_configure(A, ACTOR_PRIORITY, ep);
    EXPECT_IS(thread_set_entry(actor_tcb(A), rip, 0, 0), 0);
    EXPECT_IS(thread_resume(actor_tcb(A)), 0);
    EXPECT_IS(ipc_recv(ep, &m), GOT_MESSAGE);
    EXPECT_IS(m.label, FAULT_PAGE);
    EXPECT_IS(m.word[0], rip);
    EXPECT_IS(m.word[1], rip);
}

/* Stores what a new thread finds in its registers, then stops: its own TCB is at regs[2].in[0]. */
__asm__(".text; look_around:\n\t"
        "mov %rax, 0x20000400+136; mov %rbx, 0x20000400+144; mov %rcx, 0x20000400+152\n\t"
        "mov %rdx, 0x20000400+160; mov %rsi, 0x20000400+168; mov %rdi, 0x20000400+176\n\t"
        "mov %rbp, 0x20000400+184; mov %rsp, 0x20000400+192; mov %r8, 0x20000400+200\n\t"
        "mov %r9, 0x20000400+208; mov %r10, 0x20000400+216; mov %r11, 0x20000400+224\n\t"
        "mov %r12, 0x20000400+232; mov %r13, 0x20000400+240; mov %r14, 0x20000400+248\n\t"
        "mov %r15, 0x20000400+256\n\t"
        "lea 0x20000480, %rsp\n\t"
        "pushfq\n\t"
        "popq 0x20000400+264\n"
        "1: mov 0x20000400, %rdi\n\t"
        "mov $6, %eax\n\t"
        "syscall\n\t"
        "jmp 1b");
_Static_assert(SYS_THREAD_SUSPEND == 6, "look_around");
void look_around(void);

static void new_registers(void)
{
    struct regs *r = &shared()->regs[2];
    uint64_t rip = (uint64_t)(uintptr_t)look_around, rsp = 0x123456789a8, rdi = pattern(1, 1);
    memset(r, 0xff, sizeof *r);
    r->in[0] = actor_tcb(A);
    act(A, SYS_NULL, 0, 1); /* its registers have been used */
    EXPECT_IS(thread_set_entry(actor_tcb(A), rip, rsp, rdi), 0);
    EXPECT_IS(thread_resume(actor_tcb(A)), 0);
    for (unsigned i = 0; i < FLAGS; i++)
        EXPECT_IS(r->out[i], i == RSP ? rsp : i == RDI ? rdi : 0);
    EXPECT_IS(r->out[FLAGS], FLAGS_AFTER_SYSCALL);
}

/* Entry and stack go to the thread, not to its maker; the other address space has its own. */
static void entry_in_other_space(void)
{
    actors_reset(true);
    struct step *s = plan_function(B, raise_another, ~0ul);
    go(B);
    EXPECT_DONE(s);
    EXPECT_IS(s->space, SPACE_OTHER);
    EXPECT_IS(shared()->regs[3].out[0], ERR_BAD_ARGUMENT);
}

static const struct test list[] = {
    {"priority_limits", priority_limits},
    {"ceiling_of_the_caller", ceiling_of_the_caller},
    {"configure_only_stopped", configure_only_stopped},
    {"resume_only_stopped", resume_only_stopped},
    {"suspend_ready", suspend_ready},
    {"suspend_among_equals", suspend_among_equals},
    {"entry_limits", entry_limits},
    {"entry_above_4_gib", entry_above_4_gib},
    {"new_registers", new_registers},
    {"entry_in_other_space", entry_in_other_space},
};

CASE_SET(280, sched_thread_cases)
{
    CASES("sched/thread", list);
}
