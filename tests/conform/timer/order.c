/* Several timers at once: who fires first, what they share, and that the ticks of the time slices go on meanwhile.
 */
#include "frame/guest.h"
#include "frame/timer.h"

#include "frame/watch.h"

enum { TIMERS = 20, STEP_US = 40, MANY = 50 };

static uint64_t all[MANY];

/* Each with a bit of its own, all on one notification. */
static uint64_t timers(unsigned count)
{
    uint64_t n = notification();
    for (unsigned i = 0; i < count; i++)
        all[i] = timer(signaller(n, 1ul << i));
    return n;
}

static void waiter(unsigned who, uint64_t n, unsigned times)
{
    wake_count = 0;
    for (unsigned i = 0; i < times; i++)
        plan_function(who, note_wait, cap_at(n));
    go(who);
}

/* Armed in this order: 0 7 14 1 8 ... */
static void in_order_of_deadlines(void)
{
    uint64_t n = timers(TIMERS), start = clock_read() + microseconds(500);
    waiter(A, n, TIMERS);
    for (unsigned k = 0; k < TIMERS; k++) {
        unsigned i = k * 7 % TIMERS;
        EXPECT_IS(timer_set(cap_at(all[i]), start + microseconds(i * STEP_US)), 0);
    }
    spin_past(start + microseconds(TIMERS * STEP_US));
    EXPECT_IS(wake_count, TIMERS);
    for (unsigned i = 0; i < wake_count; i++) {
        EXPECT_IS(wakes[i].bits, 1ul << i);
        EXPECT(wakes[i].time >= start + microseconds(i * STEP_US));
    }
}

/* Three threads, each with its own timer: the most urgent first, whatever came first. */
static void each_wakes_its_own(void)
{
    uint64_t n[3], t[3];
    wake_count = 0;
    for (unsigned who = 0; who < 3; who++) {
        n[who] = notification();
        t[who] = timer(signaller(n[who], 1ul << who));
        plan_function(who, note_wait, cap_at(n[who]));
        go(who);
    }
    uint64_t start = clock_read() + microseconds(500);
    for (unsigned who = 0; who < 3; who++)
        EXPECT_IS(timer_set(cap_at(t[who]), start + microseconds(100 * (3 - who))), 0);
    spin_past(start + microseconds(300));
    EXPECT_IS(wake_count, 3);
    for (unsigned who = 0; who < 3; who++)
        EXPECT_IS(wakes[2 - who].bits, 1ul << who);
}

/* More than one interrupt fires: all come, none twice. */
static void the_same_deadline(void)
{
    uint64_t n = timers(MANY), deadline = clock_read() + microseconds(2000), got = 0;
    for (unsigned i = 0; i < MANY; i++)
        EXPECT_IS(timer_set(cap_at(all[i]), deadline), 0);
    EXPECT_PENDING(n, 0);
    spin_past(deadline);
    EXPECT_IS(notification_poll(cap_at(n), &got), GOT_NOTIFIED);
    EXPECT_IS(got, (1ul << MANY) - 1);
    for (unsigned i = 0; i < MANY; i++)
        EXPECT_IS(timer_cancel(cap_at(all[i])), ERR_EMPTY);
    EXPECT_PENDING(n, 0);
}

/* The middle ones of a row are cancelled, or moved behind the others. */
static void cancelled_and_moved(void)
{
    uint64_t n = timers(TIMERS), start = clock_read() + microseconds(1000), last = start + microseconds(2000);
    waiter(A, n, TIMERS);
    for (unsigned i = 0; i < TIMERS; i++)
        EXPECT_IS(timer_set(cap_at(all[i]), start + microseconds(i * STEP_US)), 0);
    for (unsigned i = 1; i < TIMERS; i += 4) {
        EXPECT_IS(timer_cancel(cap_at(all[i])), 0);
        EXPECT_IS(timer_set(cap_at(all[i + 1]), last + microseconds(i * STEP_US)), 0);
    }
    spin_past(last + microseconds(TIMERS * STEP_US));
    EXPECT_IS(wake_count, TIMERS - TIMERS / 4);
    for (unsigned i = 0, k = 0; i < TIMERS; i++) {
        if (i % 4 == 0 || i % 4 == 3)
            EXPECT_IS(wakes[k++].bits, 1ul << i);
    }
    for (unsigned i = 2, k = TIMERS / 2; i < TIMERS; i += 4)
        EXPECT_IS(wakes[k++].bits, 1ul << i);
}

static volatile uint64_t turns[3], last_turn, sleeping; /* of each thread: it alone writes it */

static void take_turns(uint64_t who)
{
    while (sleeping) {
        if (last_turn == who)
            continue;
        last_turn = who;
        turns[who]++;
    }
    __builtin_trap();
}

/* Two spin with slices of one tick, while a third wakes by its timer between the ticks, again and again. A tick
   that falls into its short runs ends no slice of theirs. */
static void ticks_go_on(void)
{
    enum { TICKS = 20, EVERY_US = 70 };
    cap_t faults = new_endpoint();
    struct sleeper s = {temp_object(TYPE_TIMER, 0), notification()};
    uint64_t threads = temp_object(TYPE_UNTYPED, 12);
    EXPECT_IS(timer_bind(cap_at(s.timer), cap_at(s.notification)), 0);
    turns[1] = turns[2] = last_turn = 0;
    sleeping = 1;
    for (unsigned k = 1; k <= 2; k++) {
        struct guest *g = guest_new(k, threads, BELOW, faults);
        EXPECT_IS(syscall2(SYS_THREAD_SET_SLICE, cap_at(g->tcb), 1), 0);
        guest_enter(g, take_turns, k);
        guest_go(g);
    }
    uint64_t start = clock_read(), end = start + clock_ticks(TICKS * 1000000);
    for (uint64_t at = start; at < end; at += microseconds(EVERY_US))
        sleep_until(&s, at);
    sleeping = 0;
    uint64_t all_turns = turns[1] + turns[2];
    EXPECT(all_turns >= (machine_slow() ? 2 : TICKS * 3 / 4) && all_turns <= TICKS + 2);
    quiesce();
}

static const struct test list[] = {
    {"in_order_of_deadlines", in_order_of_deadlines},
    {"each_wakes_its_own", each_wakes_its_own},
    {"the_same_deadline", the_same_deadline},
    {"cancelled_and_moved", cancelled_and_moved},
    {"ticks_go_on", ticks_go_on},
};

CASE_SET(610, timer_order_cases)
{
    CASES("timer/order", list);
}
