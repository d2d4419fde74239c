/* Waits that are cut off by a suspension, and what the partner finds. */
#include "frame/conform.h"

static void stop(unsigned who)
{
    EXPECT_IS(thread_suspend(actor_tcb(who)), 0);
}

/* B serves `ep` and has A's call. */
static struct step *call_held(cap_t ep, bool fast)
{
    if (fast)
        act(B, SYS_REPLY_RECV, ep, 901);
    struct step *call = act(A, SYS_CALL, ep, 900);
    if (!fast)
        act(B, SYS_REPLY_RECV, ep, 901);
    EXPECT_WAITS(call);
    return call;
}

static void caller_gone(bool fast)
{
    cap_t ep = new_endpoint();
    struct step *call = call_held(ep, fast);
    stop(A);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 1), ERR_NO_CALLER);
    EXPECT_WAITS(call);
    go(A);
    EXPECT_CANCELED(call);
    struct step *got = act(B, SYS_RECV, ep, 2);
    call = act(A, SYS_CALL, ep, 3);
    EXPECT_MESSAGE(got, 0, 3);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 4), 0);
    EXPECT_MESSAGE(call, 0, 4);
}

static void caller_after_fast_call(void)
{
    caller_gone(true);
}

static void caller_after_slow_call(void)
{
    caller_gone(false);
}

static void caller_before_reply_recv(void)
{
    cap_t ep = new_endpoint();
    struct step *call = call_held(ep, true);
    stop(A);
    go(A);
    EXPECT_CANCELED(call);
    struct step *got = act(B, SYS_REPLY_RECV, ep, 1);
    EXPECT_WAITS(got);
    call = act(A, SYS_CALL, ep, 2);
    EXPECT_MESSAGE(got, 0, 2);
    EXPECT_WAITS(call);
}

/* A stopped caller goes another way; the old server's reply must not reach it there. */
static void caller_that_waits_again(void)
{
    cap_t ep = new_endpoint(), elsewhere = new_endpoint();
    struct step *call = call_held(ep, true);
    plan(A, SYS_RECV, elsewhere, 1);
    stop(A);
    go(A);
    EXPECT_CANCELED(call);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 2), ERR_NO_CALLER);
    EXPECT(!actor_idle(A));
}

static void server_that_holds_a_caller(void)
{
    struct step *call = call_held(new_endpoint(), true);
    stop(B); /* it has stopped already: nothing changes */
    EXPECT_WAITS(call);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 1), 0);
    EXPECT_MESSAGE(call, 0, 1);
}

static void middle_of_a_chain(void)
{
    cap_t ep = new_endpoint(), next = new_endpoint();
    struct step *call = call_held(ep, true);
    act(C, SYS_REPLY_RECV, next, 1);
    struct step *inner = act(B, SYS_CALL, next, 2);
    stop(B);
    EXPECT_RESULT(act(C, SYS_REPLY, 0, 3), ERR_NO_CALLER);
    EXPECT_WAITS(call);
    go(B);
    EXPECT_CANCELED(inner);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 4), 0);
    EXPECT_MESSAGE(call, 0, 4);
}

static void receiver(void)
{
    cap_t ep = new_endpoint();
    struct step *got = act(B, SYS_RECV, ep, 1);
    stop(B);
    struct step *send = act(A, SYS_SEND, ep, 2);
    EXPECT_WAITS(send);
    go(B);
    EXPECT_CANCELED(got);
    EXPECT_WAITS(send);
    EXPECT_MESSAGE(act(B, SYS_RECV, ep, 3), 0, 2);
    EXPECT_RESULT(send, 0);
}

/* The server waited first at one endpoint, then by the fast reply_recv at another: only that one is left. */
static void receiver_at_its_last_endpoint(void)
{
    cap_t first = new_endpoint(), last = new_endpoint();
    plan(B, SYS_RECV, first, 1);
    plan(B, SYS_REPLY_RECV, last, 2);
    go(B);
    struct step *call = act(A, SYS_CALL, first, 3);
    EXPECT_MESSAGE(call, 0, 2);
    struct step *other = act(C, SYS_RECV, first, 4);
    stop(B);
    EXPECT_WAITS(act(A, SYS_SEND, last, 5));
    EXPECT_WAITS(other);
    EXPECT_RESULT(act(E, SYS_SEND, first, 6), 0);
    EXPECT_MESSAGE(other, 0, 6);
}

/* The same for a caller whose wait before was at an endpoint. */
static void caller_that_had_received(void)
{
    cap_t first = new_endpoint(), second = new_endpoint();
    act(B, SYS_RECV, second, 1);
    struct step *got = plan(A, SYS_RECV, first, 2);
    struct step *call = plan(A, SYS_CALL, second, 3);
    go(A);
    EXPECT_RESULT(act(C, SYS_SEND, first, 4), 0);
    EXPECT_MESSAGE(got, 0, 4);
    struct step *other = act(E, SYS_RECV, first, 5);
    stop(A);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 6), ERR_NO_CALLER);
    EXPECT_RESULT(act(C, SYS_SEND, first, 7), 0);
    EXPECT_MESSAGE(other, 0, 7);
    go(A);
    EXPECT_CANCELED(call);
}

/* Two calls in a row to two servers: the wait that a suspension ends is the second. */
static void caller_of_its_last_server(void)
{
    cap_t first = new_endpoint(), second = new_endpoint();
    act(B, SYS_RECV, first, 1);
    act(D, SYS_RECV, second, 2);
    plan(A, SYS_CALL, first, 3);
    struct step *call = plan(A, SYS_CALL, second, 4);
    go(A);
    EXPECT_WAITS(act(B, SYS_REPLY_RECV, first, 5));
    struct step *other = act(C, SYS_CALL, first, 6);
    stop(A);
    EXPECT_RESULT(act(D, SYS_REPLY, 0, 7), ERR_NO_CALLER);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 8), 0);
    EXPECT_MESSAGE(other, 0, 8);
    go(A);
    EXPECT_CANCELED(call);
}

static void sender(void)
{
    cap_t ep = new_endpoint();
    struct step *send = act(A, SYS_SEND, ep, 1);
    stop(A);
    struct step *got = act(B, SYS_RECV, ep, 2);
    EXPECT_WAITS(got);
    go(A);
    EXPECT_CANCELED(send);
    EXPECT_WAITS(got);
}

static const struct test list[] = {
    {"caller_after_fast_call", caller_after_fast_call},
    {"caller_after_slow_call", caller_after_slow_call},
    {"caller_before_reply_recv", caller_before_reply_recv},
    {"caller_that_waits_again", caller_that_waits_again},
    {"server_that_holds_a_caller", server_that_holds_a_caller},
    {"middle_of_a_chain", middle_of_a_chain},
    {"receiver", receiver},
    {"receiver_at_its_last_endpoint", receiver_at_its_last_endpoint},
    {"caller_that_had_received", caller_that_had_received},
    {"caller_of_its_last_server", caller_of_its_last_server},
    {"sender", sender},
};

CASE_SET(040, ipc_cancel_cases)
{
    CASES_SPACES("ipc/suspended", list);
}
