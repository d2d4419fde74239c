/* thread_set_tls: FS and GS bases belong to their thread, through all that takes the CPU from it. */
#include "frame/fault.h"
#include "frame/shared.h"

enum { PAGE = 4096, RW = RIGHT_READ | RIGHT_WRITE, ROUNDS = 20 };

/* Reads offset 0x10 and is the same whatever the base is. */
__asm__(".text; code_fs: mov %fs:0x10, %rax; ret; code_gs: mov %gs:0x10, %rax; ret");
void code_fs(uint64_t unused);
void code_gs(uint64_t unused);

static volatile uint64_t rounds[ACTORS], wrong[ACTORS], stop;
static uint64_t seen_fs[ACTORS], seen_gs[ACTORS];

static uint64_t fs(void)
{
    uint64_t value;
    __asm__ volatile("mov %%fs:0x10, %0" : "=r"(value));
    return value;
}

static uint64_t gs(void)
{
    uint64_t value;
    __asm__ volatile("mov %%gs:0x10, %0" : "=r"(value));
    return value;
}

/* A page here whose word at 0x10 is the value; 16 words of space before the next base. */
static uint64_t page_with(uint64_t value)
{
    uint64_t page = temp_page();
    EXPECT_IS(map_frame(temp_object(TYPE_FRAME, 12), cap_at(CAP_SELF_SPACE), page, RW), 0);
    *(uint64_t *)(page + 0x10) = value; /* NOLINT: mapped just now */
    return page;
}

static void give(unsigned who)
{
    EXPECT_IS(thread_set_tls(actor_tcb(who), page_with(1000 + who), page_with(2000 + who)), 0);
}

static void look(uint64_t who)
{
    seen_fs[who] = fs();
    seen_gs[who] = gs();
}

static void expect_own(unsigned who)
{
    struct step *s = plan_function(who, look, who);
    go(who);
    EXPECT_DONE(s);
    EXPECT_IS(seen_fs[who], 1000 + who);
    EXPECT_IS(seen_gs[who], 2000 + who);
}

static void of_stopped_threads(void)
{
    for (unsigned who = A; who <= C; who++)
        give(who);
    for (unsigned i = 0; i < 6; i++)
        expect_own(i % 3);
    actors_take_bases();
}

static void set_own(uint64_t who)
{
    uint64_t base = seen_fs[who];
    rounds[who] = (uint64_t)thread_set_tls(actor_tcb((unsigned)who), base, base);
    look(who);
}

static void of_itself(void)
{
    seen_fs[A] = page_with(77);
    struct step *s = plan_function(A, set_own, A);
    go(A);
    EXPECT_DONE(s);
    EXPECT_IS(rounds[A], 0);
    EXPECT_IS(seen_fs[A], 77);
    EXPECT_IS(seen_gs[A], 77);
    actors_take_bases();
}

static void loop(uint64_t who)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        wrong[who] += fs() != 1000 + who || gs() != 2000 + who;
        rounds[who]++;
        thread_yield();
    }
}

/* C has none: it may be between the others. */
static void plain_loop(uint64_t who)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        rounds[who]++;
        thread_yield();
    }
}

static void over_yields(void)
{
    for (unsigned who = A; who <= C; who++) {
        rounds[who] = wrong[who] = 0;
        actor_configure(who, 50, watch_fault_ep);
        if (who != C)
            give(who);
        plan_function(who, who == C ? plain_loop : loop, who);
        go(who);
    }
    quiesce();
    EXPECT_IS(rounds[A] + rounds[B] + rounds[C], 3 * ROUNDS);
    EXPECT_IS(wrong[A] + wrong[B], 0);
    actors_take_bases();
}

static void spin(uint64_t who)
{
    while (!stop && rounds[who] < 1000000000) {
        wrong[who] += fs() != 1000 + who || gs() != 2000 + who;
        rounds[who]++;
    }
    while (!stop)
        ;
}

static void over_preemption(void)
{
    stop = 0;
    for (unsigned who = A; who <= B; who++) {
        rounds[who] = wrong[who] = 0;
        actor_configure(who, RUNNER_PRIORITY, watch_fault_ep);
        give(who);
        plan_function(who, spin, who);
        go(who);
    }
    actors_take_turns(rounds);
    EXPECT_IS(wrong[A] + wrong[B], 0);
    actors_take_bases();
}

static cap_t call_ep;

static void serve(uint64_t who)
{
    struct msg m = {0};
    ipc(SYS_RECV, call_ep, &m);
    for (unsigned i = 0; i < ROUNDS; i++) {
        wrong[who] += fs() != 1000 + who || gs() != 2000 + who;
        ipc(SYS_REPLY_RECV, call_ep, &m);
    }
}

/* Threads of one address space call each other, by what would be the fast path without the bases. */
static void caller(uint64_t who)
{
    struct msg m = {0};
    for (unsigned i = 0; i < ROUNDS; i++) {
        ipc(SYS_CALL, call_ep, &m);
        wrong[who] += fs() != 1000 + who || gs() != 2000 + who;
        rounds[who]++;
    }
}

static void over_ipc(void)
{
    call_ep = new_endpoint();
    rounds[A] = wrong[A] = wrong[B] = 0;
    give(A);
    give(B);
    plan_function(B, serve, B);
    go(B);
    plan_function(A, caller, A);
    go(A);
    EXPECT_IS(rounds[A], ROUNDS);
    EXPECT_IS(wrong[A] + wrong[B], 0);
    actors_take_bases();
}

/* Only one of the two has bases; the other one must not see them. */
static void not_in_others(void)
{
    cap_t ep = fault_endpoint();
    call_ep = new_endpoint();
    give(A);
    expect_own(A);
    void (*const code[])(uint64_t) = {code_fs, code_gs};
    for (unsigned i = 0; i < 2; i++) {
        fault_configure(B, ep);
        plan(B, SYS_RECV, call_ep, 1);
        struct step *s = plan_function(B, code[i], 0);
        go(B);
        EXPECT_RESULT(act(A, SYS_SEND, call_ep, 2), 0); /* from a thread that has them directly to B */
        fault_expect(ep, B, (struct fault){FAULT_PAGE, 0x10, 4, 14}, address_of(code[i]));
        EXPECT_WAITS(s);
        expect_own(A);
    }
    actors_take_bases();
}

static void gone_when_0(void)
{
    cap_t ep = fault_endpoint();
    give(A);
    expect_own(A);
    EXPECT_IS(thread_set_tls(actor_tcb(A), 0, page_with(5)), 0);
    fault_configure(A, ep);
    fault_start(A, code_fs, 0);
    fault_expect(ep, A, (struct fault){FAULT_PAGE, 0x10, 4, 14}, address_of(code_fs));
    fault_configure(A, ep);
    struct step *s = plan_function(A, code_gs, 0);
    go(A);
    EXPECT_DONE(s);
    EXPECT_IS(thread_set_tls(actor_tcb(A), 0, 0), 0);
    fault_configure(A, ep);
    fault_start(A, code_gs, 0);
    fault_expect(ep, A, (struct fault){FAULT_PAGE, 0x10, 4, 14}, address_of(code_gs));
}

static void bad_addresses(void)
{
    static const uint64_t bad[] = {USER_TOP,           USER_TOP + 1,       0x7fffffffffff, 1ul << 47,
                                   0xffff800000000000, 0xffffffff80000000, 1ul << 63,      ~0ul};
    cap_t tcb = actor_tcb(A);
    give(A);
    for (unsigned i = 0; i < COUNT(bad); i++) {
        EXPECT_IS(thread_set_tls(tcb, bad[i], 0), ERR_BAD_ARGUMENT);
        EXPECT_IS(thread_set_tls(tcb, 0, bad[i]), ERR_BAD_ARGUMENT);
    }
    expect_own(A);
    EXPECT_IS(thread_set_tls(tcb, USER_TOP - 1, USER_TOP - 1), 0);
    EXPECT_RESULT(act(A, SYS_NULL, 0, 1), 0);
    actors_take_bases();
}

static void errors(void)
{
    cap_t ep = new_endpoint();
    EXPECT_IS(thread_set_tls(cap_at(zoo(TYPE_FRAME)), 0, 0), ERR_WRONG_TYPE);
    EXPECT_IS(thread_set_tls(cap_at(temp_slot()), 0, 0), ERR_BAD_CAP);
    act(A, SYS_RECV, ep, 1);
    EXPECT_IS(thread_set_tls(actor_tcb(A), 0, 0), ERR_IN_USE);
    actor_configure(B, 50, watch_fault_ep);
    go(B);
    EXPECT_IS(thread_set_tls(actor_tcb(B), 0, 0), ERR_IN_USE);
    cap_t faults = fault_endpoint();
    fault_configure(C, faults);
    fault_start(C, code_ud2, 0);
    EXPECT_IS(thread_set_tls(actor_tcb(C), 0, 0), ERR_IN_USE);
}

static const struct test list[] = {
    {"of_stopped_threads", of_stopped_threads},
    {"of_itself", of_itself},
    {"over_yields", over_yields},
    {"over_preemption", over_preemption},
    {"over_ipc", over_ipc},
    {"not_in_others", not_in_others},
    {"gone_when_0", gone_when_0},
    {"bad_addresses", bad_addresses},
    {"errors", errors},
};

CASE_SET(460, thread_tls_cases)
{
    CASES("thread/tls", list);
}
