/* Who runs next (docs/design.md section 5): a message's receiver at once, when its priority is at least that of
   every runnable thread; otherwise both are queued and the highest priority runs. */
#include "sched/ready.h"

/* A message of ours does not let B pass C, which is more urgent. */
static void call_with_a_middle_one_ready(void)
{
    cap_t ep = new_endpoint();
    struct step *got = sched_waiter(B, LOW, ep);
    struct step *middle = sched_ready(C, MIDDLE);
    struct msg m = pattern_msg(1);
    plan(B, SYS_REPLY_RECV, ep, 2);
    EXPECT_IS(ipc_call(ep, &m), GOT_MESSAGE);
    EXPECT(is_pattern(&m, 0, 2));
    EXPECT_MESSAGE(got, 0, 1);
    EXPECT_IS(middle->order, 1);
    EXPECT_IS(got->order, 2);
}

static void call_less_urgent_than_runner(void)
{
    cap_t ep = new_endpoint();
    struct step *got = sched_waiter(B, LOW, ep), *call = act(A, SYS_CALL, ep, 1);
    EXPECT_WAITS(got);
    EXPECT_WAITS(call);
    quiesce();
    EXPECT_MESSAGE(got, 0, 1);
}

/* Less urgent than the caller, but as urgent as any that is ready. */
static void call_less_urgent_nobody_between(void)
{
    cap_t ep = new_endpoint();
    struct step *got = sched_waiter(B, LOW, ep), *equal = sched_ready(C, LOW);
    struct msg m = pattern_msg(1);
    plan(B, SYS_REPLY_RECV, ep, 2);
    EXPECT_IS(ipc_call(ep, &m), GOT_MESSAGE);
    EXPECT_IS(got->order, 1); /* not behind C, which was ready first */
    EXPECT_WAITS(equal);
    quiesce();
}

static void call_equal(void)
{
    cap_t ep = new_endpoint();
    struct step *got = sched_waiter(B, EQUAL, ep), *other = sched_ready(C, EQUAL);
    struct msg m = pattern_msg(1);
    struct step *again = plan(B, SYS_REPLY_RECV, ep, 2);
    EXPECT_IS(ipc_call(ep, &m), GOT_MESSAGE);
    EXPECT(is_pattern(&m, 0, 2));
    EXPECT_IS(got->order, 1);
    EXPECT_WAITS(other); /* the reply came straight back, too */
    EXPECT_WAITS(again);
    thread_yield();
    EXPECT_DONE(other);
}

static void call_more_urgent(void)
{
    cap_t ep = new_endpoint();
    struct step *got = sched_waiter(B, ACTOR_PRIORITY, ep);
    struct step *other = sched_ready(C, EQUAL);
    struct msg m = pattern_msg(1);
    plan(B, SYS_REPLY_RECV, ep, 2);
    EXPECT_IS(ipc_call(ep, &m), GOT_MESSAGE);
    EXPECT_IS(got->order, 1);
    EXPECT_WAITS(other);
}

/* The reply goes to a caller that is less urgent than some ready thread. */
static void reply_recv_with_a_middle_one_ready(void)
{
    cap_t ep = new_endpoint();
    struct step *got = sched_waiter(B, ACTOR_PRIORITY, ep);
    actor_configure(A, LOW, watch_fault_ep);
    struct step *call = plan(A, SYS_CALL, ep, 1);
    go(A);
    quiesce();
    EXPECT_MESSAGE(got, 0, 1);
    struct step *middle = sched_ready(C, MIDDLE);
    EXPECT_WAITS(act(B, SYS_REPLY_RECV, ep, 2));
    EXPECT_WAITS(call);
    EXPECT_WAITS(middle);
    quiesce();
    EXPECT_MESSAGE(call, 0, 2);
    EXPECT(middle->order < call->order);
}

static void reply_recv_equal(void)
{
    cap_t ep = new_endpoint(), own = new_endpoint();
    actor_configure(A, EQUAL, watch_fault_ep);
    struct step *call = plan(A, SYS_CALL, own, 1);
    go(A);
    struct msg m = {0};
    EXPECT_IS(ipc_recv(own, &m), GOT_MESSAGE);
    struct step *other = sched_ready(C, EQUAL);
    plan(A, SYS_SEND, ep, 2); /* what wakes us again */
    m = pattern_msg(3);
    EXPECT_IS(ipc_reply_recv(ep, &m), GOT_MESSAGE);
    EXPECT_MESSAGE(call, 0, 3);
    EXPECT_IS(call->order, 1);
    EXPECT(is_pattern(&m, 0, 2));
    EXPECT_WAITS(other);
    quiesce();
}

static void send_more_urgent(void)
{
    cap_t ep = new_endpoint();
    struct step *got = sched_waiter(B, ACTOR_PRIORITY, ep);
    struct msg m = pattern_msg(1);
    EXPECT_IS(ipc_send(ep, &m), 0);
    EXPECT_MESSAGE(got, 0, 1);
}

/* A message that wakes a more urgent thread preempts us: we come first among our equals when it is done. */
static void send_more_urgent_comes_back(void)
{
    cap_t ep = new_endpoint();
    struct step *got = sched_waiter(B, ACTOR_PRIORITY, ep), *other = sched_ready(C, EQUAL);
    struct msg m = pattern_msg(1);
    EXPECT_IS(ipc_send(ep, &m), 0);
    EXPECT_MESSAGE(got, 0, 1);
    EXPECT_WAITS(other);
}

static void send_less_urgent(void)
{
    cap_t ep = new_endpoint();
    struct step *got = sched_waiter(B, MIDDLE, ep);
    struct msg m = pattern_msg(1);
    EXPECT_IS(ipc_send(ep, &m), 0);
    EXPECT_WAITS(got);
    quiesce();
    EXPECT_MESSAGE(got, 0, 1);
}

static void send_equal(void)
{
    cap_t ep = new_endpoint();
    struct step *got = sched_waiter(B, EQUAL, ep);
    struct msg m = pattern_msg(1);
    EXPECT_IS(ipc_send(ep, &m), 0);
    EXPECT_MESSAGE(got, 0, 1); /* at least that of every runnable thread: it ran at once */
}

static const struct test list[] = {
    {"call_with_a_middle_one_ready", call_with_a_middle_one_ready},
    {"call_less_urgent_than_runner", call_less_urgent_than_runner},
    {"call_less_urgent_nobody_between", call_less_urgent_nobody_between},
    {"call_equal", call_equal},
    {"call_more_urgent", call_more_urgent},
    {"reply_recv_with_a_middle_one_ready", reply_recv_with_a_middle_one_ready},
    {"reply_recv_equal", reply_recv_equal},
    {"send_more_urgent", send_more_urgent},
    {"send_more_urgent_comes_back", send_more_urgent_comes_back},
    {"send_less_urgent", send_less_urgent},
    {"send_equal", send_equal},
};

CASE_SET(240, sched_next_cases)
{
    CASES_SPACES("sched/next", list);
}
