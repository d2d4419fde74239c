/* How late can an interrupt be? A more urgent thread sleeps to one deadline after another while the runner
   makes the kernel work long, and keeps the worst of all its latenesses: from the deadline to its first reading
   of the clock in ring 3. Where the clock counts instructions (QEMU's TCG) that must stay within the bounds of
   docs/latency.md; on other machines, and slow ones, it prints a number and has no bound. */
#include "frame/guest.h"
#include "frame/timer.h"

enum {
    BOUND_IDLE = 1000,  /* nobody is in the kernel */
    BOUND_BUSY = 40000, /* any one system call that works long */
    EVERY = 10007,      /* ticks between two deadlines: a prime, so that they fall everywhere */
    CHILDREN = 100000,
    CHILDREN_RADIX = 17,
    FULL_RADIX = 16,
    AT_ONCE = 256,
    SPACES_AT_ONCE = 16,
};

static struct sleeper sleeper;
static volatile uint64_t worst, count, stop;

static void sample(uint64_t unused)
{
    (void)unused;
    const uint64_t every = machine_slow() ? 1000 * EVERY : EVERY;
    for (uint64_t deadline = clock_read() + every; !stop; deadline += every) {
        sleep_until(&sleeper, deadline);
        uint64_t late = clock_read() - deadline;
        if (late > worst)
            worst = late;
        count++;
        deadline += late / every * every;
    }
}

static uint64_t scaled(uint64_t n)
{
    return machine_slow() ? n / 200 : n;
}

/* Runs the sampler while `work` runs; prints what it found. */
static void measure(const char *what, void (*work)(void), uint64_t bound)
{
    sleeper = (struct sleeper){temp_object(TYPE_TIMER, 0), temp_object(TYPE_NOTIFICATION, 0)};
    EXPECT_IS(timer_bind(cap_at(sleeper.timer), cap_at(sleeper.notification)), 0);
    worst = count = stop = 0;
    plan_function(A, sample, 0);
    go(A);
    uint64_t start = clock_read();
    work();
    uint64_t took = clock_read() - start;
    stop = 1;
    while (!actor_idle(A))
        ;
    print("latency %s: worst %lu of %lu deadlines in %lu ticks\n", what, worst, count, took);
    if (counts_instructions() && !machine_slow())
        EXPECT(count > 0 && worst <= bound);
}

static void spin(void)
{
    for (uint64_t end = clock_read() + microseconds(20000); clock_read() < end;)
        ;
}

static void while_spinning(void)
{
    measure("spinning", spin, BOUND_IDLE);
}

static uint64_t target, cnode;

static void revoke_target(void)
{
    EXPECT_IS(revoke(target), 0);
}

static void delete_cnode(void)
{
    EXPECT_IS(cap_delete(own_cnode(), cnode), 0);
}

static void fill_with_copies(uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        EXPECT_IS(cap_copy(cap_at(cnode), i, own_cnode(), target, RIGHT_ALL), 0);
}

static void revoking_copies(void)
{
    cnode = temp_object(TYPE_CNODE, CHILDREN_RADIX);
    target = temp_endpoint();
    fill_with_copies(scaled(CHILDREN));
    measure("revoking 100000 copies", revoke_target, BOUND_BUSY);
}

static void retype_at_once(unsigned type, uint64_t index, uint64_t n)
{
    EXPECT_IS(retype(cap_at(target), type, type == TYPE_FRAME ? 12 : 0, cap_at(cnode), index, n), 0);
}

static void make_children(void)
{
    for (uint64_t i = 0; i < scaled(CHILDREN); i += AT_ONCE)
        retype_at_once(TYPE_ENDPOINT, i, AT_ONCE);
}

static void revoking_objects(void)
{
    cnode = temp_object(TYPE_CNODE, CHILDREN_RADIX);
    target = temp_object(TYPE_UNTYPED, 23);
    measure("retyping 100000 endpoints", make_children, BOUND_BUSY);
    measure("revoking 100000 endpoints", revoke_target, BOUND_BUSY);
}

static void deleting_a_full_cnode(void)
{
    cnode = temp_object(TYPE_CNODE, FULL_RADIX);
    target = temp_endpoint();
    fill_with_copies(scaled(1 << FULL_RADIX));
    measure("deleting a CNode of 65536 slots", delete_cnode, BOUND_BUSY);
}

static void deleting_an_empty_cnode(void)
{
    cnode = temp_object(TYPE_CNODE, FULL_RADIX);
    measure("deleting an empty CNode of 65536 slots", delete_cnode, BOUND_BUSY);
}

static void make_frames(void)
{
    retype_at_once(TYPE_FRAME, 0, AT_ONCE);
    retype_at_once(TYPE_FRAME, AT_ONCE, AT_ONCE);
}

static void make_tcbs(void)
{
    retype_at_once(TYPE_TCB, 2 * AT_ONCE, AT_ONCE);
}

static void make_spaces(void)
{
    for (uint64_t i = 0; i < AT_ONCE; i += SPACES_AT_ONCE)
        retype_at_once(TYPE_ADDRESS_SPACE, 3 * AT_ONCE + i, SPACES_AT_ONCE);
}

static void make_page_tables(void)
{
    retype_at_once(TYPE_PAGE_TABLE, 4 * AT_ONCE, AT_ONCE);
}

static void retyping(void)
{
    cnode = temp_object(TYPE_CNODE, 11);
    target = temp_object(TYPE_UNTYPED, 23);
    measure("retyping 2 MiB of frames", make_frames, BOUND_BUSY);
    measure("retyping 256 TCBs", make_tcbs, BOUND_BUSY);
    measure("retyping 256 address spaces", make_spaces, BOUND_BUSY);
    measure("retyping 256 page tables", make_page_tables, BOUND_BUSY);
    measure("revoking all of them", revoke_target, BOUND_BUSY);
}

static const struct test list[] = {
    {"while_spinning", while_spinning},
    {"revoking_copies", revoking_copies},
    {"revoking_objects", revoking_objects},
    {"deleting_a_full_cnode", deleting_a_full_cnode},
    {"deleting_an_empty_cnode", deleting_an_empty_cnode},
    {"retyping", retyping},
};

CASE_SET(630, timer_latency_cases)
{
    CASES("timer/latency", list);
}
