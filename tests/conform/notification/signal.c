/* Signal, wait and poll. */
#include "frame/notification.h"

static void bits_are_collected(void)
{
    uint64_t n = notification();
    EXPECT_PENDING(n, 0);
    EXPECT_RESULT(act(A, SYS_SIGNAL, signaller(n, 1), 1), 0);
    EXPECT_RESULT(act(B, SYS_SIGNAL, signaller(n, 6), 2), 0);
    EXPECT_RESULT(act(A, SYS_SIGNAL, signaller(n, 4), 3), 0);
    EXPECT_RESULT(act(A, SYS_SIGNAL, signaller(n, 1ul << 63), 4), 0);
    EXPECT_SIGNAL(act(B, SYS_WAIT, cap_at(n), 5), 1ul << 63 | 7);
    EXPECT_PENDING(n, 0);
    EXPECT_WAITS(act(B, SYS_WAIT, cap_at(n), 6));
}

static void unbadged_is_bit_0(void)
{
    uint64_t n = notification();
    EXPECT_IS(notification_signal(cap_at(n)), 0);
    EXPECT_PENDING(n, 1);
    EXPECT_IS(notification_signal(signaller(n, 0)), 0);
    EXPECT_IS(notification_signal(signaller(n, 8)), 0);
    EXPECT_PENDING(n, 9);
    struct step *wait = act(A, SYS_WAIT, cap_at(n), 1);
    EXPECT_IS(notification_signal(cap_at(n)), 0);
    EXPECT_SIGNAL(wait, 1);
}

static void all_bits(void)
{
    uint64_t n = notification();
    EXPECT_IS(notification_signal(signaller(n, ~0ul)), 0);
    EXPECT_PENDING(n, ~0ul);
}

static void signal_wakes_waiter(void)
{
    uint64_t n = notification();
    struct step *wait = act(B, SYS_WAIT, cap_at(n), 1);
    EXPECT_WAITS(wait);
    EXPECT_RESULT(act(A, SYS_SIGNAL, signaller(n, 0x50), 2), 0);
    EXPECT_SIGNAL(wait, 0x50);
    EXPECT_PENDING(n, 0);
}

/* A signal wakes one waiter, the first; each gets its own bits. */
static void first_waiter_first(void)
{
    uint64_t n = notification();
    struct step *wait[4];
    for (unsigned who = 0; who < COUNT(wait); who++)
        wait[who] = act(who, SYS_WAIT, cap_at(n), who);
    for (unsigned who = 0; who < COUNT(wait); who++) {
        EXPECT_WAITS(wait[who]);
        EXPECT_IS(notification_signal(signaller(n, 16 + who)), 0);
        EXPECT_SIGNAL(wait[who], 16 + who);
    }
    EXPECT_IS(notification_signal(signaller(n, 3)), 0);
    EXPECT_PENDING(n, 3);
}

/* From the head, the middle and the end of the queue. */
static void stopped_waiters_leave(void)
{
    static const unsigned order[] = {A, C, E, D};
    uint64_t n = notification();
    struct step *wait[5];
    for (unsigned who = 0; who < COUNT(wait); who++)
        wait[who] = act(who, SYS_WAIT, cap_at(n), who);
    for (unsigned i = 0; i < COUNT(order); i++) {
        EXPECT_IS(thread_suspend(actor_tcb(order[i])), 0);
        go(order[i]);
        EXPECT_CANCELED(wait[order[i]]);
    }
    struct step *last = act(F, SYS_WAIT, cap_at(n), 6);
    EXPECT_IS(notification_signal(signaller(n, 2)), 0);
    EXPECT_SIGNAL(wait[B], 2);
    EXPECT_IS(notification_signal(signaller(n, 4)), 0);
    EXPECT_SIGNAL(last, 4);
    EXPECT_IS(notification_signal(signaller(n, 8)), 0);
    EXPECT_PENDING(n, 8);
}

static void two_notifications(void)
{
    uint64_t n = notification(), other = notification();
    struct step *wait = act(A, SYS_WAIT, cap_at(n), 1);
    EXPECT_IS(notification_signal(signaller(other, 2)), 0);
    EXPECT_WAITS(wait);
    EXPECT_PENDING(other, 2);
    EXPECT_IS(notification_signal(signaller(n, 4)), 0);
    EXPECT_SIGNAL(wait, 4);
}

/* A wait or poll is no receive: the right to answer a caller stays. */
static void wait_keeps_reply_right(void)
{
    static const uint64_t ops[] = {SYS_WAIT, SYS_POLL};
    uint64_t n = notification();
    cap_t ep = new_endpoint();
    for (unsigned i = 0; i < COUNT(ops); i++) {
        act(B, SYS_RECV, ep, 1);
        struct step *call = act(A, SYS_CALL, ep, 2);
        EXPECT_IS(notification_signal(signaller(n, 2)), 0);
        EXPECT_SIGNAL(act(B, ops[i], cap_at(n), 3), 2);
        struct step *wait = act(B, SYS_WAIT, cap_at(n), 4);
        EXPECT_IS(notification_signal(signaller(n, 8)), 0);
        EXPECT_SIGNAL(wait, 8);
        EXPECT_WAITS(call);
        EXPECT_RESULT(act(B, SYS_REPLY, 0, 5), 0);
        EXPECT_MESSAGE(call, 0, 5);
    }
}

/* The second goes behind the first, which the signal before has made ready, alone in its priority. */
static void behind_a_single_one(void)
{
    uint64_t first = notification(), second = notification();
    actor_configure(A, ACTOR_PRIORITY - 1, 0);
    actor_configure(C, ACTOR_PRIORITY - 1, 0);
    struct step *one = act(A, SYS_WAIT, cap_at(first), 1), *two = act(C, SYS_WAIT, cap_at(second), 2);
    plan(B, SYS_SIGNAL, signaller(first, 2), 3);
    struct step *last = plan(B, SYS_SIGNAL, signaller(second, 4), 4);
    go(B);
    EXPECT_RESULT(last, 0);
    EXPECT_SIGNAL(one, 2);
    EXPECT_SIGNAL(two, 4);
    EXPECT(one->order < two->order);
}

static const struct test list[] = {
    {"behind_a_single_one", behind_a_single_one},       {"bits_are_collected", bits_are_collected},
    {"unbadged_is_bit_0", unbadged_is_bit_0},           {"all_bits", all_bits},
    {"signal_wakes_waiter", signal_wakes_waiter},       {"first_waiter_first", first_waiter_first},
    {"stopped_waiters_leave", stopped_waiters_leave},   {"two_notifications", two_notifications},
    {"wait_keeps_reply_right", wait_keeps_reply_right},
};

CASE_SET(290, notification_signal_cases)
{
    CASES_SPACES("notification", list);
}
