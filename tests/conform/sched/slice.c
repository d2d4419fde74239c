/* Whose time it is: a slice that a call hands over is the caller's; and which thread preempts which. */
#include "sched/ready.h"
#include "frame/shared.h"

enum { CALLS_MOST = 3000, INNER = ACTOR_PRIORITY + 10, SPINS_MOST = 1000000000 };

static volatile uint64_t turns;

/* At the runner's priority, until the case is over. */
static void spin(uint64_t unused)
{
    (void)unused;
    while (turns < SPINS_MOST)
        turns++;
    __builtin_trap();
}

static void work(uint64_t amount)
{
    for (volatile uint64_t i = 0; i < amount; i++)
        ;
}

static void nothing(uint64_t unused)
{
    (void)unused;
}

static void start_equal(void)
{
    turns = 0;
    actor_configure(C, EQUAL, watch_fault_ep);
    plan_function(C, spin, 0);
    go(C);
}

/* What a server does for us comes out of our slice, also when every tick falls into it. */
static void used_up_by_a_server(void)
{
    cap_t ep = new_endpoint();
    plan(A, SYS_REPLY_RECV, ep, 1);
    go(A);
    start_equal();
    for (unsigned i = 0; i < CALLS_MOST && turns == 0; i++) {
        struct msg m = {0};
        plan_function(A, work, 20000);
        plan(A, SYS_REPLY_RECV, ep, 2);
        EXPECT_IS(ipc_call(ep, &m), GOT_MESSAGE);
    }
    EXPECT(turns != 0);
}

/* The server's own server, and back by two answers. */
static void used_up_by_a_chain(void)
{
    cap_t ep = new_endpoint(), inner = new_endpoint();
    actor_configure(B, INNER, watch_fault_ep);
    plan(B, SYS_REPLY_RECV, inner, 1);
    go(B);
    plan(A, SYS_REPLY_RECV, ep, 1);
    go(A);
    start_equal();
    for (unsigned i = 0; i < CALLS_MOST && turns == 0; i++) {
        struct msg m = {0};
        plan_function(A, work, 20000);
        plan(A, SYS_CALL, inner, 3);
        plan(A, SYS_REPLY_RECV, ep, 2);
        plan(B, SYS_REPLY_RECV, inner, 4);
        EXPECT_IS(ipc_call(ep, &m), GOT_MESSAGE);
    }
    EXPECT(turns != 0);
}

/* After it has paid the caller has its turn again, and calls as before. */
static void after_the_turn(void)
{
    cap_t ep = new_endpoint();
    plan(A, SYS_REPLY_RECV, ep, 1);
    go(A);
    start_equal();
    uint64_t before = 0, switches = 0;
    for (unsigned i = 0; i < CALLS_MOST && switches < 5; i++) {
        struct msg m = pattern_msg(i);
        plan_function(A, work, 20000);
        plan(A, SYS_REPLY_RECV, ep, 100 + i);
        EXPECT_IS(ipc_call(ep, &m), GOT_MESSAGE);
        EXPECT(is_pattern(&m, 0, 100 + i));
        switches += turns != before;
        before = turns;
    }
    EXPECT_IS(switches, 5);
}

/* Nobody else is ready: the slice ends again and again, and nothing changes. */
static void alone(void)
{
    cap_t ep = new_endpoint();
    plan(A, SYS_REPLY_RECV, ep, 1);
    go(A);
    for (uint64_t i = 0; i < 200; i++) {
        struct msg m = pattern_msg(i);
        plan_function(A, work, 20000);
        plan(A, SYS_REPLY_RECV, ep, 100 + i);
        EXPECT_IS(ipc_call(ep, &m), GOT_MESSAGE);
        EXPECT(is_pattern(&m, 0, 100 + i));
    }
}

static void signal_more_urgent(void)
{
    cap_t n = cap_at(temp_object(TYPE_NOTIFICATION, 0));
    struct step *s = act(A, SYS_WAIT, n, 1), *other = sched_ready(C, EQUAL);
    EXPECT_IS(notification_signal(n), 0);
    EXPECT_DONE(s);
    EXPECT_WAITS(other); /* preempted, we came first among our equals */
}

static void signal_equal_and_less(void)
{
    cap_t n = cap_at(temp_object(TYPE_NOTIFICATION, 0)), low = cap_at(temp_object(TYPE_NOTIFICATION, 0));
    actor_configure(A, EQUAL, watch_fault_ep);
    actor_configure(B, LOW, watch_fault_ep);
    struct step *a = plan(A, SYS_WAIT, n, 1), *b = plan(B, SYS_WAIT, low, 1);
    go(A);
    go(B);
    quiesce();
    EXPECT_IS(notification_signal(low), 0);
    EXPECT_IS(notification_signal(n), 0);
    EXPECT_WAITS(a);
    thread_yield();
    EXPECT_DONE(a);
    EXPECT_WAITS(b);
    quiesce();
    EXPECT_DONE(b);
}

static void raised_while_ready(void)
{
    struct step *s = sched_ready(A, LOW), *other = sched_ready(B, MIDDLE);
    EXPECT_IS(syscall2(SYS_THREAD_SET_PRIORITY, actor_tcb(A), (MIDDLE + 1) | (MIDDLE + 1) << 8), 0);
    quiesce();
    EXPECT(s->order < other->order);
    s = sched_ready(A, LOW);
    EXPECT_IS(syscall2(SYS_THREAD_SET_PRIORITY, actor_tcb(A), ACTOR_PRIORITY | ACTOR_PRIORITY << 8), 0);
    EXPECT_DONE(s); /* at once */
}

/* Ticks that come while a more urgent thread runs are that one's own: our equal gets no turn by them. */
static void ticks_in_the_more_urgent(void)
{
    start_equal();
    struct step *s = plan_function(A, work, 500000); /* several slices long */
    go(A);
    EXPECT_DONE(s);
    EXPECT_IS(turns, 0);
    s = plan_function(A, nothing, 0);
    go(A);
    EXPECT_DONE(s);
}

static const struct test list[] = {
    {"used_up_by_a_server", used_up_by_a_server}, {"used_up_by_a_chain", used_up_by_a_chain},
    {"after_the_turn", after_the_turn},           {"alone", alone},
    {"signal_more_urgent", signal_more_urgent},   {"signal_equal_and_less", signal_equal_and_less},
    {"raised_while_ready", raised_while_ready},   {"ticks_in_the_more_urgent", ticks_in_the_more_urgent},
};

CASE_SET(880, sched_slice_cases)
{
    CASES("sched/slice", list);
}
