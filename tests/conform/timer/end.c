/* Timers that go, and notifications that go from under them. */
#include "frame/guest.h"
#include "frame/timer.h"

enum { SOON_US = 500 };

static uint64_t bound_timer(uint64_t untyped, uint64_t n)
{
    uint64_t t = make(untyped, TYPE_TIMER, 0);
    EXPECT_IS(timer_bind(cap_at(t), cap_at(n)), 0);
    return t;
}

/* Its memory is a notification's when the deadline comes. */
static void deleted_while_set(void)
{
    uint64_t n = notification(), untyped = temp_object(TYPE_UNTYPED, 6), t = bound_timer(untyped, n);
    uint64_t deadline = set_ahead(t, SOON_US);
    EXPECT_IS(cap_delete(own_cnode(), t), 0);
    uint64_t reused = make(untyped, TYPE_NOTIFICATION, 0);
    spin_past(deadline);
    EXPECT_PENDING(n, 0);
    EXPECT_PENDING(reused, 0);
}

/* In the middle of others: those before and behind it stay. */
static void deleted_among_others(void)
{
    uint64_t n = notification(), t[9];
    for (unsigned i = 0; i < COUNT(t); i++)
        t[i] = timer(signaller(n, 1ul << i));
    uint64_t deadline = clock_read() + microseconds(3 * SOON_US);
    for (unsigned i = 0; i < COUNT(t); i++)
        EXPECT_IS(timer_set(cap_at(t[i]), deadline + 10 * (i * 5 % COUNT(t))), 0);
    for (unsigned i = 0; i < COUNT(t); i += 2)
        EXPECT_IS(cap_delete(own_cnode(), t[i]), 0);
    spin_past(deadline);
    EXPECT_PENDING(n, 0xaa);
}

static void a_copy_keeps_it(void)
{
    uint64_t n = notification(), t = timer(cap_at(n)), copy = temp_copy(t, RIGHT_ALL);
    uint64_t deadline = set_ahead(t, SOON_US);
    EXPECT_IS(cap_delete(own_cnode(), t), 0);
    spin_past(deadline);
    EXPECT_PENDING(n, 1);
    deadline = set_ahead(copy, SOON_US);
    EXPECT_IS(revoke(copy), 0); /* nothing was derived from it */
    spin_past(deadline);
    EXPECT_PENDING(n, 1);
}

static void revoked_copies(void)
{
    uint64_t n = notification(), t = timer(cap_at(n)), copy = temp_copy(t, RIGHT_ALL);
    uint64_t deadline = set_ahead(copy, SOON_US);
    EXPECT_IS(revoke(t), 0);
    EXPECT(is_gone(copy));
    spin_past(deadline);
    EXPECT_PENDING(n, 1);
}

/* Untyped memory is revoked and made into something else while its timers are set. */
static void memory_revoked_while_set(void)
{
    uint64_t n = notification(), untyped = temp_object(TYPE_UNTYPED, 12), deadline = 0;
    for (unsigned i = 0; i < 64; i++)
        deadline = set_ahead(bound_timer(untyped, n), 10 * SOON_US);
    EXPECT_IS(revoke(untyped), 0);
    uint64_t frame = make(untyped, TYPE_FRAME, 12);
    spin_past(deadline);
    EXPECT_PENDING(n, 0);
    EXPECT_IS(cap_identify(cap_at(frame)), TYPE_FRAME);
}

static void in_a_deleted_cnode(void)
{
    uint64_t n = notification(), cnode = temp_object(TYPE_CNODE, 4), t = timer(cap_at(n));
    uint64_t deadline = set_ahead(t, SOON_US);
    EXPECT_IS(cap_move(cap_at(cnode), 3, own_cnode(), t), 0);
    EXPECT_IS(cap_delete(own_cnode(), cnode), 0);
    spin_past(deadline);
    EXPECT_PENDING(n, 0);
}

/* Set or not, it then signals nobody; and can be bound again. */
static void notification_revoked(void)
{
    uint64_t n = notification(), t = timer(cap_at(n)), idle = timer(cap_at(n));
    uint64_t deadline = set_ahead(t, SOON_US);
    EXPECT_IS(revoke(n), 0);
    spin_past(deadline);
    EXPECT_PENDING(n, 0);
    EXPECT_IS(timer_set(cap_at(idle), 0), 0);
    EXPECT_PENDING(n, 0);
    EXPECT_IS(timer_bind(cap_at(t), cap_at(n)), 0);
    EXPECT_IS(timer_set(cap_at(t), 0), 0);
    EXPECT_PENDING(n, 1);
}

/* Only the badged capability that it was bound by is revoked, or its parent deleted. */
static void badged_parent_goes(void)
{
    uint64_t n = notification(), badged = temp_mint(n, RIGHT_SIGNAL, 2), t = timer(cap_at(badged));
    uint64_t other = timer(signaller(n, 4));
    EXPECT_IS(revoke(badged), 0);
    EXPECT_IS(timer_set(cap_at(t), 0), 0);
    EXPECT_IS(timer_set(cap_at(other), 0), 0);
    EXPECT_PENDING(n, 4);
    EXPECT_IS(timer_bind(cap_at(t), cap_at(badged)), 0);
    EXPECT_IS(cap_delete(own_cnode(), badged), 0);
    EXPECT_IS(timer_set(cap_at(t), 0), 0);
    EXPECT_PENDING(n, 2);
    EXPECT_IS(revoke(n), 0);
    EXPECT_IS(timer_set(cap_at(t), 0), 0);
    EXPECT_PENDING(n, 0);
}

/* The notification lies in memory that is revoked while the timer is set. */
static void notification_memory_revoked(void)
{
    uint64_t untyped = temp_object(TYPE_UNTYPED, 6), t = temp_object(TYPE_TIMER, 0);
    uint64_t n = make(untyped, TYPE_NOTIFICATION, 0);
    EXPECT_IS(timer_bind(cap_at(t), cap_at(n)), 0);
    uint64_t deadline = set_ahead(t, SOON_US);
    EXPECT_IS(revoke(untyped), 0);
    uint64_t again = make(untyped, TYPE_NOTIFICATION, 0);
    spin_past(deadline);
    EXPECT_PENDING(again, 0);
    EXPECT_IS(timer_bind(cap_at(t), cap_at(again)), 0);
}

/* A timer's capability is like any other: while it exists, so does the notification, and threads that wait there wait.
   It ends by unbinding, or with the timer. */
static void last_capability(bool by_unbinding)
{
    uint64_t n = notification(), t = timer(cap_at(n));
    struct step *wait = act(A, SYS_WAIT, cap_at(n), 1);
    EXPECT_IS(cap_delete(own_cnode(), n), 0);
    EXPECT_WAITS(wait);
    EXPECT_IS(by_unbinding ? timer_bind(cap_at(t), 0) : cap_delete(own_cnode(), t), 0);
    EXPECT_CANCELED(wait);
}

static void last_capability_unbound(void)
{
    last_capability(true);
}

static void last_capability_deleted(void)
{
    last_capability(false);
}

static void last_capability_fires(void)
{
    uint64_t n = notification(), t = timer(cap_at(n));
    struct step *wait = act(A, SYS_WAIT, cap_at(n), 1);
    EXPECT_IS(cap_delete(own_cnode(), n), 0);
    uint64_t deadline = set_ahead(t, SOON_US);
    spin_past(deadline);
    EXPECT_SIGNAL(wait, 1);
}

/* The thread that sleeps is suspended, or deleted: the timer fires for nobody. */
static void sleeper_goes(void)
{
    uint64_t n = notification(), t = timer(cap_at(n));
    struct step *wait = act(A, SYS_WAIT, cap_at(n), 1);
    uint64_t deadline = set_ahead(t, SOON_US);
    EXPECT_IS(thread_suspend(actor_tcb(A)), 0);
    spin_past(deadline);
    EXPECT_WAITS(wait);
    EXPECT_PENDING(n, 1);
    pool_new();
    guest_run(0, SYS_WAIT, cap_at(n));
    deadline = set_ahead(t, SOON_US);
    EXPECT_IS(revoke(pool), 0);
    spin_past(deadline);
    guest_expect_dead(0);
    EXPECT_PENDING(n, 1);
}

static const struct test list[] = {
    {"deleted_while_set", deleted_while_set},
    {"deleted_among_others", deleted_among_others},
    {"a_copy_keeps_it", a_copy_keeps_it},
    {"revoked_copies", revoked_copies},
    {"memory_revoked_while_set", memory_revoked_while_set},
    {"in_a_deleted_cnode", in_a_deleted_cnode},
    {"notification_revoked", notification_revoked},
    {"badged_parent_goes", badged_parent_goes},
    {"notification_memory_revoked", notification_memory_revoked},
    {"last_capability_unbound", last_capability_unbound},
    {"last_capability_deleted", last_capability_deleted},
    {"last_capability_fires", last_capability_fires},
    {"sleeper_goes", sleeper_goes},
};

CASE_SET(620, timer_end_cases)
{
    CASES("timer/end", list);
}
