/* Threads are deleted that owe an answer or wait for one, to a call or to a fault; and saved replies. */
#include "frame/guest.h"

static void caller_dies(void)
{
    cap_t ep = new_endpoint();
    pool_new();
    struct step *got = act(B, SYS_RECV, ep, 1);
    guest_run(0, SYS_CALL, ep);
    EXPECT_MESSAGE(got, 0, 100);
    EXPECT_IS(revoke(pool), 0);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 2), ERR_NO_CALLER);
    guest_expect_dead(0);
}

static void server_dies(void)
{
    for (unsigned fast = 0; fast < 2; fast++) {
        cap_t ep = new_endpoint();
        pool_new();
        struct guest *g = guest_new(0, pool, ACTOR_PRIORITY, 0);
        guest_plan_ipc(g, SYS_RECV, ep, 1);
        guest_plan(g, SYS_THREAD_SUSPEND, cap_at(g->tcb), 0, 0);
        guest_plan_ipc(g, SYS_REPLY, 0, 2);
        struct step *call;
        if (fast)
            guest_go(g);
        call = act(A, SYS_CALL, ep, 3);
        if (!fast)
            guest_go(g);
        EXPECT(g->step[0].done && !g->step[1].done);
        EXPECT_WAITS(call);
        EXPECT_IS(revoke(pool), 0);
        EXPECT_CANCELED(call);
    }
}

/* The runner itself waits for the answer of a thread that a more urgent one deletes. */
static void server_of_the_runner_dies(void)
{
    cap_t ep = new_endpoint();
    pool_new();
    struct guest *g = guest_new(0, pool, ACTOR_PRIORITY, 0);
    guest_plan_ipc(g, SYS_RECV, ep, 1);
    struct guest_step *last = guest_plan(g, SYS_CAP_REVOKE, cap_at(CAP_SELF_CNODE), pool, 0);
    guest_go(g);
    struct msg m = pattern_msg(5);
    EXPECT_IS(ipc_call(ep, &m), ERR_CANCELED);
    EXPECT(g->step[0].done && !last->done);
    quiesce();
    EXPECT(is_gone(g->tcb) && !last->done);
}

/* A chain: actor A waits for the guest, the guest for actor B. */
static void middle_of_a_chain_dies(void)
{
    cap_t first = new_endpoint(), second = new_endpoint();
    pool_new();
    struct guest *g = guest_new(0, pool, ACTOR_PRIORITY, 0);
    guest_plan_ipc(g, SYS_RECV, first, 1);
    guest_plan_ipc(g, SYS_CALL, second, 2);
    guest_go(g);
    struct step *got = act(B, SYS_RECV, second, 3), *call = act(A, SYS_CALL, first, 4);
    EXPECT_MESSAGE(got, 0, 2);
    EXPECT_WAITS(call);
    EXPECT_IS(revoke(pool), 0);
    EXPECT_CANCELED(call);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 5), ERR_NO_CALLER);
}

static void save_reply(uint64_t slot)
{
    struct msg m = {.label = slot};
    EXPECT_IS(ipc(SYS_REPLY_SAVE, cap_at(CAP_SELF_CNODE), &m), 0);
}

static void saved_caller_dies(void)
{
    cap_t ep = new_endpoint();
    uint64_t slot = temp_slot();
    pool_new();
    struct step *got = act(B, SYS_RECV, ep, 1);
    guest_run(0, SYS_CALL, ep);
    EXPECT_MESSAGE(got, 0, 100);
    struct step *save = plan_function(B, save_reply, slot);
    go(B);
    EXPECT_DONE(save);
    EXPECT_IS(cap_identify(cap_at(slot)), TYPE_REPLY);
    EXPECT_IS(revoke(pool), 0);
    EXPECT(is_gone(slot));
    EXPECT_RESULT(act(B, SYS_REPLY, cap_at(slot), 5), ERR_BAD_CAP);
}

/* The thread that saved it is gone; any holder of the capability can answer. */
static void saver_dies(void)
{
    cap_t ep = new_endpoint();
    uint64_t slot = temp_slot();
    pool_new();
    struct guest *g = guest_new(0, pool, ACTOR_PRIORITY, 0);
    guest_plan_ipc(g, SYS_RECV, ep, 1);
    guest_plan(g, SYS_REPLY_SAVE, cap_at(CAP_SELF_CNODE), slot, 0);
    guest_plan_ipc(g, SYS_RECV, ep, 2);
    guest_go(g);
    struct step *call = act(A, SYS_CALL, ep, 3);
    EXPECT_IS(g->step[1].result, 0);
    EXPECT_IS(revoke(pool), 0);
    EXPECT_WAITS(call);
    EXPECT_RESULT(act(B, SYS_REPLY, cap_at(slot), 4), 0);
    EXPECT_MESSAGE(call, 0, 4);
    EXPECT(is_gone(slot));
}

static void saved_reply_goes(void)
{
    cap_t ep = new_endpoint();
    uint64_t cnode = make(pool_new(), TYPE_CNODE, 2), slot = temp_slot();
    struct step *got = act(B, SYS_RECV, ep, 1), *call = act(A, SYS_CALL, ep, 3);
    EXPECT_MESSAGE(got, 0, 3);
    plan_function(B, save_reply, slot);
    go(B);
    EXPECT_IS(cap_move(cap_at(cnode), 2, cap_at(CAP_SELF_CNODE), slot), 0);
    EXPECT_WAITS(call);
    EXPECT_IS(revoke(pool), 0);
    EXPECT_CANCELED(call);
}

/* Its handler holds the right to resume it; its handler has not yet received the fault. */
static void faulted_thread_dies(void)
{
    cap_t ep = new_endpoint();
    for (unsigned received = 0; received < 2; received++) {
        pool_new();
        guest_go(guest_new(0, pool, ACTOR_PRIORITY, ep));
        if (received)
            EXPECT_IS(act(B, SYS_RECV, ep, 1)->m.label, FAULT_INSTRUCTION);
        EXPECT_IS(revoke(pool), 0);
        if (received)
            EXPECT_RESULT(act(B, SYS_REPLY, 0, 2), ERR_NO_CALLER);
        else
            EXPECT_RESULT(act(B, SYS_RECV_NB, ep, 2), ERR_EMPTY);
    }
}

/* Handler of another's fault: that one faults again, at an endpoint where somebody else is. */
static void handler_dies(void)
{
    cap_t ep = new_endpoint();
    uint64_t other = temp_object(TYPE_UNTYPED, 12);
    pool_new();
    struct guest *g = guest_new(0, pool, ACTOR_PRIORITY, 0);
    guest_plan_ipc(g, SYS_RECV, ep, 1);
    guest_plan(g, SYS_THREAD_SUSPEND, cap_at(g->tcb), 0, 0);
    guest_go(g);
    guest_go(guest_new(1, other, ACTOR_PRIORITY, ep));
    EXPECT_IS(g->step[0].m.label, FAULT_INSTRUCTION);
    EXPECT_RESULT(act(B, SYS_RECV_NB, ep, 2), ERR_EMPTY);
    EXPECT_IS(revoke(pool), 0);
    EXPECT_IS(act(B, SYS_RECV_NB, ep, 2)->m.label, FAULT_INSTRUCTION);
}

/* All at once, and the endpoints in the same memory. */
static void everything_together(void)
{
    pool_new();
    cap_t ep = cap_at(make(pool, TYPE_ENDPOINT, 0)), busy = cap_at(make(pool, TYPE_ENDPOINT, 0));
    cap_t n = cap_at(make(pool, TYPE_NOTIFICATION, 0)), free_ep = cap_at(make(pool, TYPE_ENDPOINT, 0));
    for (unsigned k = 0; k < 3; k++)
        guest_run(k, k == 1 ? SYS_CALL : SYS_SEND, ep);
    for (unsigned k = 3; k < 5; k++)
        guest_run(k, SYS_RECV, free_ep);
    for (unsigned k = 5; k < 7; k++)
        guest_run(k, SYS_WAIT, n);
    guest_go(guest_new(7, pool, ACTOR_PRIORITY, ep)); /* faults */
    guest_plan_ipc(guest_new(8, pool, BELOW, ep), SYS_SEND, ep, 1);
    guest_go(&guests[8]);
    struct step *got = act(A, SYS_RECV, busy, 1);
    guest_run(9, SYS_CALL, busy);
    EXPECT_MESSAGE(got, 0, 109);
    struct step *call = act(B, SYS_CALL, ep, 2), *wait = act(C, SYS_WAIT, n, 2),
                *recv = act(D, SYS_RECV, free_ep, 3);
    EXPECT_IS(revoke(pool), 0);
    EXPECT_CANCELED(call);
    EXPECT_CANCELED(wait);
    EXPECT_CANCELED(recv);
    EXPECT_RESULT(act(A, SYS_REPLY, 0, 2), ERR_NO_CALLER);
    for (unsigned k = 0; k < 10; k++)
        guest_expect_dead(k);
    make(pool, TYPE_UNTYPED, 16);
}

static const struct test list[] = {
    {"caller_dies", caller_dies},
    {"server_dies", server_dies},
    {"server_of_the_runner_dies", server_of_the_runner_dies},
    {"middle_of_a_chain_dies", middle_of_a_chain_dies},
    {"saved_caller_dies", saved_caller_dies},
    {"saver_dies", saver_dies},
    {"saved_reply_goes", saved_reply_goes},
    {"faulted_thread_dies", faulted_thread_dies},
    {"handler_dies", handler_dies},
    {"everything_together", everything_together},
};

CASE_SET(360, delete_reply_cases)
{
    CASES("delete/reply", list);
}
