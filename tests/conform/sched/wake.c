/* Who runs next when a reply, a receive or a resume makes a thread ready. */
#include "sched/ready.h"

static void nothing(uint64_t unused)
{
    (void)unused;
}

struct step *sched_waiter(unsigned who, unsigned priority, cap_t ep)
{
    actor_configure(who, priority, watch_fault_ep);
    struct step *got = plan(who, SYS_RECV, ep, 900 + who);
    go(who);
    quiesce();
    return got;
}

struct step *sched_ready(unsigned who, unsigned priority)
{
    actor_configure(who, priority, watch_fault_ep);
    struct step *s = plan_function(who, nothing, 0);
    go(who);
    EXPECT_WAITS(s);
    return s;
}

static void reply_less_urgent(void)
{
    cap_t ep = new_endpoint();
    actor_configure(A, LOW, watch_fault_ep);
    struct step *call = plan(A, SYS_CALL, ep, 1);
    go(A);
    struct msg m = {0};
    EXPECT_IS(ipc_recv(ep, &m), GOT_MESSAGE);
    m = pattern_msg(2);
    EXPECT_IS(ipc_reply(&m), 0);
    EXPECT_WAITS(call);
    quiesce();
    EXPECT_MESSAGE(call, 0, 2);
}

static void reply_more_urgent(void)
{
    cap_t ep = new_endpoint();
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
    cap_t ep = new_endpoint();
    struct step *send = act(A, SYS_SEND, ep, 1), *other = sched_ready(C, EQUAL);
    struct msg m = {0};
    EXPECT_IS(ipc_recv(ep, &m), GOT_MESSAGE);
    EXPECT(is_pattern(&m, 0, 1));
    EXPECT_RESULT(send, 0);
    EXPECT_WAITS(other); /* preempted, we came first among our equals */
}

static void recv_from_less_urgent_sender(void)
{
    cap_t ep = new_endpoint();
    actor_configure(A, LOW, watch_fault_ep);
    struct step *send = plan(A, SYS_SEND, ep, 1);
    go(A);
    quiesce();
    struct msg m = {0};
    EXPECT_IS(ipc_recv(ep, &m), GOT_MESSAGE);
    EXPECT_WAITS(send);
    quiesce();
    EXPECT_RESULT(send, 0);
}

/* It has work and the thread that it answers is not more urgent: the server runs on. */
static void reply_recv_with_work_runs_on(void)
{
    cap_t ep = new_endpoint();
    actor_configure(A, EQUAL, watch_fault_ep);
    actor_configure(D, EQUAL, watch_fault_ep);
    struct step *first = plan(A, SYS_CALL, ep, 1), *second = plan(D, SYS_CALL, ep, 2);
    go(A);
    go(D);
    quiesce();
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
    struct step *other = sched_ready(C, EQUAL), *s = plan_function(A, nothing, 0);
    go(A);
    EXPECT_DONE(s);
    EXPECT_WAITS(other); /* preempted, we came first among our equals */
}

static void resume_by_priority(void)
{
    struct step *low = sched_ready(A, LOW), *middle = sched_ready(B, MIDDLE), *equal = sched_ready(C, EQUAL);
    struct step *low_too = sched_ready(D, LOW), *lowest = sched_ready(E, QUIESCE_PRIORITY);
    quiesce();
    thread_yield();
    quiesce();
    EXPECT_IS(equal->order, 1);
    EXPECT_IS(middle->order, 2);
    EXPECT_IS(low->order, 3);
    EXPECT_IS(low_too->order, 4);
    EXPECT(lowest->order == 5 || !lowest->done); /* it has the priority of what quiesce() waits for */
}

static void all_priorities(void)
{
    for (unsigned p = RUNNER_PRIORITY; p > QUIESCE_PRIORITY; p -= 7) {
        struct step *low = sched_ready(A, p - 1), *high = sched_ready(B, p);
        quiesce();
        EXPECT(high->order < low->order);
    }
}

static const struct test list[] = {
    {"reply_less_urgent", reply_less_urgent},
    {"reply_more_urgent", reply_more_urgent},
    {"recv_from_more_urgent_sender", recv_from_more_urgent_sender},
    {"recv_from_less_urgent_sender", recv_from_less_urgent_sender},
    {"reply_recv_with_work_runs_on", reply_recv_with_work_runs_on},
    {"resume_more_urgent", resume_more_urgent},
    {"resume_by_priority", resume_by_priority},
    {"all_priorities", all_priorities},
};

CASE_SET(250, sched_wake_cases)
{
    CASES_SPACES("sched/next", list);
}
