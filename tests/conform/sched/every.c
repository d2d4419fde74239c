/* Every priority but the root task's is served, and in its order; the least one also when nobody else is there. */
#include "frame/timer.h"
#include "frame/watch.h"

enum { END = 1, OVER = 2 }; /* what the runner waits for; and what comes when nobody ran */

static uint64_t over; /* slot of a notification */
static cap_t bell;
static volatile unsigned turn, turn_of[ACTORS];

static void takes_turn(uint64_t who)
{
    turn_of[who] = turn = turn + 1;
    if (turn == END + 1)
        notification_signal(cap_at(over));
}

static void starts_both(uint64_t unused)
{
    (void)unused;
    EXPECT_IS(thread_resume(actor_tcb(A)), 0);
    EXPECT_IS(thread_resume(actor_tcb(B)), 0);
}

/* Of two neighbours the more urgent one is first, wherever they are, although it is started last; when nobody runs, the timer ends it. */
static void expect_both_served(unsigned priority, uint64_t guard)
{
    uint64_t bits = 0;
    actor_configure(A, priority, watch_fault_ep);
    actor_configure(B, priority + 1, watch_fault_ep);
    actor_configure(C, WATCH_PRIORITY, watch_fault_ep);
    turn = turn_of[A] = turn_of[B] = 0;
    plan_function(A, takes_turn, A);
    plan_function(B, takes_turn, B);
    plan_function(C, starts_both, 0);
    EXPECT_IS(timer_set(cap_at(guard), clock_read() + microseconds(50000)), 0);
    go(C);
    EXPECT_IS(notification_wait(cap_at(over), &bits), GOT_NOTIFIED);
    EXPECT_IS(bits, END);
    EXPECT_IS(turn_of[B], 1);
    EXPECT_IS(turn_of[A], 2);
}

static void each_priority_is_served(void)
{
    over = notification();
    uint64_t guard = timer(signaller(over, OVER));
    watch_stop_sentinel();
    watch_set_ceiling(WATCH_PRIORITY);
    for (unsigned priority = 0; priority < WATCH_PRIORITY; priority++)
        expect_both_served(priority, guard);
    actors_reset(false); /* nobody may stay above what the runner may give */
    watch_set_ceiling(RUNNER_CEILING);
    watch_start_sentinel();
}

static void waits_at_0(uint64_t unused)
{
    (void)unused;
    uint64_t bits;
    notification_wait(bell, &bits);
    notification_signal(cap_at(over));
}

/* All sleep, and the timer wakes the least urgent thread that can exist. */
static void priority_0_out_of_idle(void)
{
    uint64_t n = notification(), bits = 0;
    over = notification();
    bell = cap_at(n);
    watch_stop_sentinel();
    actor_configure(A, 0, watch_fault_ep);
    plan_function(A, waits_at_0, 0);
    go(A);
    set_ahead(timer(cap_at(n)), 500);
    set_ahead(timer(signaller(over, OVER)), 50000);
    EXPECT_IS(notification_wait(cap_at(over), &bits), GOT_NOTIFIED);
    EXPECT_IS(bits, END);
    watch_start_sentinel();
}

static const struct test list[] = {
    {"each_is_served", each_priority_is_served},
    {"0_out_of_idle", priority_0_out_of_idle},
};

CASE_SET(887, sched_every_cases)
{
    CASES("sched/priorities", list);
}
