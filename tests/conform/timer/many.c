/* Very many timers at once, and all memory back. */
#include "frame/guest.h"
#include "frame/timer.h"

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
    {"thousand_cancelled_at_random", thousand_cancelled_at_random},
    {"thousand_at_one_moment", thousand_at_one_moment},
    {"exhausted_and_recovered", exhausted_and_recovered},
};

CASE_SET(622, timer_many_cases)
{
    CASES("timer/end", list);
}
