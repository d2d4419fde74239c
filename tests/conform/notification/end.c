/* How the bond of a notification and a thread begins and ends, and what the end of either does. */
#include "frame/notification.h"

static void remove_slot(uint64_t slot)
{
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), slot), 0);
}

static uint64_t bound(unsigned who)
{
    uint64_t n = notification();
    EXPECT_IS(notification_bind(actor_tcb(who), cap_at(n)), 0);
    return n;
}

/* What was signalled before the bond is received through it, at once if the thread waits to receive. */
static void bind_with_pending(void)
{
    uint64_t n = notification(), other = notification();
    EXPECT_IS(notification_signal(signaller(n, 6)), 0);
    EXPECT_IS(notification_bind(actor_tcb(B), cap_at(n)), 0);
    EXPECT_SIGNAL(act(B, SYS_RECV, new_endpoint(), 1), 6);
    struct step *got = act(C, SYS_RECV, new_endpoint(), 2);
    EXPECT_IS(notification_signal(signaller(other, 8)), 0);
    EXPECT_IS(notification_bind(actor_tcb(C), cap_at(other)), 0);
    EXPECT_SIGNAL(got, 8);
    EXPECT_PENDING(other, 0);
}

static void bind_while_it_receives(void)
{
    uint64_t n = notification();
    struct step *got = act(B, SYS_RECV, new_endpoint(), 1);
    EXPECT_IS(notification_bind(actor_tcb(B), cap_at(n)), 0);
    EXPECT_WAITS(got);
    EXPECT_IS(notification_signal(signaller(n, 2)), 0);
    EXPECT_SIGNAL(got, 2);
}

static void unbind(void)
{
    uint64_t n = bound(B);
    cap_t ep = new_endpoint();
    struct step *got = act(B, SYS_RECV, ep, 1);
    EXPECT_IS(notification_bind(actor_tcb(B), 0), 0);
    EXPECT_IS(notification_signal(signaller(n, 2)), 0);
    EXPECT_WAITS(got);
    EXPECT_RESULT(act(A, SYS_SEND, ep, 2), 0);
    EXPECT_MESSAGE(got, 0, 2);
    EXPECT_PENDING(n, 2);
}

/* The bits stay with the notification, and can be bound again. */
static void unbind_while_pending(void)
{
    uint64_t n = bound(B);
    EXPECT_IS(notification_signal(signaller(n, 2)), 0);
    EXPECT_IS(notification_bind(actor_tcb(B), 0), 0);
    EXPECT_WAITS(act(B, SYS_RECV, new_endpoint(), 1));
    EXPECT_IS(notification_bind(actor_tcb(C), cap_at(n)), 0);
    EXPECT_SIGNAL(act(C, SYS_RECV, new_endpoint(), 2), 2);
}

/* A stopped thread keeps its bond; what it missed comes with its next receive. */
static void thread_stopped(void)
{
    uint64_t n = bound(B);
    cap_t ep = new_endpoint();
    struct step *got = act(B, SYS_RECV, ep, 1);
    EXPECT_IS(thread_suspend(actor_tcb(B)), 0);
    EXPECT_IS(notification_signal(signaller(n, 2)), 0);
    EXPECT_WAITS(got);
    go(B);
    EXPECT_CANCELED(got);
    EXPECT_SIGNAL(act(B, SYS_RECV, ep, 2), 2);
}

static void thread_stopped_after_signal(void)
{
    uint64_t n = bound(B);
    actor_configure(B, RUNNER_PRIORITY - 1, watch_fault_ep);
    struct step *got = act(B, SYS_RECV, new_endpoint(), 1);
    quiesce();
    EXPECT_WAITS(got);
    EXPECT_IS(notification_signal(signaller(n, 2)), 0); /* it is ready, with the signal in its registers */
    EXPECT_IS(thread_suspend(actor_tcb(B)), 0);
    quiesce();
    EXPECT_WAITS(got);
    go(B);
    quiesce();
    EXPECT_SIGNAL(got, 2);
}

static void deleted_while_waited_for(void)
{
    uint64_t n = notification();
    struct step *wait[4];
    for (unsigned who = 0; who < COUNT(wait); who++)
        wait[who] = act(who, SYS_WAIT, cap_at(n), who);
    uint64_t copy = temp_copy(n, RIGHT_ALL);
    remove_slot(n);
    EXPECT_WAITS(wait[A]); /* it is not the last */
    remove_slot(copy);
    for (unsigned who = 0; who < COUNT(wait); who++) {
        EXPECT_CANCELED(wait[who]);
        EXPECT(who == 0 || wait[who]->order > wait[who - 1]->order);
    }
}

static void deleted_while_bound(void)
{
    uint64_t n = bound(B);
    cap_t ep = new_endpoint();
    struct step *got = act(B, SYS_RECV, ep, 1);
    remove_slot(n);
    EXPECT_WAITS(got);
    EXPECT_RESULT(act(A, SYS_SEND, ep, 2), 0);
    EXPECT_MESSAGE(got, 0, 2);
    n = bound(B); /* it can be bound to another */
    got = act(B, SYS_RECV, ep, 3);
    EXPECT_IS(notification_signal(signaller(n, 2)), 0);
    EXPECT_SIGNAL(got, 2);
}

static void deleted_while_pending(void)
{
    uint64_t n = bound(B);
    EXPECT_IS(notification_signal(cap_at(n)), 0);
    remove_slot(n);
    cap_t ep = new_endpoint();
    struct step *got = act(B, SYS_RECV, ep, 1);
    EXPECT_WAITS(got);
    EXPECT_RESULT(act(A, SYS_SEND, ep, 2), 0);
    EXPECT_MESSAGE(got, 0, 2);
}

/* A badged capability is revocable by itself; the notification stays. */
static void revoke(void)
{
    uint64_t n = notification(), badged = temp_mint(n, RIGHT_ALL, 4), copy = temp_copy(badged, RIGHT_ALL);
    struct step *wait = act(A, SYS_WAIT, cap_at(n), 1);
    EXPECT_IS(cap_revoke(cap_at(CAP_SELF_CNODE), badged), 0);
    EXPECT_IS(notification_signal(cap_at(copy)), ERR_BAD_CAP);
    EXPECT_IS(cap_revoke(cap_at(CAP_SELF_CNODE), n), 0);
    EXPECT_IS(notification_signal(cap_at(badged)), ERR_BAD_CAP);
    EXPECT_WAITS(wait);
    EXPECT_IS(notification_signal(cap_at(n)), 0);
    EXPECT_SIGNAL(wait, 1);
}

/* The thread goes: the notification can be bound to another, and keeps its bits. */
static void thread_deleted(void)
{
    uint64_t n = notification(), tcb = temp_object(TYPE_TCB, 0);
    EXPECT_IS(notification_bind(cap_at(tcb), cap_at(n)), 0);
    EXPECT_IS(notification_signal(signaller(n, 2)), 0);
    EXPECT_IS(notification_bind(actor_tcb(B), cap_at(n)), ERR_IN_USE);
    remove_slot(tcb);
    EXPECT_IS(notification_bind(actor_tcb(B), cap_at(n)), 0);
    EXPECT_SIGNAL(act(B, SYS_RECV, new_endpoint(), 1), 2);
}

static const struct test list[] = {
    {"bind_with_pending", bind_with_pending},
    {"bind_while_it_receives", bind_while_it_receives},
    {"unbind", unbind},
    {"unbind_while_pending", unbind_while_pending},
    {"thread_stopped", thread_stopped},
    {"thread_stopped_after_signal", thread_stopped_after_signal},
    {"deleted_while_waited_for", deleted_while_waited_for},
    {"deleted_while_bound", deleted_while_bound},
    {"deleted_while_pending", deleted_while_pending},
    {"revoke", revoke},
    {"thread_deleted", thread_deleted},
};

CASE_SET(320, notification_end_cases)
{
    CASES_SPACES("notification/end", list);
}
