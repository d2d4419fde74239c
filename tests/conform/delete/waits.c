/* What threads wait at is deleted: they wake with ERR_CANCELED. */
#include "frame/guest.h"

static void endpoint_in_every_way(void)
{
    static const uint64_t waits[] = {SYS_SEND, SYS_CALL, SYS_RECV, SYS_REPLY_RECV};
    for (unsigned i = 0; i < COUNT(waits); i++) {
        cap_t ep = cap_at(make(pool_new(), TYPE_ENDPOINT, 0));
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
    uint64_t ep = temp_endpoint(), copy = temp_mint(ep, RIGHT_RECV, 3);
    struct step *s = act(A, SYS_CALL, cap_at(ep), 1);
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), ep), 0);
    EXPECT_WAITS(s);
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), copy), 0);
    EXPECT_CANCELED(s);
}

static void notification_waiters(void)
{
    cap_t n = cap_at(make(pool_new(), TYPE_NOTIFICATION, 0));
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
    cap_t ep = new_endpoint(), n = cap_at(make(pool_new(), TYPE_NOTIFICATION, 0));
    cap_t other = cap_at(temp_object(TYPE_NOTIFICATION, 0));
    EXPECT_IS(notification_bind(actor_tcb(A), n), 0);
    struct step *s = act(A, SYS_RECV, ep, 1);
    EXPECT_IS(revoke(pool), 0);
    EXPECT_WAITS(s);
    EXPECT_IS(notification_bind(actor_tcb(A), other), 0);
    EXPECT_IS(notification_signal(other), 0);
    EXPECT_DONE(s);
    EXPECT_IS(s->result, GOT_NOTIFIED);
    EXPECT_IS(notification_bind(actor_tcb(A), 0), 0);
}

static void bound_and_pending(void)
{
    cap_t ep = new_endpoint(), n = cap_at(make(pool_new(), TYPE_NOTIFICATION, 0));
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
    pool_new();
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

static const struct test list[] = {
    {"endpoint_in_every_way", endpoint_in_every_way}, {"endpoint_last_capability", endpoint_last_capability},
    {"notification_waiters", notification_waiters},   {"bound_notification", bound_notification},
    {"bound_and_pending", bound_and_pending},         {"fault_capability_goes", fault_capability_goes},
};

CASE_SET(340, delete_waits_cases)
{
    CASES("delete/waits", list);
}
