/* A timer by itself: when it fires, and how it is set, moved and cancelled. */
#include "frame/timer.h"

#include "frame/watch.h"

/* The actor waits, this many times. */
static void waits(unsigned who, uint64_t n, unsigned times)
{
    wake_count = 0;
    for (unsigned i = 0; i < times; i++)
        plan_function(who, note_wait, cap_at(n));
    go(who);
}

static void expect_wake(unsigned i, uint64_t deadline, uint64_t bits)
{
    EXPECT(wake_count > i);
    EXPECT_IS(wakes[i].bits, bits);
    EXPECT(wakes[i].time >= deadline);
    EXPECT(wakes[i].time < deadline + microseconds(LATE_US));
}

/* It preempts us: we are less urgent, and spin in ring 3. */
static void wakes_at_the_deadline(void)
{
    uint64_t n = notification(), t = timer(cap_at(n));
    waits(A, n, 1);
    uint64_t deadline = set_ahead(t, 300);
    EXPECT_IS(wake_count, 0);
    spin_past(deadline);
    expect_wake(0, deadline, 1);
    EXPECT_PENDING(n, 0);
}

static void not_before(void)
{
    uint64_t n = notification(), t = timer(cap_at(n)), bits;
    for (uint64_t us = 1; us < 3000; us *= 2) {
        uint64_t deadline = set_ahead(t, us);
        while (notification_poll(cap_at(n), &bits) == ERR_EMPTY)
            ;
        EXPECT(clock_read() >= deadline);
        EXPECT(clock_read() < deadline + microseconds(LATE_US));
        EXPECT_IS(bits, 1);
    }
}

static void fires_once(void)
{
    uint64_t n = notification(), t = timer(cap_at(n));
    uint64_t deadline = set_ahead(t, 100);
    spin_past(deadline);
    EXPECT_PENDING(n, 1);
    spin_past(clock_read());
    EXPECT_PENDING(n, 0);
    EXPECT_IS(timer_cancel(cap_at(t)), ERR_EMPTY);
}

static void past_deadlines(void)
{
    uint64_t n = notification(), t = timer(cap_at(n));
    const uint64_t past[] = {0, 1, clock_read() / 2, clock_read()};
    for (unsigned i = 0; i < COUNT(past); i++) {
        EXPECT_IS(timer_set(cap_at(t), past[i]), 0);
        EXPECT_PENDING(n, 1);
        EXPECT_IS(timer_cancel(cap_at(t)), ERR_EMPTY);
    }
}

static void past_deadline_preempts(void)
{
    uint64_t n = notification(), t = timer(cap_at(n)), before = clock_read();
    waits(A, n, 1);
    EXPECT_IS(timer_set(cap_at(t), before), 0);
    EXPECT_IS(wake_count, 1);
    EXPECT(wakes[0].time < clock_read());
}

/* One that was set and is set to the past fires once. */
static void moved_to_the_past(void)
{
    uint64_t n = notification(), t = timer(cap_at(n)), deadline = set_ahead(t, 200);
    EXPECT_IS(timer_set(cap_at(t), 0), 0);
    EXPECT_PENDING(n, 1);
    spin_past(deadline);
    EXPECT_PENDING(n, 0);
}

static void farthest_deadlines(void)
{
    static const uint64_t far[] = {~0ul, ~0ul - 1, 1ul << 63, (1ul << 63) - 1};
    uint64_t n = notification(), t = timer(cap_at(n));
    for (unsigned i = 0; i < COUNT(far); i++) {
        EXPECT_IS(timer_set(cap_at(t), far[i]), 0);
        spin_past(clock_read());
        EXPECT_PENDING(n, 0);
        EXPECT_IS(timer_cancel(cap_at(t)), 0);
    }
}

static void moved_earlier(void)
{
    uint64_t n = notification(), t = timer(cap_at(n));
    uint64_t late = set_ahead(t, 4000), early = set_ahead(t, 100);
    waits(A, n, 2);
    spin_past(late);
    EXPECT_IS(wake_count, 1);
    expect_wake(0, early, 1);
}

static void moved_later(void)
{
    uint64_t n = notification(), t = timer(cap_at(n));
    set_ahead(t, 1500);
    uint64_t late = set_ahead(t, 5000);
    waits(A, n, 2);
    spin_past(late);
    EXPECT_IS(wake_count, 1);
    expect_wake(0, late, 1);
}

static void set_again_and_again(void)
{
    enum { TIMES = 20 };
    uint64_t n = notification(), t = timer(cap_at(n)), deadline[TIMES];
    waits(A, n, TIMES);
    for (unsigned i = 0; i < TIMES; i++) {
        deadline[i] = set_ahead(t, 50 + 7 * i);
        while (wake_count == i && clock_read() < deadline[i] + microseconds(LATE_US))
            ;
    }
    for (unsigned i = 0; i < TIMES; i++)
        expect_wake(i, deadline[i], 1);
}

static void cancelled(void)
{
    uint64_t n = notification(), t = timer(cap_at(n));
    EXPECT_IS(timer_cancel(cap_at(t)), ERR_EMPTY);
    uint64_t deadline = set_ahead(t, 1000);
    EXPECT_IS(timer_cancel(cap_at(t)), 0);
    EXPECT_IS(timer_cancel(cap_at(t)), ERR_EMPTY);
    spin_past(deadline);
    EXPECT_PENDING(n, 0);
    deadline = set_ahead(t, 100);
    spin_past(deadline);
    EXPECT_PENDING(n, 1);
}

/* A thread that is less urgent than the running one becomes ready, and no more. */
static void less_urgent_waits(void)
{
    uint64_t n = notification(), t = timer(cap_at(n));
    actor_configure(A, RUNNER_PRIORITY - 1, watch_fault_ep);
    waits(A, n, 1);
    quiesce();
    uint64_t deadline = set_ahead(t, 200);
    spin_past(deadline);
    EXPECT_IS(wake_count, 0);
    quiesce();
    EXPECT_IS(wake_count, 1);
}

/* Nobody else is ready: the CPU idles. */
static void sleeps(void)
{
    static const uint64_t us[] = {1, 10, 100, 1000, 20000};
    struct sleeper s = {temp_object(TYPE_TIMER, 0), notification()};
    EXPECT_IS(timer_bind(cap_at(s.timer), cap_at(s.notification)), 0);
    watch_stop_sentinel();
    for (unsigned i = 0; i < COUNT(us); i++) {
        uint64_t before = clock_read();
        sleep_ns(&s, us[i] * 1000);
        uint64_t slept = clock_read() - before;
        EXPECT(slept >= clock_ticks(us[i] * 1000));
        EXPECT(slept < clock_ticks(us[i] * 1000) + microseconds(LATE_US));
    }
    watch_start_sentinel();
}

static const struct test list[] = {
    {"wakes_at_the_deadline", wakes_at_the_deadline},
    {"not_before", not_before},
    {"fires_once", fires_once},
    {"past_deadlines", past_deadlines},
    {"past_deadline_preempts", past_deadline_preempts},
    {"moved_to_the_past", moved_to_the_past},
    {"farthest_deadlines", farthest_deadlines},
    {"moved_earlier", moved_earlier},
    {"moved_later", moved_later},
    {"set_again_and_again", set_again_and_again},
    {"cancelled", cancelled},
    {"less_urgent_waits", less_urgent_waits},
    {"sleeps", sleeps},
};

CASE_SET(600, timer_cases)
{
    CASES("timer", list);
}
