/* The end of an endpoint: threads that wait at it wake; a copy keeps it alive. */
#include "frame/conform.h"

static const unsigned all[] = {A, B, C, D, E};

static void delete_slot(uint64_t slot)
{
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), slot), 0);
}

static void delete_with(uint64_t op, unsigned count)
{
    uint64_t ep = temp_endpoint();
    struct step *waiting[COUNT(all)];
    for (unsigned i = 0; i < count; i++)
        waiting[i] = act(all[i], op, cap_at(ep), i);
    delete_slot(ep);
    for (unsigned i = 0; i < count; i++) {
        EXPECT_CANCELED(waiting[i]);
        EXPECT_IS(waiting[i]->order, i + 1); /* in the order in which they stood */
    }
}

static void nobody(void)
{
    delete_with(SYS_RECV, 0);
}

static void receiver(void)
{
    delete_with(SYS_RECV, 1);
}

static void receivers(void)
{
    delete_with(SYS_RECV, COUNT(all));
}

static void sender(void)
{
    delete_with(SYS_SEND, 1);
}

static void senders(void)
{
    delete_with(SYS_SEND, COUNT(all));
}

static void callers(void)
{
    delete_with(SYS_CALL, COUNT(all));
}

/* A receiver that waits by the fast path is in the queue like any other. */
static void server_after_reply_recv(void)
{
    uint64_t ep = temp_endpoint();
    struct step *got = plan(B, SYS_RECV, cap_at(ep), 1), *wait = plan(B, SYS_REPLY_RECV, cap_at(ep), 2);
    go(B);
    struct step *call = act(A, SYS_CALL, cap_at(ep), 3);
    EXPECT_MESSAGE(got, 0, 3);
    EXPECT_MESSAGE(call, 0, 2);
    delete_slot(ep);
    EXPECT_CANCELED(wait);
}

/* A thread whose call was delivered already waits for the server, not at the endpoint. */
static void not_a_delivered_call(void)
{
    uint64_t ep = temp_endpoint();
    struct step *got = act(B, SYS_RECV, cap_at(ep), 1), *call = act(A, SYS_CALL, cap_at(ep), 2);
    delete_slot(ep);
    EXPECT_MESSAGE(got, 0, 2);
    EXPECT_WAITS(call);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 3), 0);
    EXPECT_MESSAGE(call, 0, 3);
}

static void copy_keeps_alive(void)
{
    uint64_t ep = temp_endpoint(), copy = temp_copy(ep, RIGHT_ALL);
    struct step *got = act(B, SYS_RECV, cap_at(ep), 1);
    delete_slot(ep);
    EXPECT_WAITS(got);
    EXPECT_RESULT(act(A, SYS_SEND, cap_at(copy), 2), 0);
    EXPECT_MESSAGE(got, 0, 2);
    got = act(B, SYS_RECV, cap_at(copy), 3);
    delete_slot(copy);
    EXPECT_CANCELED(got);
}

/* A capability that was moved is still known to the others as one more to the endpoint. `first`: the original
   is moved and the copy deleted; else the other way round. */
static void moved(bool first)
{
    uint64_t ep = temp_endpoint(), copy = temp_copy(ep, RIGHT_ALL), to = temp_slot();
    cap_t self = cap_at(CAP_SELF_CNODE);
    struct step *got = act(B, SYS_RECV, cap_at(ep), 1);
    EXPECT_IS(cap_move(self, to, self, first ? ep : copy), 0);
    delete_slot(first ? copy : ep);
    EXPECT_WAITS(got);
    EXPECT_RESULT(act(A, SYS_SEND, cap_at(to), 2), 0);
    EXPECT_MESSAGE(got, 0, 2);
    got = act(B, SYS_RECV, cap_at(to), 3);
    delete_slot(to);
    EXPECT_CANCELED(got);
}

static void moved_original_keeps_alive(void)
{
    moved(true);
}

static void moved_copy_keeps_alive(void)
{
    moved(false);
}

static void badged_keeps_alive(void)
{
    uint64_t ep = temp_endpoint();
    uint64_t first = temp_mint(ep, RIGHT_SEND, 1), second = temp_mint(ep, RIGHT_SEND, 2);
    struct step *got = act(B, SYS_RECV, cap_at(ep), 1);
    delete_slot(first);
    delete_slot(ep);
    EXPECT_WAITS(got);
    EXPECT_RESULT(act(A, SYS_SEND, cap_at(second), 2), 0);
    EXPECT_MESSAGE(got, 2, 2);
    got = act(B, SYS_RECV, cap_at(second), 3);
    EXPECT_RESULT(got, ERR_NO_RIGHT);
}

static void fault_endpoint_keeps_alive(void)
{
    uint64_t ep = temp_endpoint();
    actor_configure(C, ACTOR_PRIORITY, cap_at(ep));
    struct step *got = act(B, SYS_RECV, cap_at(ep), 1);
    delete_slot(ep);
    EXPECT_WAITS(got);
    actor_configure(C, ACTOR_PRIORITY, watch_fault_ep);
    EXPECT_CANCELED(got);
}

/* The slot is free for another object, and the deleted endpoint's name is gone for those that knew it. */
static void slot_is_reused(void)
{
    uint64_t ep = temp_endpoint();
    cap_t self = cap_at(CAP_SELF_CNODE);
    struct step *got = plan(B, SYS_RECV, cap_at(ep), 1), *again = plan(B, SYS_RECV, cap_at(ep), 2);
    go(B);
    delete_slot(ep);
    EXPECT_CANCELED(got);
    EXPECT_RESULT(again, ERR_BAD_CAP);
    EXPECT_IS(cap_copy(self, ep, self, zoo(TYPE_TCB), RIGHT_ALL), 0);
    EXPECT_RESULT(act(A, SYS_CALL, cap_at(ep), 3), ERR_WRONG_TYPE);
}

/* Woken threads of a lower priority run when the deleter lets them. */
static void less_urgent_waiter(void)
{
    uint64_t ep = temp_endpoint();
    actor_configure(A, RUNNER_PRIORITY - 10, watch_fault_ep);
    struct step *got = plan(A, SYS_RECV, cap_at(ep), 1);
    go(A);
    quiesce();
    delete_slot(ep);
    EXPECT_WAITS(got);
    quiesce();
    EXPECT_CANCELED(got);
}

static const struct test list[] = {
    {"nobody", nobody},
    {"receiver", receiver},
    {"receivers", receivers},
    {"sender", sender},
    {"senders", senders},
    {"callers", callers},
    {"server_after_reply_recv", server_after_reply_recv},
    {"not_a_delivered_call", not_a_delivered_call},
    {"copy_keeps_alive", copy_keeps_alive},
    {"moved_original_keeps_alive", moved_original_keeps_alive},
    {"moved_copy_keeps_alive", moved_copy_keeps_alive},
    {"badged_keeps_alive", badged_keeps_alive},
    {"fault_endpoint_keeps_alive", fault_endpoint_keeps_alive},
    {"slot_is_reused", slot_is_reused},
    {"less_urgent_waiter", less_urgent_waiter},
};

CASE_SET(140, caps_endpoint_cases)
{
    CASES("caps/delete_endpoint", list);
}
