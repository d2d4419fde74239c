/* A notification bound to a thread: its receives receive the signal, too. */
#include "frame/notification.h"

/* A notification bound to B. */
static uint64_t bound(void)
{
    uint64_t n = notification();
    EXPECT_IS(notification_bind(actor_tcb(B), cap_at(n)), 0);
    return n;
}

static void bind_in_use(void)
{
    uint64_t n = bound(), other = notification();
    EXPECT_IS(notification_bind(actor_tcb(B), cap_at(n)), ERR_IN_USE);
    EXPECT_IS(notification_bind(actor_tcb(B), cap_at(other)), ERR_IN_USE);
    EXPECT_IS(notification_bind(actor_tcb(A), cap_at(n)), ERR_IN_USE);
    act(A, SYS_WAIT, cap_at(other), 1);
    EXPECT_IS(notification_bind(actor_tcb(C), cap_at(other)), ERR_IN_USE);
    EXPECT_IS(notification_bind(actor_tcb(B), 0), 0);
    EXPECT_IS(notification_bind(actor_tcb(B), 0), 0); /* nothing is bound: no error */
    EXPECT_IS(notification_bind(actor_tcb(A), cap_at(n)), 0);
    EXPECT_IS(notification_bind(actor_tcb(B), cap_at(notification())), 0);
}

static void while_it_receives(void)
{
    uint64_t n = bound();
    cap_t ep = new_endpoint();
    struct step *got = act(B, SYS_RECV, ep, 1);
    EXPECT_RESULT(act(A, SYS_SIGNAL, signaller(n, 0x30), 2), 0);
    EXPECT_SIGNAL(got, 0x30);
    EXPECT_PENDING(n, 0);
    EXPECT_WAITS(act(A, SYS_SEND, ep, 3)); /* it is in no queue any more */
    EXPECT_MESSAGE(act(B, SYS_RECV, ep, 4), 0, 3);
}

/* It waits by the fast path of reply_recv, where there is one. */
static void while_it_receives_fast(void)
{
    uint64_t n = bound();
    cap_t ep = new_endpoint();
    act(B, SYS_RECV, ep, 1);
    struct step *call = act(A, SYS_CALL, ep, 2), *got = act(B, SYS_REPLY_RECV, ep, 3);
    EXPECT_MESSAGE(call, 0, 3);
    EXPECT_RESULT(act(C, SYS_SIGNAL, signaller(n, 2), 4), 0);
    EXPECT_SIGNAL(got, 2);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 5), ERR_NO_CALLER);
    call = act(A, SYS_CALL, ep, 6);
    EXPECT_MESSAGE(act(B, SYS_RECV, ep, 7), 0, 6);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 8), 0);
    EXPECT_MESSAGE(call, 0, 8);
}

/* Other receivers before and behind it keep their places. */
static void in_a_queue(void)
{
    uint64_t n = bound();
    cap_t ep = new_endpoint();
    struct step *first = act(A, SYS_RECV, ep, 1), *got = act(B, SYS_RECV, ep, 2),
                *last = act(C, SYS_RECV, ep, 3);
    EXPECT_IS(notification_signal(signaller(n, 2)), 0);
    EXPECT_SIGNAL(got, 2);
    EXPECT_WAITS(first);
    EXPECT_RESULT(act(D, SYS_SEND, ep, 4), 0);
    EXPECT_MESSAGE(first, 0, 4);
    EXPECT_RESULT(act(D, SYS_SEND, ep, 5), 0);
    EXPECT_MESSAGE(last, 0, 5);
    EXPECT_WAITS(act(D, SYS_SEND, ep, 6));
}

static void before_it_receives(void)
{
    static const uint64_t ops[] = {SYS_RECV, SYS_RECV_NB, SYS_REPLY_RECV};
    uint64_t n = bound();
    cap_t ep = new_endpoint();
    for (unsigned i = 0; i < COUNT(ops); i++) {
        EXPECT_IS(notification_signal(signaller(n, 1)), 0);
        EXPECT_IS(notification_signal(signaller(n, 4)), 0);
        EXPECT_SIGNAL(act(B, ops[i], ep, 1), 5);
    }
    EXPECT_WAITS(act(B, SYS_RECV, ep, 2));
}

/* reply_recv answers, then receives the signal that was pending. */
static void before_it_answers(void)
{
    uint64_t n = bound();
    cap_t ep = new_endpoint();
    act(B, SYS_RECV, ep, 1);
    struct step *call = act(A, SYS_CALL, ep, 2);
    EXPECT_IS(notification_signal(signaller(n, 9)), 0);
    EXPECT_SIGNAL(act(B, SYS_REPLY_RECV, ep, 3), 9);
    EXPECT_MESSAGE(call, 0, 3);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 4), ERR_NO_CALLER);
}

/* A receive lets go a caller that was not answered, whatever is received. */
static void receive_drops_caller(void)
{
    uint64_t n = bound();
    cap_t ep = new_endpoint();
    act(B, SYS_RECV, ep, 1);
    struct step *call = act(A, SYS_CALL, ep, 2);
    EXPECT_IS(notification_signal(signaller(n, 9)), 0);
    EXPECT_SIGNAL(act(B, SYS_RECV, ep, 3), 9);
    EXPECT_CANCELED(call);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 4), ERR_NO_CALLER);
}

static void signal_before_sender(void)
{
    uint64_t n = bound();
    cap_t ep = new_endpoint();
    struct step *call = act(A, SYS_CALL, ep, 1);
    EXPECT_IS(notification_signal(signaller(n, 2)), 0);
    EXPECT_SIGNAL(act(B, SYS_RECV, ep, 2), 2);
    EXPECT_WAITS(call);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 3), ERR_NO_CALLER);
    EXPECT_MESSAGE(act(B, SYS_RECV, ep, 4), 0, 1);
    EXPECT_IS(notification_signal(signaller(n, 4)), 0);
    struct step *next = act(C, SYS_SEND, ep, 5);
    EXPECT_SIGNAL(act(B, SYS_REPLY_RECV, ep, 6), 4);
    EXPECT_MESSAGE(call, 0, 6);
    EXPECT_WAITS(next);
    EXPECT_MESSAGE(act(B, SYS_REPLY_RECV, ep, 7), 0, 5);
    EXPECT_RESULT(next, 0);
}

/* Only a receive receives: its own call, in the queue or waiting for the answer, and its own send go on. */
static void while_it_calls(bool receiver_first)
{
    uint64_t n = bound();
    cap_t ep = new_endpoint(), own = new_endpoint();
    if (receiver_first)
        act(A, SYS_RECV, ep, 1);
    struct step *call = act(B, SYS_CALL, ep, 2);
    EXPECT_RESULT(act(C, SYS_SIGNAL, signaller(n, 2), 3), 0);
    EXPECT_WAITS(call);
    if (!receiver_first)
        EXPECT_MESSAGE(act(A, SYS_RECV, ep, 1), 0, 2);
    EXPECT_RESULT(act(C, SYS_SIGNAL, signaller(n, 4), 4), 0);
    EXPECT_WAITS(call);
    EXPECT_WAITS(act(A, SYS_REPLY_RECV, ep, 5));
    EXPECT_MESSAGE(call, 0, 5);
    EXPECT_SIGNAL(act(B, SYS_RECV, own, 6), 6);
    EXPECT_WAITS(act(B, SYS_RECV, own, 7));
}

static void while_its_call_is_answered(void)
{
    while_it_calls(true);
}

static void while_its_call_is_queued(void)
{
    while_it_calls(false);
}

/* A pending signal does not keep its calls from working. */
static void calls_while_pending(void)
{
    uint64_t n = bound();
    cap_t ep = new_endpoint();
    EXPECT_IS(notification_signal(signaller(n, 2)), 0);
    for (uint64_t i = 0; i < 3; i++) {
        act(A, SYS_REPLY_RECV, ep, 10 + i);
        struct step *call = act(B, SYS_CALL, ep, 20 + i);
        EXPECT_RESULT(act(A, SYS_REPLY, 0, 30 + i), 0);
        EXPECT_MESSAGE(call, 0, 30 + i);
    }
    EXPECT_SIGNAL(act(B, SYS_RECV, ep, 4), 2);
}

/* Signals itself: it is running. */
static void to_itself(void)
{
    uint64_t n = bound();
    cap_t ep = new_endpoint();
    EXPECT_RESULT(act(B, SYS_SIGNAL, signaller(n, 2), 1), 0);
    EXPECT_RESULT(act(B, SYS_SIGNAL, signaller(n, 4), 2), 0);
    EXPECT_SIGNAL(act(B, SYS_RECV, ep, 3), 6);
}

/* A thread that polls or waits takes the bits from the bound thread. */
static void taken_by_another(void)
{
    uint64_t n = bound();
    cap_t ep = new_endpoint();
    EXPECT_IS(notification_signal(signaller(n, 2)), 0);
    EXPECT_PENDING(n, 2);
    struct step *got = act(B, SYS_RECV, ep, 1);
    EXPECT_WAITS(got);
    struct step *wait = act(A, SYS_WAIT, cap_at(n), 2);
    EXPECT_IS(notification_signal(signaller(n, 4)), 0); /* a thread that waits at it comes first */
    EXPECT_SIGNAL(wait, 4);
    EXPECT_WAITS(got);
    EXPECT_IS(notification_signal(signaller(n, 8)), 0);
    EXPECT_SIGNAL(got, 8);
}

/* It was marked, but finds nothing: it waits like one that was not, and hears what comes next. */
static void taken_before_it_answers(void)
{
    static const uint64_t ops[] = {SYS_RECV, SYS_REPLY_RECV};
    uint64_t n = bound();
    cap_t ep = new_endpoint();
    for (unsigned i = 0; i < COUNT(ops); i++) {
        act(B, SYS_RECV, ep, 1);
        struct step *call = act(A, SYS_CALL, ep, 2);
        EXPECT_IS(notification_signal(signaller(n, 2)), 0);
        EXPECT_PENDING(n, 2);
        struct step *got = act(B, ops[i], ep, 3);
        EXPECT_WAITS(got);
        EXPECT_IS(notification_signal(signaller(n, 4)), 0);
        EXPECT_SIGNAL(got, 4);
        EXPECT_DONE(call);
        EXPECT_RESULT(act(B, SYS_RECV_NB, ep, 4), ERR_EMPTY);
    }
}

/* While it is marked another begins to wait for the notification: that one goes on coming first. */
static void waited_for_while_marked(void)
{
    uint64_t n = bound();
    cap_t ep = new_endpoint();
    EXPECT_IS(notification_signal(signaller(n, 2)), 0);
    EXPECT_PENDING(n, 2);
    struct step *wait = act(A, SYS_WAIT, cap_at(n), 1), *next = act(C, SYS_WAIT, cap_at(n), 2);
    struct step *got = act(B, SYS_RECV, ep, 3);
    EXPECT_WAITS(got);
    EXPECT_IS(notification_signal(signaller(n, 4)), 0);
    EXPECT_SIGNAL(wait, 4);
    EXPECT_IS(notification_signal(signaller(n, 8)), 0);
    EXPECT_SIGNAL(next, 8);
    EXPECT_WAITS(got);
    EXPECT_IS(notification_signal(signaller(n, 16)), 0);
    EXPECT_SIGNAL(got, 16);
}

/* It receives again at once, while those that it has preempted, and one that it has woken, are ready: by recv and by reply_recv. */
static void receives_again(void)
{
    static const uint64_t ops[] = {SYS_RECV, SYS_REPLY_RECV, SYS_RECV};
    uint64_t n = bound(), other = notification();
    cap_t ep = new_endpoint();
    struct step *got[COUNT(ops)];
    for (unsigned i = 0; i < COUNT(ops); i++)
        got[i] = plan(B, ops[i], ep, i);
    struct step *signals = plan(B, SYS_SIGNAL, signaller(other, 32), 4), *last = plan(B, SYS_RECV, ep, 5);
    go(B);
    actor_configure(A, ACTOR_PRIORITY - 1, 0);
    struct step *wait = act(A, SYS_WAIT, cap_at(other), 6);
    for (unsigned i = 0; i < COUNT(ops); i++) {
        EXPECT_WAITS(got[i]);
        EXPECT_IS(notification_signal(signaller(n, 2ul << i)), 0);
        EXPECT_SIGNAL(got[i], 2ul << i);
    }
    EXPECT_RESULT(signals, 0);
    EXPECT_SIGNAL(wait, 32);
    EXPECT_WAITS(last);
    EXPECT_IS(notification_signal(signaller(n, 64)), 0);
    EXPECT_SIGNAL(last, 64);
}

static void waits_for_its_own(void)
{
    uint64_t n = bound();
    struct step *wait = act(B, SYS_WAIT, cap_at(n), 1);
    EXPECT_IS(notification_signal(signaller(n, 2)), 0);
    EXPECT_SIGNAL(wait, 2);
    EXPECT_IS(notification_signal(signaller(n, 4)), 0);
    EXPECT_SIGNAL(act(B, SYS_POLL, cap_at(n), 2), 4);
    EXPECT_WAITS(act(B, SYS_RECV, new_endpoint(), 3));
}

/* It waits at another notification: that is no receive. */
static void waits_for_another(void)
{
    uint64_t n = bound(), other = notification();
    struct step *wait = act(B, SYS_WAIT, cap_at(other), 1);
    EXPECT_IS(notification_signal(signaller(n, 2)), 0);
    EXPECT_WAITS(wait);
    EXPECT_IS(notification_signal(signaller(other, 4)), 0);
    EXPECT_SIGNAL(wait, 4);
    EXPECT_SIGNAL(act(B, SYS_RECV, new_endpoint(), 2), 2);
}

static const struct test list[] = {
    {"bind_in_use", bind_in_use},
    {"while_it_receives", while_it_receives},
    {"while_it_receives_fast", while_it_receives_fast},
    {"in_a_queue", in_a_queue},
    {"before_it_receives", before_it_receives},
    {"before_it_answers", before_it_answers},
    {"receive_drops_caller", receive_drops_caller},
    {"signal_before_sender", signal_before_sender},
    {"while_its_call_is_answered", while_its_call_is_answered},
    {"while_its_call_is_queued", while_its_call_is_queued},
    {"calls_while_pending", calls_while_pending},
    {"to_itself", to_itself},
    {"taken_by_another", taken_by_another},
    {"taken_before_it_answers", taken_before_it_answers},
    {"waited_for_while_marked", waited_for_while_marked},
    {"receives_again", receives_again},
    {"waits_for_its_own", waits_for_its_own},
    {"waits_for_another", waits_for_another},
};

CASE_SET(310, notification_bound_cases)
{
    CASES_SPACES("notification/bound", list);
}
