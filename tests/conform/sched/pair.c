/* Two threads that hand each other the CPU, by yield and by wait, each right after a system call of the
   other's: what the fast paths of both are for. */
#include "frame/notification.h"

enum { MORE = RUNNER_PRIORITY - 1, LESS = RUNNER_PRIORITY - 2, ROUNDS = 4 };

static void yield(uint64_t unused)
{
    (void)unused;
    thread_yield();
}

/* Each step ends when its thread's turn comes again. */
static void yields(void)
{
    struct step *s[2][ROUNDS];
    for (unsigned who = A; who <= B; who++) {
        actor_configure(who, LESS, watch_fault_ep);
        for (unsigned i = 0; i < ROUNDS; i++)
            s[who][i] = plan_function(who, yield, 0);
        go(who);
    }
    quiesce();
    for (unsigned i = 0; i < ROUNDS; i++) {
        for (unsigned who = A; who <= B; who++) {
            EXPECT_IS(s[who][i]->order, 2 * i + who + 1);
            EXPECT_IS(s[who][i]->space, s[who][i]->home);
        }
    }
}

/* B's signals wake A, which is more urgent and waits again: B's signal returns. */
static void wait_behind_a_signal(void)
{
    uint64_t n = notification();
    struct step *wait[ROUNDS], *signal[ROUNDS];
    actor_configure(A, MORE, watch_fault_ep);
    actor_configure(B, LESS, watch_fault_ep);
    for (unsigned i = 0; i < ROUNDS; i++) {
        wait[i] = plan(A, SYS_WAIT, cap_at(n), i);
        signal[i] = plan(B, SYS_SIGNAL, signaller(n, i + 1), 100 + i);
    }
    go(A);
    quiesce();
    go(B);
    quiesce();
    for (unsigned i = 0; i < ROUNDS; i++) {
        EXPECT_SIGNAL(wait[i], i + 1);
        EXPECT_RESULT(signal[i], 0);
        EXPECT_IS(wait[i]->order, 2 * i + 1);
    }
}

/* A signals B, which is less urgent, and waits: B's wait returns with the bits. */
static void wait_behind_anothers_wait(void)
{
    uint64_t for_a = notification(), for_b = notification();
    actor_configure(A, MORE, watch_fault_ep);
    actor_configure(B, LESS, watch_fault_ep);
    for (unsigned i = 0; i < ROUNDS; i++) {
        struct step *b = plan(B, SYS_WAIT, cap_at(for_b), i);
        go(B);
        quiesce();
        EXPECT_WAITS(b);
        struct step *signal = plan(A, SYS_SIGNAL, signaller(for_b, 8 + i), 100 + i);
        struct step *a = plan(A, SYS_WAIT, cap_at(for_a), 200 + i);
        go(A);
        quiesce();
        EXPECT_RESULT(signal, 0);
        EXPECT_WAITS(a);
        EXPECT_SIGNAL(b, 8 + i);
        EXPECT_IS(notification_signal(signaller(for_a, 1)), 0);
        quiesce();
        EXPECT_SIGNAL(a, 1);
    }
}

static const struct test list[] = {
    {"yields", yields},
    {"wait_behind_a_signal", wait_behind_a_signal},
    {"wait_behind_anothers_wait", wait_behind_anothers_wait},
};

CASE_SET(270, sched_pair_cases)
{
    CASES_SPACES("sched/pair", list);
}
