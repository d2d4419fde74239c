/* The right to reply: which thread has it, how it is used up, how it is lost; chains of calls. */
#include "frame/conform.h"

/* A has called B, which holds the right to reply. `fast`: B waited first, so the call went by the fast path. */
static struct step *call_held(cap_t ep, bool fast)
{
    struct step *got, *call;
    if (fast)
        got = act(B, SYS_RECV, ep, 901);
    call = act(A, SYS_CALL, ep, 900);
    if (!fast)
        got = act(B, SYS_RECV, ep, 901);
    EXPECT_MESSAGE(got, 0, 900);
    EXPECT_WAITS(call);
    return call;
}

static void without_caller(void)
{
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 1), ERR_NO_CALLER);
}

static void only_once(void)
{
    struct step *call = call_held(new_endpoint(), true);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 1), 0);
    EXPECT_MESSAGE(call, 0, 1);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 2), ERR_NO_CALLER);
}

/* A later reply_recv with nobody to answer must not answer the last one again. */
static void not_again_by_reply_recv(void)
{
    cap_t ep = new_endpoint();
    struct step *call = call_held(ep, true);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 1), 0);
    EXPECT_MESSAGE(call, 0, 1);
    struct step *wait = act(A, SYS_RECV, new_endpoint(), 2);
    EXPECT_WAITS(act(B, SYS_REPLY_RECV, ep, 3));
    EXPECT_WAITS(wait);
}

/* reply_recv leaves its caller's name behind: after a plain message it must mean nothing. */
static void not_after_send(void)
{
    cap_t ep = new_endpoint();
    struct step *call = call_held(ep, true);
    struct step *got = act(B, SYS_REPLY_RECV, ep, 1);
    EXPECT_MESSAGE(call, 0, 1);
    struct step *wait = act(A, SYS_CALL, new_endpoint(), 2);
    EXPECT_RESULT(act(C, SYS_SEND, ep, 3), 0);
    EXPECT_MESSAGE(got, 0, 3);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 4), ERR_NO_CALLER);
    EXPECT_WAITS(wait);
}

static void not_after_cancel(void)
{
    cap_t ep = new_endpoint();
    struct step *call = call_held(ep, true);
    struct step *got = act(B, SYS_REPLY_RECV, ep, 1);
    EXPECT_MESSAGE(call, 0, 1);
    struct step *wait = act(A, SYS_CALL, new_endpoint(), 2);
    thread_suspend(actor_tcb(B));
    go(B);
    EXPECT_CANCELED(got);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 4), ERR_NO_CALLER);
    EXPECT_WAITS(wait);
}

static void recv_drops(cap_t ep, bool fast, bool sender_waits)
{
    struct step *call = call_held(ep, fast);
    if (sender_waits)
        act(C, SYS_SEND, ep, 1);
    struct step *got = act(B, SYS_RECV, ep, 2);
    EXPECT_CANCELED(call);
    if (sender_waits)
        EXPECT_MESSAGE(got, 0, 1);
    else
        EXPECT_WAITS(got);
}

static void recv_drops_fast_caller(void)
{
    recv_drops(new_endpoint(), true, false);
}

static void recv_drops_slow_caller(void)
{
    recv_drops(new_endpoint(), false, false);
}

static void recv_drops_and_takes_sender(void)
{
    recv_drops(new_endpoint(), true, true);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 4), ERR_NO_CALLER);
}

static void held_over_own_send(void)
{
    cap_t other = new_endpoint();
    struct step *call = call_held(new_endpoint(), true);
    struct step *got = act(C, SYS_RECV, other, 1);
    EXPECT_RESULT(act(B, SYS_SEND, other, 2), 0);
    EXPECT_MESSAGE(got, 0, 2);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 3), 0);
    EXPECT_MESSAGE(call, 0, 3);
}

static void held_over_own_call(void)
{
    cap_t other = new_endpoint();
    struct step *call = call_held(new_endpoint(), true);
    act(C, SYS_RECV, other, 1);
    struct step *inner = act(B, SYS_CALL, other, 2);
    EXPECT_WAITS(inner);
    EXPECT_RESULT(act(C, SYS_REPLY, 0, 3), 0);
    EXPECT_MESSAGE(inner, 0, 3);
    EXPECT_WAITS(call);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 4), 0);
    EXPECT_MESSAGE(call, 0, 4);
}

/* As above, but the inner call has to wait in line: it holds the right while it is in a queue, too, and when it was
   stopped there and goes on; a thread that starts anew does not (anew.c). */
static void held_while_queued(void)
{
    cap_t other = new_endpoint();
    struct step *call = call_held(new_endpoint(), true);
    struct step *inner = act(B, SYS_CALL, other, 2);
    thread_suspend(actor_tcb(B));
    go(B);
    EXPECT_CANCELED(inner);
    EXPECT_WAITS(call);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 4), 0);
    EXPECT_MESSAGE(call, 0, 4);
}

/* A -> B -> C -> D -> E, and the answers back. `fast`: all receivers wait first. */
static void chain(bool fast)
{
    cap_t ep[4];
    struct step *got[5], *call[4];
    for (unsigned i = 0; i < 4; i++) {
        ep[i] = new_endpoint();
        if (fast)
            got[i + 1] = act(i + 1, SYS_RECV, ep[i], i);
    }
    for (unsigned i = 0; i < 4; i++) {
        call[i] = act(i, SYS_CALL, ep[i], 10 + i);
        if (!fast)
            got[i + 1] = act(i + 1, SYS_RECV, ep[i], i);
        EXPECT_MESSAGE(got[i + 1], 0, 10 + i);
    }
    for (unsigned i = 4; i > 0; i--) {
        EXPECT_WAITS(call[i - 1]);
        if (fast)
            EXPECT_WAITS(act(i, SYS_REPLY_RECV, ep[i - 1], 20 + i));
        else
            EXPECT_RESULT(act(i, SYS_REPLY, 0, 20 + i), 0);
        EXPECT_MESSAGE(call[i - 1], 0, 20 + i);
    }
}

static void chain_receivers_first(void)
{
    chain(true);
}

static void chain_senders_first(void)
{
    chain(false);
}

/* A waits for B, and B calls what only A would serve. It stands still until one is stopped. */
static void circle(void)
{
    cap_t ep_a = new_endpoint();
    struct step *call = call_held(new_endpoint(), true);
    struct step *back = act(B, SYS_CALL, ep_a, 1);
    EXPECT_WAITS(back);
    thread_suspend(actor_tcb(A));
    go(A);
    EXPECT_CANCELED(call);
    EXPECT_MESSAGE(act(A, SYS_RECV, ep_a, 2), 0, 1);
    EXPECT_RESULT(act(A, SYS_REPLY, 0, 3), 0);
    EXPECT_MESSAGE(back, 0, 3);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 4), ERR_NO_CALLER);
}

/* What a thread sends to the endpoint that it alone serves waits until it is stopped. */
static void to_itself(void)
{
    cap_t ep = new_endpoint();
    struct step *call = act(A, SYS_CALL, ep, 1);
    EXPECT_WAITS(call);
    thread_suspend(actor_tcb(A));
    go(A);
    EXPECT_CANCELED(call);
    EXPECT_WAITS(act(A, SYS_RECV, ep, 2));
}

/* The capability that reply_recv waits by is bad: the caller has no answer yet and must still get one. */
static void error_keeps_caller(void)
{
    static const uint64_t ops[] = {SYS_REPLY_RECV, SYS_RECV};
    cap_t ep = new_endpoint(), send_only = cap_at(temp_copy(ep >> SLOT_BITS, RIGHT_SEND));
    for (unsigned i = 0; i < COUNT(ops); i++) {
        struct step *call = call_held(ep, true);
        EXPECT_RESULT(act(B, ops[i], 0, 1), ERR_BAD_CAP);
        EXPECT_RESULT(act(B, ops[i], ep | 1ul << 40, 1), ERR_BAD_CAP);
        EXPECT_RESULT(act(B, ops[i], cap_at(zoo(TYPE_FRAME)), 1), ERR_WRONG_TYPE);
        EXPECT_RESULT(act(B, ops[i], send_only, 1), ERR_NO_RIGHT);
        EXPECT_WAITS(call);
        EXPECT_RESULT(act(B, SYS_REPLY, 0, 2), 0);
        EXPECT_MESSAGE(call, 0, 2);
    }
}

static const struct test list[] = {
    {"without_caller", without_caller},
    {"only_once", only_once},
    {"not_again_by_reply_recv", not_again_by_reply_recv},
    {"not_after_send", not_after_send},
    {"not_after_cancel", not_after_cancel},
    {"recv_drops_fast_caller", recv_drops_fast_caller},
    {"recv_drops_slow_caller", recv_drops_slow_caller},
    {"recv_drops_and_takes_sender", recv_drops_and_takes_sender},
    {"held_over_own_send", held_over_own_send},
    {"held_over_own_call", held_over_own_call},
    {"held_while_queued", held_while_queued},
    {"chain_receivers_first", chain_receivers_first},
    {"chain_senders_first", chain_senders_first},
    {"circle", circle},
    {"to_itself", to_itself},
    {"error_keeps_caller", error_keeps_caller},
};

CASE_SET(030, ipc_reply_cases)
{
    CASES_SPACES("ipc/reply", list);
}
