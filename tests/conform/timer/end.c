/* Timers that go, and notifications that go from under them; very many of them, and all memory back. */
#include "frame/guest.h"
#include "frame/timer.h"

enum { SOON_US = 500 };

static cap_t self(void)
{
    return cap_at(CAP_SELF_CNODE);
}

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
    EXPECT_IS(cap_delete(self(), t), 0);
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
        EXPECT_IS(cap_delete(self(), t[i]), 0);
    spin_past(deadline);
    EXPECT_PENDING(n, 0xaa);
}

static void a_copy_keeps_it(void)
{
    uint64_t n = notification(), t = timer(cap_at(n)), copy = temp_copy(t, RIGHT_ALL);
    uint64_t deadline = set_ahead(t, SOON_US);
    EXPECT_IS(cap_delete(self(), t), 0);
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
    EXPECT_IS(cap_move(cap_at(cnode), 3, self(), t), 0);
    EXPECT_IS(cap_delete(self(), cnode), 0);
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
    EXPECT_IS(cap_delete(self(), badged), 0);
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
    EXPECT_IS(cap_delete(self(), n), 0);
    EXPECT_WAITS(wait);
    EXPECT_IS(by_unbinding ? timer_bind(cap_at(t), 0) : cap_delete(self(), t), 0);
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
    EXPECT_IS(cap_delete(self(), n), 0);
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

/* ---- very many */
enum { MANY = 1000, RADIX = 10, AT_ONCE = 250 };

static uint64_t cnode;

/* The i-th of the CNode's, by its address below the root; slot 0 has none. */
static cap_t nth(uint64_t i)
{
    return cap_at(cnode) | i << ((unsigned)SLOT_BITS + (unsigned)__builtin_ctz(boot_info->slot_count));
}

static void make_many(uint64_t untyped, uint64_t n)
{
    for (uint64_t i = 1; i < MANY; i += AT_ONCE)
        EXPECT_IS(retype(cap_at(untyped), TYPE_TIMER, 0, cap_at(cnode), i, AT_ONCE), 0);
    for (uint64_t i = 1; i <= MANY; i++)
        EXPECT_IS(timer_bind(nth(i), cap_at(n)), 0);
}

/* The i-th of a permutation of 1 to MANY: 1009 is a prime, and what is beyond MANY is left out. */
static uint64_t next_of(uint64_t i)
{
    do
        i = i * 11 % 1009;
    while (i > MANY);
    return i;
}

static void thousand_cancelled_at_random(void)
{
    uint64_t n = notification(), untyped = temp_object(TYPE_UNTYPED, 17);
    uint64_t far = clock_read() + clock_ticks(1000000000000);
    cnode = temp_object(TYPE_CNODE, RADIX);
    make_many(untyped, n);
    for (uint64_t i = 1; i <= MANY; i++)
        EXPECT_IS(timer_set(nth(i), far + i * 7919 % 503), 0);
    for (uint64_t k = 1, i = 1; k <= MANY; k++, i = next_of(i)) {
        EXPECT_IS(k % 3 == 0 ? cap_delete(cap_at(cnode), i) : timer_cancel(nth(i)), 0);
    }
    EXPECT_PENDING(n, 0);
}

/* Even with all of them due at one moment we get on, and all fire. */
static void thousand_at_one_moment(void)
{
    uint64_t n = notification(), untyped = temp_object(TYPE_UNTYPED, 17);
    cnode = temp_object(TYPE_CNODE, RADIX);
    make_many(untyped, n);
    uint64_t deadline = clock_read() + clock_ticks(100000000);
    for (uint64_t i = 1; i <= MANY; i++)
        EXPECT_IS(timer_set(nth(i), deadline), 0);
    while (clock_read() < deadline)
        ;
    spin_past(clock_read());
    for (uint64_t i = 1; i <= MANY; i++)
        EXPECT_IS(timer_cancel(nth(i)), ERR_EMPTY);
    EXPECT_PENDING(n, 1);
}

/* Memory for 64 timers holds 64, again and again, whatever became of the last ones. */
static void exhausted_and_recovered(void)
{
    enum { FIT = 64, ROUNDS = 5 };
    uint64_t n = notification(), untyped = temp_object(TYPE_UNTYPED, 12);
    cnode = temp_object(TYPE_CNODE, RADIX);
    for (unsigned round = 0; round < ROUNDS; round++) {
        EXPECT_IS(retype(cap_at(untyped), TYPE_TIMER, 0, cap_at(cnode), 1, FIT), 0);
        EXPECT_IS(retype(cap_at(untyped), TYPE_TIMER, 0, cap_at(cnode), 1 + FIT, 1), ERR_NO_MEMORY);
        for (uint64_t i = 1; i <= FIT; i++) {
            EXPECT_IS(timer_cancel(nth(i)), ERR_EMPTY); /* cleared memory */
            EXPECT_IS(timer_bind(nth(i), cap_at(n)), 0);
            EXPECT_IS(timer_set(nth(i), clock_read() + microseconds(i * round)), 0);
        }
        EXPECT_IS(revoke(untyped), 0);
    }
    notification_poll(cap_at(n), &(uint64_t){0});
    spin_past(clock_read());
    EXPECT_PENDING(n, 0);
    make(untyped, TYPE_UNTYPED, 12);
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
    {"thousand_cancelled_at_random", thousand_cancelled_at_random},
    {"thousand_at_one_moment", thousand_at_one_moment},
    {"exhausted_and_recovered", exhausted_and_recovered},
};

CASE_SET(620, timer_end_cases)
{
    CASES("timer/end", list);
}
