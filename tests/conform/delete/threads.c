/* Threads are deleted, whatever they do: they vanish from where they waited, and others go on as if they had
   never been there. */
#include "frame/guest.h"

static void stopped_and_new(void)
{
    pool_new();
    guest_new(0, pool, ACTOR_PRIORITY, 0);
    make(pool, TYPE_TCB, 0);
    EXPECT_IS(revoke(pool), 0);
    guest_expect_dead(0);
}

/* Some that are ready, of one priority and of others, among others that stay. */
static void ready(void)
{
    pool_new();
    cap_t ep = new_endpoint();
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
        guest_expect_dead(k);
    for (unsigned i = 3; i > 0; i--)
        EXPECT_MESSAGE(act(D, SYS_RECV, ep, 9), 0, i - 1);
    for (unsigned who = A; who <= C; who++)
        quiesce(), EXPECT_RESULT(s[who], 0);
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
    pool_new();
    struct guest *g = guest_new(0, pool, RUNNER_PRIORITY, watch_fault_ep);
    spins = 0;
    guest_enter(g, spin, 0);
    guest_go(g);
    thread_yield();
    EXPECT(spins > 0);
    EXPECT_IS(revoke(pool), 0);
    uint64_t at_end = spins;
    thread_yield();
    quiesce();
    EXPECT_IS(spins, at_end);
}

static void queued_senders(void)
{
    static const uint64_t ops[] = {SYS_SEND, SYS_CALL};
    for (unsigned i = 0; i < COUNT(ops); i++) {
        for (unsigned dies = 0; dies < 3; dies++) { /* at the head, in the middle, at the tail */
            cap_t ep = new_endpoint();
            pool_new();
            for (unsigned who = 0; who < 3; who++) {
                if (who == dies)
                    guest_run(0, ops[i], ep);
                else
                    EXPECT_WAITS(act(who, ops[i], ep, who));
            }
            EXPECT_IS(revoke(pool), 0);
            for (unsigned who = 0; who < 3; who++) {
                if (who != dies)
                    EXPECT_MESSAGE(act(D, SYS_RECV, ep, 9), 0, who);
            }
            EXPECT_WAITS(act(D, SYS_RECV, ep, 9));
            guest_expect_dead(0);
            actors_reset(false);
        }
    }
}

static void queued_receivers(void)
{
    for (unsigned dies = 0; dies < 3; dies++) {
        cap_t ep = new_endpoint();
        struct step *s[3];
        pool_new();
        for (unsigned who = 0; who < 3; who++) {
            if (who == dies)
                guest_run(0, SYS_REPLY_RECV, ep);
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
        guest_expect_dead(0);
        actors_reset(false);
    }
}

static void notification_waiter_dies(void)
{
    cap_t n = cap_at(temp_object(TYPE_NOTIFICATION, 0));
    uint64_t bits = 0;
    for (unsigned dies = 0; dies < 3; dies++) {
        struct step *s[3];
        pool_new();
        for (unsigned who = 0; who < 3; who++) {
            if (who == dies)
                guest_run(0, SYS_WAIT, n);
            else
                s[who] = act(who, SYS_WAIT, n, who);
        }
        EXPECT_IS(revoke(pool), 0);
        for (unsigned who = 0; who < 3; who++) {
            if (who == dies)
                continue;
            EXPECT_WAITS(s[who]);
            EXPECT_IS(notification_signal(n), 0);
            EXPECT_DONE(s[who]);
        }
        EXPECT_IS(notification_signal(n), 0);
        EXPECT_IS(notification_poll(n, &bits), GOT_NOTIFIED);
        guest_expect_dead(0);
        actors_reset(false);
    }
}

/* Bound threads: one that receives, one that has a signal pending. The notification is free for others then. */
static void bound_thread_dies(void)
{
    for (unsigned pending = 0; pending < 2; pending++) {
        cap_t n = cap_at(temp_object(TYPE_NOTIFICATION, 0)), ep = new_endpoint();
        uint64_t bits = 0;
        pool_new();
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
        guest_expect_dead(0);
    }
}

static const struct test list[] = {
    {"stopped_and_new", stopped_and_new},
    {"ready", ready},
    {"preempted", preempted},
    {"queued_senders", queued_senders},
    {"queued_receivers", queued_receivers},
    {"notification_waiter_dies", notification_waiter_dies},
    {"bound_thread_dies", bound_thread_dies},
};

CASE_SET(350, delete_thread_cases)
{
    CASES("delete/threads", list);
}
