/* cap_cancel_badged of a queue that is too long for one entry: the timer is heard, and the queue may change
 * meanwhile. */
#include "frame/cut.h"

enum { MOST = 16000, MOST_CHECKED = 400, RADIX = 14, ONE = 0x11 };
#define TWO (ONE | 1ull << 32) /* code that compares 32 bits takes it for the other */

static unsigned count, root_bits;
static uint64_t ep, by_one, by_two, tcbs;
volatile uint64_t many_canceled, many_sent; /* how their sends ended */
cap_t many_park;                            /* where they wait for ever then */

/* rdi: the capability, and in the upper half its number, which is the label that it sends. No stack. */
__asm__(".text; many_start: mov %rdi, %rsi; shr $32, %rsi; mov %edi, %edi; mov $1, %eax; syscall\n\t"
        "test %rax, %rax; jz 1f; lock incq many_canceled(%rip); jmp 2f; 1: lock incq many_sent(%rip)\n"
        "2: mov many_park(%rip), %rdi; mov $2, %eax; syscall; jmp 2b");
_Static_assert(SYS_SEND == 1 && SYS_RECV == 2, "many_start");
void many_start(uint64_t unused);

static cap_t tcb(unsigned i)
{
    return cap_at(tcbs) | (uint64_t)(i + 1) << root_bits; /* slot 0 has no address there */
}

static bool is_one(unsigned i)
{
    return i % 3 != 1;
}

static void start_sender(unsigned i, unsigned priority)
{
    uint64_t cap = cap_at(is_one(i) ? by_one : by_two);
    EXPECT_IS(thread_configure(tcb(i), cap_at(CAP_SELF_CNODE), cap_at(CAP_SELF_SPACE), 0, priority, priority),
              0);
    EXPECT_IS(thread_set_entry(tcb(i), (uint64_t)(uintptr_t)many_start, 0, cap | (uint64_t)i << 32), 0);
    EXPECT_IS(thread_resume(tcb(i)), 0);
}

static void prepare(unsigned priority)
{
    count = boot_info->checked ? MOST_CHECKED : MOST;
    root_bits = (unsigned)SLOT_BITS + (unsigned)__builtin_ctz(boot_info->slot_count);
    ep = temp_endpoint();
    by_one = temp_mint(ep, RIGHT_ALL, ONE);
    by_two = temp_mint(ep, RIGHT_ALL, TWO);
    many_park = new_endpoint();
    tcbs = temp_object(TYPE_CNODE, RADIX);
    pool = temp_object(TYPE_UNTYPED, 24);
    many_canceled = many_sent = 0;
    for (unsigned i = 0; i < count; i += 200)
        EXPECT_IS(retype(cap_at(pool), TYPE_TCB, 0, cap_at(tcbs), i + 1, 200), 0);
    for (unsigned i = 0; i < count; i++)
        start_sender(i, priority);
    quiesce();
}

static uint64_t ones_of(unsigned n)
{
    return n - (n + 1) / 3;
}

/* Those of the other badge, in their order, from number i on; returns how many. */
static uint64_t receive_rest(unsigned i)
{
    uint64_t got = 0;
    struct msg m = {0};
    while (ipc(SYS_RECV_NB, cap_at(ep), &m) == GOT_MESSAGE) {
        while (i < count && is_one(i))
            i++;
        EXPECT_IS(m.badge, TWO);
        EXPECT_IS(m.label, i++);
        got++;
    }
    return got;
}

static long cancel_ones(void)
{
    return cap_cancel_badged(cap_at(CAP_SELF_CNODE), by_one);
}

static void less_urgent(void)
{
    prepare(BELOW);
    EXPECT_IS(cap_cancel_badged(cap_at(CAP_SELF_CNODE), by_one), 0);
    EXPECT_IS(many_canceled, 0);
    quiesce();
    EXPECT_IS(many_canceled, ones_of(count));
    EXPECT_IS(receive_rest(0), count - ones_of(count));
    quiesce();
    EXPECT_IS(many_sent, count - ones_of(count));
}

/* Each one that wakes runs at once. */
static void more_urgent(void)
{
    prepare(ACTOR_PRIORITY);
    EXPECT_IS(cap_cancel_badged(cap_at(CAP_SELF_CNODE), by_one), 0);
    EXPECT_IS(many_canceled, ones_of(count));
    EXPECT_IS(receive_rest(0), count - ones_of(count));
    EXPECT_IS(many_sent, count - ones_of(count));
}

static void others_run_meanwhile(void)
{
    prepare(BELOW);
    cut_begin(cancel_ones);
    cut_spin();
    cut_end();
    EXPECT(boot_info->checked || cut.after > cut.before);
    quiesce();
    EXPECT_IS(many_canceled, ones_of(count));
    EXPECT_IS(receive_rest(0), count - ones_of(count));
}

/* Half way others receive, are stopped, deleted, and come; another badge is cancelled from the beginning. */
static void queue_changes(void)
{
    struct msg m = {0};
    prepare(BELOW);
    struct guest *g = cut_begin(cancel_ones);
    thread_yield();
    bool half_way = !cut.ended;
    EXPECT(boot_info->checked || half_way);
    if (half_way)
        EXPECT_IS(thread_suspend(cap_at(g->tcb)), 0);
    for (unsigned i = 0; i < 10; i++)
        EXPECT_IS(ipc_recv(cap_at(ep), &m), GOT_MESSAGE);
    for (unsigned i = count / 10; i < count; i += 7)
        EXPECT_IS(thread_suspend(tcb(i)), 0);
    for (unsigned i = 3; i < count; i += 50)
        EXPECT_IS(cap_delete(cap_at(tcbs), i + 1), 0);
    for (unsigned i = count / 10; i < count; i += 7) {
        if (i % 50 != 3)
            EXPECT_IS(thread_resume(tcb(i)), 0); /* ERR_CANCELED, and it parks */
    }
    if (half_way)
        EXPECT_IS(thread_resume(cap_at(g->tcb)), 0);
    cut_end();
    quiesce();
    unsigned left = 0;
    uint64_t last = 0;
    while (ipc(SYS_RECV_NB, cap_at(ep), &m) == GOT_MESSAGE) {
        EXPECT_IS(m.badge, TWO);
        EXPECT(left++ == 0 || m.label > last);
        last = m.label;
    }
    EXPECT(left > count / 4);
}

/* The canceller is gone half way; another one does the rest, and then the other badge. */
static void finished_by_another(void)
{
    prepare(BELOW);
    struct guest *g = cut_begin(cancel_ones);
    thread_yield();
    EXPECT_IS(thread_suspend(cap_at(g->tcb)), 0);
    EXPECT_IS(cap_cancel_badged(cap_at(CAP_SELF_CNODE), by_two), 0);
    EXPECT_IS(cap_cancel_badged(cap_at(CAP_SELF_CNODE), by_one), 0);
    quiesce();
    EXPECT_IS(many_canceled, count);
    struct msg m = {0};
    EXPECT_IS(ipc(SYS_RECV_NB, cap_at(ep), &m), ERR_EMPTY);
}

static const struct test list[] = {
    {"less_urgent", less_urgent},
    {"more_urgent", more_urgent},
    {"others_run_meanwhile", others_run_meanwhile},
    {"queue_changes", queue_changes},
    {"finished_by_another", finished_by_another},
};

CASE_SET(910, ipc_badged_many_cases)
{
    CASES("ipc/badged/many", list);
}
