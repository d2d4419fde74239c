/* FS and GS bases that their thread writes by itself, where the CPU can do that. */
#include "frame/fault.h"

enum { ROUNDS = 12, LEAF7_FSGSBASE = 1 << 0 };

__asm__(".text; code_wrfs: wrfsbase %rdi; ret; code_wrgs: wrgsbase %rdi; ret; code_rdfs: rdfsbase %rax; ret\n"
        "code_fs_load: mov %fs:0x10, %rax; ret");
void code_wrfs(uint64_t base);
void code_wrgs(uint64_t base);
void code_rdfs(uint64_t unused);
void code_fs_load(uint64_t unused);

static volatile uint64_t rounds[ACTORS], wrong[ACTORS];
static cap_t ep;

static bool has_fsgsbase(void)
{
    uint32_t a = 7, b, c = 0, d;
    __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    if (!(b & LEAF7_FSGSBASE))
        case_skip("the CPU has no WRFSBASE");
    return b & LEAF7_FSGSBASE;
}

static uint64_t fs(void)
{
    uint64_t base;
    __asm__ volatile("rdfsbase %0" : "=r"(base));
    return base;
}

static uint64_t gs(void)
{
    uint64_t base;
    __asm__ volatile("rdgsbase %0" : "=r"(base));
    return base;
}

static void give(unsigned who)
{
    EXPECT_IS(thread_set_tls(actor_tcb(who), 0x1000 + who, 0), 0);
    rounds[who] = wrong[who] = 0;
}

/* Another base in each round, in the upper half, too: no access by it gets anywhere. */
static uint64_t base(uint64_t who, unsigned i)
{
    static const uint64_t half[] = {0, 0xffff800000000000};
    return half[i & 1] + 0x100000 * who + 0x10 * i;
}

static void writes(uint64_t who, unsigned i)
{
    code_wrfs(base(who, i));
    code_wrgs(base(who + 100, i));
}

static void looks(uint64_t who, unsigned i)
{
    wrong[who] += fs() != base(who, i) || gs() != base(who + 100, i);
    rounds[who]++;
}

static void calls(uint64_t who)
{
    struct msg m = {0};
    for (unsigned i = 0; i < ROUNDS; i++) {
        writes(who, i);
        ipc(SYS_CALL, ep, &m);
        looks(who, i);
    }
}

static void serves(uint64_t who)
{
    struct msg m = {0};
    ipc(SYS_RECV, ep, &m);
    for (unsigned i = 0; i < ROUNDS; i++) {
        writes(who, i);
        ipc(SYS_REPLY_RECV, ep, &m);
        looks(who, i);
    }
}

static void serves_plainly(uint64_t who)
{
    struct msg m = {0};
    ipc(SYS_RECV, ep, &m);
    for (unsigned i = 0; i < ROUNDS; i++, rounds[who]++)
        ipc(SYS_REPLY_RECV, ep, &m);
}

/* Both have bases, or only the client, or only the server. */
static void over_ipc(void)
{
    for (unsigned k = 0; has_fsgsbase() && k < 2; k++) {
        ep = cap_at(temp_object(TYPE_ENDPOINT, 0));
        give(A);
        if (!k)
            give(B);
        rounds[B] = wrong[B] = 0;
        plan_function(B, k ? serves_plainly : serves, B);
        go(B);
        plan_function(A, calls, A);
        go(A);
        EXPECT_IS(rounds[A], ROUNDS);
        EXPECT_IS(wrong[A] + wrong[B], 0);
        actors_take_bases();
        actors_reset(false);
    }
}

static void yields(uint64_t who)
{
    for (unsigned i = 0; i < ROUNDS; i++) {
        writes(who, i);
        thread_yield();
        looks(who, i);
    }
}

static void over_yields(void)
{
    for (unsigned who = A; has_fsgsbase() && who <= C; who++) {
        actor_configure(who, 50, watch_fault_ep);
        give(who);
        plan_function(who, yields, who);
        go(who);
    }
    quiesce();
    EXPECT_IS(wrong[A] + wrong[B] + wrong[C], 0);
    actors_take_bases();
}

/* A thread that has none may not write any, whoever ran before: nobody would save and clear them. By C and by the fast path. */
static void not_without(void)
{
    cap_t faults = fault_endpoint();
    void (*const code[])(uint64_t) = {code_wrfs, code_wrgs, code_rdfs, code_wrfs};
    for (unsigned i = 0; has_fsgsbase() && i < COUNT(code); i++) {
        ep = cap_at(temp_object(TYPE_ENDPOINT, 0));
        give(A);
        fault_configure(B, faults);
        plan(B, SYS_RECV, ep, 1);
        struct step *s = plan_function(B, code[i], 0);
        go(B);
        plan_function(A, code_wrfs, 0x5000);
        plan(A, i & 1 ? SYS_SEND : SYS_CALL, ep, 2);
        go(A);
        fault_expect(faults, B, (struct fault){FAULT_INSTRUCTION, 0, 0, 6}, address_of(code[i]));
        EXPECT_WAITS(s);
        actors_take_bases();
        actors_reset(false);
    }
}

/* A base that was written by its thread is not the next one's. */
static void not_in_others(void)
{
    cap_t faults = fault_endpoint();
    if (!has_fsgsbase())
        return;
    give(A);
    plan_function(A, code_wrfs, 0x5000);
    go(A);
    fault_configure(B, faults);
    fault_start(B, code_fs_load, 0);
    fault_expect(faults, B, (struct fault){FAULT_PAGE, 0x10, 4, 14}, address_of(code_fs_load));
    actors_take_bases();
}

static void not_canonical(void)
{
    cap_t faults = fault_endpoint();
    if (!has_fsgsbase())
        return;
    give(A);
    fault_configure(A, faults);
    struct step *s = plan_function(A, code_wrfs, 1ul << 63);
    go(A);
    if (s->done)
        case_skip("this CPU (QEMU's TCG) takes an address that is not canonical");
    else
        fault_expect(faults, A, (struct fault){FAULT_PROTECTION, 0, 0, 13}, address_of(code_wrfs));
    actors_take_bases();
}

static void overwrites(uint64_t who)
{
    code_wrfs(0x5000);
    rounds[who] += (uint64_t)thread_set_tls(actor_tcb((unsigned)who), 0x6000, 0x7000);
    wrong[who] += fs() != 0x6000 || gs() != 0x7000;
    rounds[who]++;
}

/* What it asks the kernel for replaces what it has written. */
static void set_after_write(void)
{
    if (!has_fsgsbase())
        return;
    give(A);
    plan_function(A, overwrites, A);
    go(A);
    EXPECT_IS(rounds[A], 1);
    EXPECT_IS(wrong[A], 0);
    actors_take_bases();
}

static const struct test list[] = {
    {"over_ipc", over_ipc},           {"over_yields", over_yields},     {"not_without", not_without},
    {"not_in_others", not_in_others}, {"not_canonical", not_canonical}, {"set_after_write", set_after_write},
};

CASE_SET(461, thread_bases_cases)
{
    CASES("thread/tls/written", list);
}
