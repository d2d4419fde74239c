/* Turns among threads of one priority: yield, and the time slice. */
#include "frame/conform.h"
#include "frame/shared.h"

enum { EQUAL = RUNNER_PRIORITY, LESS = RUNNER_PRIORITY - 1, ROUNDS = 3, ROUNDS_MOST = 100000000 };

static void yield(uint64_t unused)
{
    (void)unused;
    thread_yield();
}

static volatile uint64_t rounds[ACTORS]; /* of spinning */

/* A fault of the actor ends the program: without the timer nothing else would. */
static void spin(uint64_t who)
{
    while (rounds[who] < ROUNDS_MOST)
        rounds[who]++;
    __builtin_trap();
}

/* Three yield in turn, each step ends when its thread's turn comes again. They are less urgent than we are, so
   that none runs before all are ready. */
static void yield_in_order(void)
{
    struct step *s[3][ROUNDS];
    for (unsigned who = 0; who < 3; who++) {
        actor_configure(who, LESS, watch_fault_ep);
        for (unsigned i = 0; i < ROUNDS; i++)
            s[who][i] = plan_function(who, yield, 0);
        go(who);
    }
    quiesce();
    for (unsigned i = 0; i < ROUNDS; i++) {
        for (unsigned who = 0; who < 3; who++)
            EXPECT_IS(s[who][i]->order, 3 * i + who + 1);
    }
}

static void yield_alone(void)
{
    EXPECT_IS(thread_yield(), 0);
    actor_configure(A, LESS, watch_fault_ep);
    struct step *less = plan_function(A, yield, 0);
    go(A);
    for (int i = 0; i < 10; i++)
        thread_yield();
    EXPECT_WAITS(less);
}

/* Two that spin both get on, each time that the runner's turn comes; one less urgent never does. */
static void slices(void)
{
    memset((void *)(uintptr_t)rounds, 0, sizeof rounds);
    for (unsigned who = A; who <= C; who++) {
        actor_configure(who, who == C ? LESS : EQUAL, watch_fault_ep);
        plan_function(who, spin, who);
        go(who);
    }
    for (unsigned i = 0; i < ROUNDS; i++) {
        uint64_t a = rounds[A], b = rounds[B];
        thread_yield();
        EXPECT(rounds[A] > a);
        EXPECT(rounds[B] > b);
    }
    EXPECT_IS(rounds[C], 0);
}

/* Both get a similar share: neither turn is more than twice the other. */
static void slices_are_alike(void)
{
    memset((void *)(uintptr_t)rounds, 0, sizeof rounds);
    for (unsigned who = A; who <= B; who++) {
        actor_configure(who, EQUAL, watch_fault_ep);
        plan_function(who, spin, who);
        go(who);
    }
    for (unsigned i = 0; i < 4; i++)
        thread_yield();
    EXPECT(rounds[A] < 2 * rounds[B] && rounds[B] < 2 * rounds[A]);
}

/* A spinning thread, alone in its priority, does not lose the CPU to less urgent ones, and comes back to us. */
static void wakes_through_a_spinner(void)
{
    rounds[A] = 0;
    actor_configure(A, EQUAL, watch_fault_ep);
    plan_function(A, spin, A);
    go(A);
    actor_configure(B, LESS, watch_fault_ep);
    struct step *less = plan_function(B, yield, 0);
    go(B);
    thread_yield();
    EXPECT(rounds[A] > 0);
    EXPECT_WAITS(less);
    EXPECT_IS(thread_suspend(actor_tcb(A)), 0);
    quiesce();
    EXPECT_DONE(less);
}

/* IPC in a slice that another thread shares: what a call hands over is the rest of it. */
static void spinner_beside_calls(void)
{
    enum { CALLS = 50 };
    cap_t ep = new_endpoint();
    rounds[A] = 0;
    actor_configure(A, EQUAL, watch_fault_ep);
    actor_configure(B, EQUAL, watch_fault_ep);
    plan_function(A, spin, A);
    plan(B, SYS_RECV, ep, 1);
    go(B);
    thread_yield();
    go(A);
    for (uint64_t i = 0; i < CALLS; i++) {
        struct msg m = pattern_msg(i);
        plan(B, SYS_REPLY_RECV, ep, i + 100);
        EXPECT_IS(ipc_call(ep, &m), GOT_MESSAGE);
        EXPECT(is_pattern(&m, 0, i + 100));
    }
    thread_yield();
    EXPECT(rounds[A] > 0);
}

static void nothing(uint64_t unused)
{
    (void)unused;
}

/* The actor C spins at the runner's priority; has it had a turn, though the runner never yields? */
static bool equal_had_a_turn(void)
{
    return rounds[C] != 0;
}

static void start_equal(void)
{
    rounds[C] = 0;
    actor_configure(C, EQUAL, watch_fault_ep);
    plan_function(C, spin, C);
    go(C);
}

/* A thread that is preempted again and again by a more urgent one still uses up its slice. The rounds differ in length: where the clock counts
   instructions, those of one length can meet each of its ticks in the other thread. */
static void preempted_thread_gives_way(void)
{
    start_equal();
    for (unsigned i = 0; i < 200000 && !equal_had_a_turn(); i++) {
        for (volatile unsigned left = i % 61; left > 0; left--)
            ;
        plan_function(A, nothing, 0);
        go(A);
    }
    EXPECT(equal_had_a_turn());
}

static const struct test list[] = {
    {"yield_in_order", yield_in_order},
    {"yield_alone", yield_alone},
    {"slices", slices},
    {"slices_are_alike", slices_are_alike},
    {"wakes_through_a_spinner", wakes_through_a_spinner},
    {"spinner_beside_calls", spinner_beside_calls},
    {"preempted_thread_gives_way", preempted_thread_gives_way},
};

CASE_SET(260, sched_turn_cases)
{
    CASES("sched/turn", list);
}
