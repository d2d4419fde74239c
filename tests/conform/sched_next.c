/* Who runs next (DESIGN.md section 3): a message's receiver at once, when its priority is at least that of
   every runnable thread; otherwise both are queued and the highest priority runs. */
#include "conform.h"

enum { LOW = 80, MIDDLE = 90, EQUAL = RUNNER_PRIORITY };

static cap_t endpoint(void)
{
    return cap_at(temp_object(TYPE_ENDPOINT, 0));
}

/* Actor `who` of that priority waits to receive; what comes after is its reply_recv. */
static struct step *waiter(unsigned who, unsigned priority, cap_t ep)
{
    actor_configure(who, priority, watch_fault_ep);
    struct step *got = plan(who, SYS_RECV, ep, 900 + who);
    go(who);
    settle();
    return got;
}

static void nothing(uint64_t unused)
{
    (void)unused;
}

/* Actor `who` is ready; its only step does nothing. */
static struct step *ready(unsigned who, unsigned priority)
{
    actor_configure(who, priority, watch_fault_ep);
    struct step *s = plan_function(who, nothing, 0);
    go(who);
    EXPECT_WAITS(s);
    return s;
}

/* A message of ours does not let B pass C, which is more urgent. */
static void call_with_a_middle_one_ready(void)
{
    cap_t ep = endpoint();
    struct step *got = waiter(B, LOW, ep);
    struct step *middle = ready(C, MIDDLE);
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
    cap_t ep = endpoint();
    struct step *got = waiter(B, LOW, ep), *call = act(A, SYS_CALL, ep, 1);
    EXPECT_WAITS(got);
    EXPECT_WAITS(call);
    settle();
    EXPECT_MESSAGE(got, 0, 1);
}

/* Less urgent than the caller, but as urgent as any that is ready. */
static void call_less_urgent_nobody_between(void)
{
    cap_t ep = endpoint();
    struct step *got = waiter(B, LOW, ep), *equal = ready(C, LOW);
    struct msg m = pattern_msg(1);
    plan(B, SYS_REPLY_RECV, ep, 2);
    EXPECT_IS(ipc_call(ep, &m), GOT_MESSAGE);
    EXPECT_IS(got->order, 1); /* not behind C, which was ready first */
    EXPECT_WAITS(equal);
    settle();
}

static void call_equal(void)
{
    cap_t ep = endpoint();
    struct step *got = waiter(B, EQUAL, ep), *other = ready(C, EQUAL);
    struct msg m = pattern_msg(1);
    struct step *again = plan(B, SYS_REPLY_RECV, ep, 2);
    EXPECT_IS(ipc_call(ep, &m), GOT_MESSAGE);
    EXPECT(is_pattern(&m, 0, 2));
    EXPECT_IS(got->order, 1);
    EXPECT_WAITS(other); /* the reply came straight back, too */
    EXPECT_WAITS(again);
    thread_yield();
    EXPECT(other->done);
}

static void call_more_urgent(void)
{
    cap_t ep = endpoint();
    struct step *got = waiter(B, ACTOR_PRIORITY, ep);
    struct step *other = ready(C, EQUAL);
    struct msg m = pattern_msg(1);
    plan(B, SYS_REPLY_RECV, ep, 2);
    EXPECT_IS(ipc_call(ep, &m), GOT_MESSAGE);
    EXPECT_IS(got->order, 1);
    EXPECT_WAITS(other);
}

/* The reply goes to a caller that is less urgent than somebody who is ready. */
static void reply_recv_with_a_middle_one_ready(void)
{
    cap_t ep = endpoint();
    struct step *got = waiter(B, ACTOR_PRIORITY, ep);
    actor_configure(A, LOW, watch_fault_ep);
    struct step *call = plan(A, SYS_CALL, ep, 1);
    go(A);
    settle();
    EXPECT_MESSAGE(got, 0, 1);
    struct step *middle = ready(C, MIDDLE);
    EXPECT_WAITS(act(B, SYS_REPLY_RECV, ep, 2));
    EXPECT_WAITS(call);
    EXPECT_WAITS(middle);
    settle();
    EXPECT_MESSAGE(call, 0, 2);
    EXPECT(middle->order < call->order);
}

static void reply_recv_equal(void)
{
    cap_t ep = endpoint(), own = endpoint();
    actor_configure(A, EQUAL, watch_fault_ep);
    struct step *call = plan(A, SYS_CALL, own, 1);
    go(A);
    struct msg m = {0};
    EXPECT_IS(ipc_recv(own, &m), GOT_MESSAGE);
    struct step *other = ready(C, EQUAL);
    plan(A, SYS_SEND, ep, 2); /* what wakes us again */
    m = pattern_msg(3);
    EXPECT_IS(ipc_reply_recv(ep, &m), GOT_MESSAGE);
    EXPECT_MESSAGE(call, 0, 3);
    EXPECT_IS(call->order, 1);
    EXPECT(is_pattern(&m, 0, 2));
    EXPECT_WAITS(other);
    settle();
}

static void send_more_urgent(void)
{
    cap_t ep = endpoint();
    struct step *got = waiter(B, ACTOR_PRIORITY, ep);
    struct msg m = pattern_msg(1);
    EXPECT_IS(ipc_send(ep, &m), 0);
    EXPECT_MESSAGE(got, 0, 1);
}

/* A message that wakes somebody more urgent preempts us: we come first among our equals when it is done. */
static void send_more_urgent_comes_back(void)
{
    cap_t ep = endpoint();
    struct step *got = waiter(B, ACTOR_PRIORITY, ep), *other = ready(C, EQUAL);
    struct msg m = pattern_msg(1);
    EXPECT_IS(ipc_send(ep, &m), 0);
    EXPECT_MESSAGE(got, 0, 1);
    EXPECT_WAITS(other);
}

static void send_less_urgent(void)
{
    cap_t ep = endpoint();
    struct step *got = waiter(B, MIDDLE, ep);
    struct msg m = pattern_msg(1);
    EXPECT_IS(ipc_send(ep, &m), 0);
    EXPECT_WAITS(got);
    settle();
    EXPECT_MESSAGE(got, 0, 1);
}

static void send_equal(void)
{
    cap_t ep = endpoint();
    struct step *got = waiter(B, EQUAL, ep);
    struct msg m = pattern_msg(1);
    EXPECT_IS(ipc_send(ep, &m), 0);
    EXPECT_MESSAGE(got, 0, 1); /* at least that of every runnable thread: it ran at once */
}

static void reply_less_urgent(void)
{
    cap_t ep = endpoint();
    actor_configure(A, LOW, watch_fault_ep);
    struct step *call = plan(A, SYS_CALL, ep, 1);
    go(A);
    struct msg m = {0};
    EXPECT_IS(ipc_recv(ep, &m), GOT_MESSAGE);
    m = pattern_msg(2);
    EXPECT_IS(ipc_reply(&m), 0);
    EXPECT_WAITS(call);
    settle();
    EXPECT_MESSAGE(call, 0, 2);
}

static void reply_more_urgent(void)
{
    cap_t ep = endpoint();
    struct step *call = act(A, SYS_CALL, ep, 1);
    struct msg m = {0};
    EXPECT_IS(ipc_recv(ep, &m), GOT_MESSAGE);
    m = pattern_msg(2);
    EXPECT_IS(ipc_reply(&m), 0);
    EXPECT_MESSAGE(call, 0, 2);
}

/* Its message taken, a more urgent sender goes on before the receiver does. */
static void recv_from_more_urgent_sender(void)
{
    cap_t ep = endpoint();
    struct step *send = act(A, SYS_SEND, ep, 1), *other = ready(C, EQUAL);
    struct msg m = {0};
    EXPECT_IS(ipc_recv(ep, &m), GOT_MESSAGE);
    EXPECT(is_pattern(&m, 0, 1));
    EXPECT_RESULT(send, 0);
    EXPECT_WAITS(other); /* preempted, we came first among our equals */
}

static void recv_from_less_urgent_sender(void)
{
    cap_t ep = endpoint();
    actor_configure(A, LOW, watch_fault_ep);
    struct step *send = plan(A, SYS_SEND, ep, 1);
    go(A);
    settle();
    struct msg m = {0};
    EXPECT_IS(ipc_recv(ep, &m), GOT_MESSAGE);
    EXPECT_WAITS(send);
    settle();
    EXPECT_RESULT(send, 0);
}

/* It has work and the thread that it answers is not more urgent: the server runs on. */
static void reply_recv_with_work_runs_on(void)
{
    cap_t ep = endpoint();
    actor_configure(A, EQUAL, watch_fault_ep);
    actor_configure(D, EQUAL, watch_fault_ep);
    struct step *first = plan(A, SYS_CALL, ep, 1), *second = plan(D, SYS_CALL, ep, 2);
    go(A);
    go(D);
    settle();
    struct msg m = {0};
    EXPECT_IS(ipc_recv(ep, &m), GOT_MESSAGE);
    m = pattern_msg(3);
    EXPECT_IS(ipc_reply_recv(ep, &m), GOT_MESSAGE);
    EXPECT(is_pattern(&m, 0, 2));
    EXPECT_WAITS(first);
    thread_yield();
    EXPECT_MESSAGE(first, 0, 3);
    EXPECT_WAITS(second);
}

static void resume_more_urgent(void)
{
    actor_configure(A, ACTOR_PRIORITY, watch_fault_ep);
    struct step *other = ready(C, EQUAL), *s = plan_function(A, nothing, 0);
    go(A);
    EXPECT(s->done);
    EXPECT_WAITS(other); /* preempted, we came first among our equals */
}

static void resume_by_priority(void)
{
    struct step *low = ready(A, LOW), *middle = ready(B, MIDDLE), *equal = ready(C, EQUAL);
    struct step *low_too = ready(D, LOW), *lowest = ready(E, SETTLE_PRIORITY);
    settle();
    thread_yield();
    settle();
    EXPECT_IS(equal->order, 1);
    EXPECT_IS(middle->order, 2);
    EXPECT_IS(low->order, 3);
    EXPECT_IS(low_too->order, 4);
    EXPECT(lowest->order == 5 || !lowest->done); /* it has the priority of what settle() waits for */
}

static void all_priorities(void)
{
    for (unsigned p = RUNNER_PRIORITY; p > SETTLE_PRIORITY; p -= 7) {
        struct step *low = ready(A, p - 1), *high = ready(B, p);
        settle();
        EXPECT(high->order < low->order);
    }
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
    {"reply_less_urgent", reply_less_urgent},
    {"reply_more_urgent", reply_more_urgent},
    {"recv_from_more_urgent_sender", recv_from_more_urgent_sender},
    {"recv_from_less_urgent_sender", recv_from_less_urgent_sender},
    {"reply_recv_with_work_runs_on", reply_recv_with_work_runs_on},
    {"resume_more_urgent", resume_more_urgent},
    {"resume_by_priority", resume_by_priority},
    {"all_priorities", all_priorities},
};

void sched_next_cases(void)
{
    CASES_SPACES("sched/next", list);
}
