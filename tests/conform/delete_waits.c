/* Threads that wait at what is deleted wake with ERR_CANCELED; threads that are deleted vanish from where they
   waited, and who waited for them wakes. */
#include "guest.h"

static uint64_t pool;

static uint64_t new_pool(void)
{
    return pool = temp_object(TYPE_UNTYPED, 16);
}

static cap_t endpoint(void)
{
    return cap_at(temp_object(TYPE_ENDPOINT, 0));
}

static void run_guest(unsigned k, uint64_t op, cap_t cap)
{
    struct guest *g = guest_new(k, pool, ACTOR_PRIORITY, 0);
    guest_plan_ipc(g, op, cap, 100 + k);
    guest_go(g);
    EXPECT(!g->step[0].done);
}

/* Gone for good: nothing that happens later makes it go on. */
static void expect_dead(unsigned k)
{
    settle();
    EXPECT(is_gone(guests[k].tcb));
    for (unsigned i = 0; i < guests[k].steps; i++)
        EXPECT(!guests[k].step[i].done);
}

/* ---- what they wait at goes */
static void endpoint_in_every_way(void)
{
    static const uint64_t waits[] = {SYS_SEND, SYS_CALL, SYS_RECV, SYS_REPLY_RECV};
    for (unsigned i = 0; i < COUNT(waits); i++) {
        cap_t ep = cap_at(make(new_pool(), TYPE_ENDPOINT, 0));
        struct step *s[3];
        for (unsigned who = A; who <= C; who++)
            EXPECT_WAITS(s[who] = act(who, waits[i], ep, who));
        EXPECT_IS(revoke(pool), 0);
        for (unsigned who = A; who <= C; who++)
            EXPECT_CANCELED(s[who]);
        EXPECT(s[A]->order < s[B]->order && s[B]->order < s[C]->order);
    }
}

/* The last capability by its delete; a copy keeps it alive. */
static void endpoint_last_capability(void)
{
    uint64_t ep = temp_object(TYPE_ENDPOINT, 0), copy = temp_mint(ep, RIGHT_RECV, 3);
    struct step *s = act(A, SYS_CALL, cap_at(ep), 1);
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), ep), 0);
    EXPECT_WAITS(s);
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), copy), 0);
    EXPECT_CANCELED(s);
}

static void notification_waiters(void)
{
    cap_t n = cap_at(make(new_pool(), TYPE_NOTIFICATION, 0));
    struct step *s[3];
    for (unsigned who = A; who <= C; who++)
        EXPECT_WAITS(s[who] = act(who, SYS_WAIT, n, who));
    EXPECT_IS(revoke(pool), 0);
    for (unsigned who = A; who <= C; who++)
        EXPECT_CANCELED(s[who]);
}

/* Bound to one that goes while it receives: it waits on, and can be bound again. */
static void bound_notification(void)
{
    cap_t ep = endpoint(), n = cap_at(make(new_pool(), TYPE_NOTIFICATION, 0));
    cap_t other = cap_at(temp_object(TYPE_NOTIFICATION, 0));
    EXPECT_IS(notification_bind(actor_tcb(A), n), 0);
    struct step *s = act(A, SYS_RECV, ep, 1);
    EXPECT_IS(revoke(pool), 0);
    EXPECT_WAITS(s);
    EXPECT_IS(notification_bind(actor_tcb(A), other), 0);
    EXPECT_IS(notification_signal(other), 0);
    EXPECT(s->done);
    EXPECT_IS(s->result, GOT_NOTIFIED);
    EXPECT_IS(notification_bind(actor_tcb(A), 0), 0);
}

static void bound_and_pending(void)
{
    cap_t ep = endpoint(), n = cap_at(make(new_pool(), TYPE_NOTIFICATION, 0));
    EXPECT_IS(notification_bind(actor_tcb(A), n), 0);
    EXPECT_IS(notification_signal(n), 0);
    EXPECT_IS(revoke(pool), 0);
    struct step *got = act(A, SYS_RECV, ep, 1);
    EXPECT_WAITS(got);
    EXPECT_RESULT(act(B, SYS_SEND, ep, 2), 0);
    EXPECT_MESSAGE(got, 0, 2);
}

/* A thread's own capability to its fault endpoint goes while its fault is in line there. */
static void fault_capability_goes(void)
{
    new_pool();
    cap_t ep = cap_at(make(pool, TYPE_ENDPOINT, 0));
    struct guest *g = guest_new(0, pool, ACTOR_PRIORITY, ep);
    guest_go(g);                           /* no steps: UD2 at once */
    EXPECT_IS(revoke(ep >> SLOT_BITS), 0); /* its own capability goes; its message stays in line */
    EXPECT_IS(act(B, SYS_RECV_NB, ep, 2)->m.label, FAULT_INSTRUCTION);
    EXPECT_IS(thread_resume(cap_at(g->tcb)), ERR_IN_USE);
    EXPECT_IS(revoke(pool), 0);
    EXPECT(is_gone(g->tcb));
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 2), ERR_NO_CALLER);
}

/* ---- the threads go */
static void stopped_and_new(void)
{
    new_pool();
    guest_new(0, pool, ACTOR_PRIORITY, 0);
    make(pool, TYPE_TCB, 0);
    EXPECT_IS(revoke(pool), 0);
    expect_dead(0);
}

/* Some that are ready, of one priority and of others, among others that stay. */
static void ready(void)
{
    new_pool();
    cap_t ep = endpoint();
    struct step *s[3];
    for (unsigned k = 0; k < 9; k++) {
        guest_plan_ipc(guest_new(k, pool, BELOW + k / 3, 0), SYS_SEND, ep, k);
        guest_go(&guests[k]);
    }
    for (unsigned who = A; who <= C; who++) {
        actor_configure(who, BELOW + who, watch_fault_ep);
        s[who] = plan(who, SYS_SEND, ep, who);
        go(who);
    }
    EXPECT_IS(revoke(pool), 0);
    for (unsigned k = 0; k < 9; k++)
        expect_dead(k);
    for (unsigned i = 3; i > 0; i--)
        EXPECT_MESSAGE(act(D, SYS_RECV, ep, 9), 0, i - 1);
    for (unsigned who = A; who <= C; who++)
        settle(), EXPECT_RESULT(s[who], 0);
    EXPECT_WAITS(act(D, SYS_RECV, ep, 9));
}

static volatile uint64_t spins;

static void spin(uint64_t unused)
{
    (void)unused;
    while (spins < 100000000)
        spins++;
    __builtin_trap();
}

/* The timer took the CPU from it; and: it had just begun when we took over. */
static void preempted(void)
{
    new_pool();
    struct guest *g = guest_new(0, pool, RUNNER_PRIORITY, watch_fault_ep);
    spins = 0;
    guest_enter(g, spin, 0);
    guest_go(g);
    thread_yield();
    EXPECT(spins > 0);
    EXPECT_IS(revoke(pool), 0);
    uint64_t at_end = spins;
    thread_yield();
    settle();
    EXPECT_IS(spins, at_end);
}

static void queued_senders(void)
{
    static const uint64_t ops[] = {SYS_SEND, SYS_CALL};
    for (unsigned i = 0; i < COUNT(ops); i++) {
        for (unsigned dies = 0; dies < 3; dies++) { /* at the head, in the middle, at the tail */
            cap_t ep = endpoint();
            new_pool();
            for (unsigned who = 0; who < 3; who++) {
                if (who == dies)
                    run_guest(0, ops[i], ep);
                else
                    EXPECT_WAITS(act(who, ops[i], ep, who));
            }
            EXPECT_IS(revoke(pool), 0);
            for (unsigned who = 0; who < 3; who++) {
                if (who != dies)
                    EXPECT_MESSAGE(act(D, SYS_RECV, ep, 9), 0, who);
            }
            EXPECT_WAITS(act(D, SYS_RECV, ep, 9));
            expect_dead(0);
            actors_reset(false);
        }
    }
}

static void queued_receivers(void)
{
    for (unsigned dies = 0; dies < 3; dies++) {
        cap_t ep = endpoint();
        struct step *s[3];
        new_pool();
        for (unsigned who = 0; who < 3; who++) {
            if (who == dies)
                run_guest(0, SYS_REPLY_RECV, ep);
            else
                s[who] = act(who, SYS_RECV, ep, who);
        }
        EXPECT_IS(revoke(pool), 0);
        for (unsigned who = 0; who < 3; who++) {
            if (who == dies)
                continue;
            EXPECT_RESULT(act(D, SYS_SEND, ep, 20 + who), 0);
            EXPECT_MESSAGE(s[who], 0, 20 + who);
        }
        EXPECT_WAITS(act(D, SYS_SEND, ep, 9));
        expect_dead(0);
        actors_reset(false);
    }
}

static void notification_waiter_dies(void)
{
    cap_t n = cap_at(temp_object(TYPE_NOTIFICATION, 0));
    uint64_t bits = 0;
    for (unsigned dies = 0; dies < 3; dies++) {
        struct step *s[3];
        new_pool();
        for (unsigned who = 0; who < 3; who++) {
            if (who == dies)
                run_guest(0, SYS_WAIT, n);
            else
                s[who] = act(who, SYS_WAIT, n, who);
        }
        EXPECT_IS(revoke(pool), 0);
        for (unsigned who = 0; who < 3; who++) {
            if (who == dies)
                continue;
            EXPECT_WAITS(s[who]);
            EXPECT_IS(notification_signal(n), 0);
            EXPECT(s[who]->done);
        }
        EXPECT_IS(notification_signal(n), 0);
        EXPECT_IS(notification_poll(n, &bits), GOT_NOTIFIED);
        expect_dead(0);
        actors_reset(false);
    }
}

/* Bound threads: one that receives, one that has a signal pending. The notification is free for others then. */
static void bound_thread_dies(void)
{
    for (unsigned pending = 0; pending < 2; pending++) {
        cap_t n = cap_at(temp_object(TYPE_NOTIFICATION, 0)), ep = endpoint();
        uint64_t bits = 0;
        new_pool();
        struct guest *g = guest_new(0, pool, ACTOR_PRIORITY, 0);
        EXPECT_IS(notification_bind(cap_at(g->tcb), n), 0);
        guest_plan_ipc(g, SYS_RECV, ep, 1);
        if (pending)
            EXPECT_IS(notification_signal(n), 0);
        else
            guest_go(g);
        EXPECT_IS(revoke(pool), 0);
        EXPECT_IS(notification_signal(n), 0);
        EXPECT_IS(notification_poll(n, &bits), GOT_NOTIFIED);
        EXPECT_IS(notification_bind(actor_tcb(A), n), 0);
        EXPECT_IS(notification_bind(actor_tcb(A), 0), 0);
        expect_dead(0);
    }
}

/* ---- replies */
static void caller_dies(void)
{
    cap_t ep = endpoint();
    new_pool();
    struct step *got = act(B, SYS_RECV, ep, 1);
    run_guest(0, SYS_CALL, ep);
    EXPECT_MESSAGE(got, 0, 100);
    EXPECT_IS(revoke(pool), 0);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 2), ERR_NO_CALLER);
    expect_dead(0);
}

static void server_dies(void)
{
    for (unsigned fast = 0; fast < 2; fast++) {
        cap_t ep = endpoint();
        new_pool();
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
    cap_t ep = endpoint();
    new_pool();
    struct guest *g = guest_new(0, pool, ACTOR_PRIORITY, 0);
    guest_plan_ipc(g, SYS_RECV, ep, 1);
    struct guest_step *last = guest_plan(g, SYS_CAP_REVOKE, cap_at(CAP_SELF_CNODE), pool, 0);
    guest_go(g);
    struct msg m = pattern_msg(5);
    EXPECT_IS(ipc_call(ep, &m), ERR_CANCELED);
    EXPECT(g->step[0].done && !last->done);
    settle();
    EXPECT(is_gone(g->tcb) && !last->done);
}

/* A chain: actor A waits for the guest, the guest for actor B. */
static void middle_of_a_chain_dies(void)
{
    cap_t first = endpoint(), second = endpoint();
    new_pool();
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
    cap_t ep = endpoint();
    uint64_t slot = temp_slot();
    new_pool();
    struct step *got = act(B, SYS_RECV, ep, 1);
    run_guest(0, SYS_CALL, ep);
    EXPECT_MESSAGE(got, 0, 100);
    struct step *save = plan_function(B, save_reply, slot);
    go(B);
    EXPECT(save->done);
    EXPECT_IS(cap_identify(cap_at(slot)), TYPE_REPLY);
    EXPECT_IS(revoke(pool), 0);
    EXPECT(is_gone(slot));
    EXPECT_RESULT(act(B, SYS_REPLY, cap_at(slot), 5), ERR_BAD_CAP);
}

/* Who saved it is gone; whoever has the capability can answer. */
static void saver_dies(void)
{
    cap_t ep = endpoint();
    uint64_t slot = temp_slot();
    new_pool();
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
    cap_t ep = endpoint();
    uint64_t cnode = make(new_pool(), TYPE_CNODE, 2), slot = temp_slot();
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
    cap_t ep = endpoint();
    for (unsigned received = 0; received < 2; received++) {
        new_pool();
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
    cap_t ep = endpoint();
    uint64_t other = temp_object(TYPE_UNTYPED, 12);
    new_pool();
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
    new_pool();
    cap_t ep = cap_at(make(pool, TYPE_ENDPOINT, 0)), busy = cap_at(make(pool, TYPE_ENDPOINT, 0));
    cap_t n = cap_at(make(pool, TYPE_NOTIFICATION, 0)), free_ep = cap_at(make(pool, TYPE_ENDPOINT, 0));
    for (unsigned k = 0; k < 3; k++)
        run_guest(k, k == 1 ? SYS_CALL : SYS_SEND, ep);
    for (unsigned k = 3; k < 5; k++)
        run_guest(k, SYS_RECV, free_ep);
    for (unsigned k = 5; k < 7; k++)
        run_guest(k, SYS_WAIT, n);
    guest_go(guest_new(7, pool, ACTOR_PRIORITY, ep)); /* faults */
    guest_plan_ipc(guest_new(8, pool, BELOW, ep), SYS_SEND, ep, 1);
    guest_go(&guests[8]);
    struct step *got = act(A, SYS_RECV, busy, 1);
    run_guest(9, SYS_CALL, busy);
    EXPECT_MESSAGE(got, 0, 109);
    struct step *call = act(B, SYS_CALL, ep, 2), *wait = act(C, SYS_WAIT, n, 2),
                *recv = act(D, SYS_RECV, free_ep, 3);
    EXPECT_IS(revoke(pool), 0);
    EXPECT_CANCELED(call);
    EXPECT_CANCELED(wait);
    EXPECT_CANCELED(recv);
    EXPECT_RESULT(act(A, SYS_REPLY, 0, 2), ERR_NO_CALLER);
    for (unsigned k = 0; k < 10; k++)
        expect_dead(k);
    make(pool, TYPE_UNTYPED, 16);
}

static const struct test list[] = {
    {"endpoint_in_every_way", endpoint_in_every_way},
    {"endpoint_last_capability", endpoint_last_capability},
    {"notification_waiters", notification_waiters},
    {"bound_notification", bound_notification},
    {"bound_and_pending", bound_and_pending},
    {"fault_capability_goes", fault_capability_goes},
    {"stopped_and_new", stopped_and_new},
    {"ready", ready},
    {"preempted", preempted},
    {"queued_senders", queued_senders},
    {"queued_receivers", queued_receivers},
    {"notification_waiter_dies", notification_waiter_dies},
    {"bound_thread_dies", bound_thread_dies},
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

void delete_waits_cases(void)
{
    CASES("delete/waits", list);
}
