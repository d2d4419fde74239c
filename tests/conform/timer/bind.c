/* What a timer signals: what it is bound to, through whichever capability. */
#include "frame/timer.h"

/* What it was bound to, it signals; with those bits. */
static void bits_of_the_badge(void)
{
    uint64_t n = notification();
    cap_t to = signaller(n, 1ul << 63 | 6);
    uint64_t t = timer(to);
    EXPECT_IS(timer_set(cap_at(t), 0), 0);
    EXPECT_PENDING(n, 1ul << 63 | 6);
    EXPECT_IS(timer_set(cap_at(timer(cap_at(n))), 0), 0);
    EXPECT_IS(timer_set(cap_at(t), 0), 0);
    EXPECT_PENDING(n, 1ul << 63 | 7);
}

static void bind_errors(void)
{
    uint64_t n = notification(), t = timer(cap_at(n)), other = temp_object(TYPE_TIMER, 0);
    EXPECT_IS(timer_bind(cap_at(t), cap_at(n)), ERR_IN_USE);
    EXPECT_IS(timer_bind(cap_at(t), cap_at(notification())), ERR_IN_USE);
    EXPECT_IS(timer_bind(cap_at(other), cap_at(temp_copy(n, RIGHT_WAIT))), ERR_NO_RIGHT);
    EXPECT_IS(timer_bind(cap_at(other), cap_at(temp_copy(n, 0))), ERR_NO_RIGHT);
    EXPECT_IS(timer_bind(cap_at(other), 0), 0); /* nothing is bound: no error */
    EXPECT_IS(timer_bind(cap_at(other), cap_at(temp_copy(n, RIGHT_SIGNAL))), 0);
    EXPECT_IS(timer_set(cap_at(other), 0), 0);
    EXPECT_PENDING(n, 1);
}

static void unbound(void)
{
    uint64_t n = notification(), t = timer(cap_at(n)), other = notification();
    uint64_t deadline = set_ahead(t, 500);
    EXPECT_IS(timer_bind(cap_at(t), 0), 0);
    spin_past(deadline);
    EXPECT_PENDING(n, 0);
    EXPECT_IS(timer_cancel(cap_at(t)), ERR_EMPTY); /* it has fired, for nobody */
    EXPECT_IS(timer_set(cap_at(t), 0), 0);
    deadline = set_ahead(t, 500);
    EXPECT_IS(timer_bind(cap_at(t), cap_at(other)), 0); /* in time */
    spin_past(deadline);
    EXPECT_PENDING(n, 0);
    EXPECT_PENDING(other, 1);
}

/* Any capability to a timer is as good as another. */
static void copies(void)
{
    uint64_t n = notification(), t = temp_object(TYPE_TIMER, 0), copy = temp_copy(t, 0);
    EXPECT_IS(timer_bind(cap_at(copy), cap_at(n)), 0);
    EXPECT_IS(timer_bind(cap_at(t), cap_at(n)), ERR_IN_USE);
    set_ahead(t, 10000);
    uint64_t deadline = set_ahead(copy, 100);
    spin_past(deadline);
    EXPECT_IS(timer_cancel(cap_at(t)), ERR_EMPTY);
    EXPECT_PENDING(n, 1);
}

/* By its bound notification a thread that receives is woken, too. */
static void wakes_a_receiver(void)
{
    uint64_t n = notification(), t = timer(signaller(n, 0x30));
    EXPECT_IS(notification_bind(actor_tcb(B), cap_at(n)), 0);
    struct step *got = act(B, SYS_RECV, new_endpoint(), 1);
    uint64_t deadline = set_ahead(t, 1500);
    EXPECT_WAITS(got);
    spin_past(deadline);
    EXPECT_SIGNAL(got, 0x30);
}

static const struct test list[] = {
    {"bits_of_the_badge", bits_of_the_badge},
    {"bind_errors", bind_errors},
    {"unbound", unbound},
    {"copies", copies},
    {"wakes_a_receiver", wakes_a_receiver},
};

CASE_SET(602, timer_bind_cases)
{
    CASES("timer", list);
}
