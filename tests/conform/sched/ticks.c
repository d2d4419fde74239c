/* Slices to the tick. Threads spin and write down who runs since when; they know the ticks by the
   clock, a tick being a fixed number of its steps. Only where the clock counts instructions is that
   exact. */
#include "sched/ready.h"
#include "frame/timer.h"
#include "frame/watch.h"

enum { RUNS = 32, GAP = 60 /* steps of the clock: a loop takes fewer, an interrupt more */ };

static uint64_t phase, period; /* of the ticks: when one came, and how many steps of the clock one takes */
static uint64_t over;          /* slot of a notification */
static struct run {
    unsigned who;
    uint64_t from;
} run[RUNS];
static volatile unsigned runs;
static cap_t wakes_c, wakes_d, served;

static bool begin(void)
{
    over = notification();
    period = boot_info->tsc_hz / TICK_HZ;
    runs = 0;
    bool exact = counts_instructions() && !machine_slow();
    if (!exact)
        case_skip("the clock does not count instructions");
    return exact;
}

/* From a tick on the runner sleeps; all others have to be less urgent. Some steps before and after a tick are
 * the same to phase. */
static void let_run(uint64_t ticks)
{
    uint64_t t = timer(cap_at(over)), before = clock_read(), now, bits;
    while ((now = clock_read()) - before < GAP)
        before = now;
    phase = before - period / 8;
    EXPECT_IS(timer_set(cap_at(t), before + ticks * period), 0);
    watch_stop_sentinel();
    EXPECT_IS(notification_wait(cap_at(over), &bits), GOT_NOTIFIED);
    watch_start_sentinel();
}

/* Until the middle of the tick of that number. A tick may come anywhere in the loop: what was read before it is
   not used behind it, except in a turn's first round, which begins with a tick or a switch. */
static void spin_into(unsigned who, uint64_t tick)
{
    for (;;) {
        bool known = runs > 0 && run[runs - 1].who == who;
        uint64_t now = clock_read();
        if (now >= phase + tick * period + period / 2)
            return;
        if (known || runs == RUNS)
            continue;
        run[runs] = (struct run){who, now};
        runs = runs + 1;
    }
}

static void expect_runs(const struct run *want, unsigned count, const char *file, unsigned line)
{
    char text[64];
    for (unsigned i = 0; i < count && i < runs; i++) {
        print_to(text, sizeof text, "the actor of turn %u of the CPU", i);
        expect_is(run[i].who, want[i].who, text, file, line);
        print_to(text, sizeof text, "the tick at which turn %u, actor %c's, begins", i, 'A' + (int)want[i].who);
        expect_is((run[i].from - phase) / period, want[i].from, text, file, line);
    }
    expect_is(runs, count, "the number of turns", file, line);
}
#define EXPECT_RUNS(want) expect_runs(want, COUNT(want), __FILE__, __LINE__)

static void ready(unsigned who, unsigned priority, uint64_t slice, void (*function)(uint64_t))
{
    actor_configure(who, priority, watch_fault_ep);
    EXPECT_IS(syscall2(SYS_THREAD_SET_SLICE, actor_tcb(who), slice), 0);
    plan_function(who, function, who);
    go(who);
}

static void until_14(uint64_t who)
{
    spin_into((unsigned)who, 14);
}

/* Three, one, and as many as every thread has. */
static void slices_of(unsigned priority)
{
    static const struct run want[] = {{A, 0}, {B, 3}, {C, 4}, {A, 9}, {B, 12}, {C, 13}};
    if (!begin())
        return;
    ready(A, priority, 3, until_14);
    ready(B, priority, 1, until_14);
    ready(C, priority, SLICE_TICKS, until_14);
    let_run(16);
    EXPECT_RUNS(want);
}

static void as_set(void)
{
    slices_of(LOW);
}

static void at_priority_0(void)
{
    slices_of(0);
}

static void yields_at_2(uint64_t who)
{
    spin_into((unsigned)who, 2);
    thread_yield();
    spin_into((unsigned)who, 10);
}

static void until_10(uint64_t who)
{
    spin_into((unsigned)who, 10);
}

/* What is left of it when a thread yields is neither its own later nor the next one's. */
static void yield_gives_it_up(void)
{
    static const struct run want[] = {{A, 0}, {B, 2}, {A, 4}, {B, 9}};
    if (!begin())
        return;
    ready(A, LOW, 5, yields_at_2);
    ready(B, LOW, 2, until_10);
    let_run(12);
    EXPECT_RUNS(want);
}

static void signals_at_3(uint64_t who)
{
    spin_into((unsigned)who, 3);
    notification_signal(wakes_c);
    spin_into((unsigned)who, 13);
}

static void until_13(uint64_t who)
{
    spin_into((unsigned)who, 13);
}

static void woken_wakes(uint64_t who)
{
    uint64_t bits;
    notification_wait(wakes_c, &bits);
    notification_signal(wakes_d);
    spin_into((unsigned)who, 9);
}

static void woken(uint64_t who)
{
    uint64_t bits;
    notification_wait(wakes_d, &bits);
    spin_into((unsigned)who, 9);
}

/* A woken thread has a slice of its own, whatever the signaller had left; and that one has the rest of its
 * own afterwards. */
static void woken_has_its_own(void)
{
    static const struct run want[] = {{A, 0}, {C, 3}, {D, 5}, {C, 8}, {A, 9}, {B, 13}};
    if (!begin())
        return;
    wakes_c = cap_at(notification());
    wakes_d = cap_at(notification());
    ready(C, MIDDLE, 2, woken_wakes);
    ready(D, MIDDLE, 3, woken);
    ready(A, LOW, 7, signals_at_3);
    ready(B, LOW, 1, until_13);
    let_run(15);
    EXPECT_RUNS(want);
}

static void calls_at_2(uint64_t who)
{
    struct msg m = {0};
    spin_into((unsigned)who, 2);
    ipc_call(served, &m);
}

static void serves(uint64_t who)
{
    struct msg m = {0};
    ipc_recv(served, &m);
    spin_into((unsigned)who, 6);
    ipc_reply(&m);
}

static void until_6(uint64_t who)
{
    spin_into((unsigned)who, 6);
}

/* The server runs on what its client had left. */
static void call_hands_it_over(void)
{
    static const struct run want[] = {{A, 0}, {C, 2}, {B, 5}, {C, 6}};
    if (!begin())
        return;
    served = new_endpoint();
    ready(C, LOW, 9, serves);
    ready(A, LOW, 5, calls_at_2);
    ready(B, LOW, 1, until_6);
    let_run(8);
    EXPECT_RUNS(want);
}

static void lowered_at_3(uint64_t who)
{
    spin_into((unsigned)who, 3);
    syscall2(SYS_THREAD_SET_PRIORITY, actor_tcb((unsigned)who), LOW | MIDDLE << 8);
    spin_into((unsigned)who, 10);
}

static void until_5(uint64_t who)
{
    spin_into((unsigned)who, 5);
}

/* A thread that makes itself less urgent is the first there, for what it had left. */
static void lowered_keeps_the_rest(void)
{
    static const struct run want[] = {{A, 0}, {D, 3}, {A, 5}, {C, 9}, {A, 10}};
    if (!begin())
        return;
    ready(A, MIDDLE, 7, lowered_at_3);
    ready(C, LOW, 1, until_10);
    ready(D, LOW + 1, 9, until_5);
    let_run(12);
    EXPECT_RUNS(want);
}

static const struct test list[] = {
    {"as_set", as_set},
    {"at_priority_0", at_priority_0},
    {"yield_gives_it_up", yield_gives_it_up},
    {"woken_has_its_own", woken_has_its_own},
    {"call_hands_it_over", call_hands_it_over},
    {"lowered_keeps_the_rest", lowered_keeps_the_rest},
};

CASE_SET(885, sched_ticks_cases)
{
    CASES("sched/ticks", list);
}
