/* A deletion whose caller dies leaves work behind. The thread that deletes next, however urgent, has a share in it of at most one
   entry; one that wants memory to start again pays for all of it. */
#include "frame/guest.h"
#include "frame/timer.h"

enum { RADIX = 12, SLOTS = 1 << RADIX, AN_ENTRY = 64, BOUND = 40000 /* docs/latency.md */ };

static uint64_t cnode, ep;

/* A full CNode is deleted by the thread whose last capability lies in it. */
static void leave_behind(void)
{
    unsigned root_bits = (unsigned)SLOT_BITS + (unsigned)__builtin_ctz(boot_info->slot_count);
    pool_new();
    ep = temp_endpoint();
    cnode = temp_object(TYPE_CNODE, RADIX);
    struct guest *g = guest_new(0, pool, ACTOR_PRIORITY, 0);
    struct guest_step *s = guest_plan(g, SYS_CAP_DELETE, own_cnode(), cnode, 0);
    EXPECT_IS(cap_move(cap_at(cnode), 1, own_cnode(), g->tcb), 0);
    for (uint64_t i = 2; i < SLOTS; i++)
        EXPECT_IS(cap_copy(cap_at(cnode), i, own_cnode(), ep, RIGHT_ALL), 0);
    EXPECT_IS(thread_resume(cap_at(cnode) | 1ul << root_bits), 0);
    EXPECT(!s->done);
}

/* While it is being taken apart its slot is not empty. */
static bool is_left(void)
{
    long result = cap_copy(own_cnode(), cnode, own_cnode(), ep, RIGHT_ALL);
    EXPECT(result == 0 || result == ERR_OCCUPIED);
    return result != 0;
}

static void within_bound(uint64_t start, const char *what)
{
    uint64_t took = clock_read() - start;
    print("latency %s while much is left: %lu ticks\n", what, took);
    if (counts_instructions() && !machine_slow())
        EXPECT(took <= BOUND);
}

/* So many deletions, each of what costs nothing, until nothing is left. */
static void expect_entries(uint64_t least, uint64_t most)
{
    uint64_t nothing = temp_slot(), n = 0;
    for (; is_left() && n < SLOTS; n++)
        EXPECT_IS(cap_delete(own_cnode(), nothing), 0);
    EXPECT(n >= least && n <= most);
}

static void a_share_of_each(void)
{
    leave_behind();
    expect_entries(SLOTS / AN_ENTRY - 2, SLOTS / AN_ENTRY + 2);
}

static void of_one(void)
{
    leave_behind();
    uint64_t copy = temp_copy(ep, RIGHT_ALL), start = clock_read();
    EXPECT_IS(cap_delete(own_cnode(), copy), 0);
    within_bound(start, "a deletion");
    EXPECT(is_left());
    expect_entries(SLOTS / AN_ENTRY - 3, SLOTS / AN_ENTRY + 2);
}

/* With something of its own that takes more than an entry, and lies on top: the entry that ends it is the last one. */
static void of_a_large_one(void)
{
    enum { OWN = 8 * AN_ENTRY };
    uint64_t own = temp_object(TYPE_CNODE, 10), other = temp_endpoint();
    for (uint64_t i = 0; i < OWN; i++)
        EXPECT_IS(cap_copy(cap_at(own), i, own_cnode(), other, RIGHT_ALL), 0);
    leave_behind();
    EXPECT_IS(cap_delete(own_cnode(), own), 0);
    EXPECT(is_left());
    EXPECT_IS(cap_copy(own_cnode(), own, own_cnode(), ep, RIGHT_ALL), 0);
    expect_entries(SLOTS / AN_ENTRY - 1, SLOTS / AN_ENTRY + 2); /* its share was less than one */
}

static void by_revoke(void)
{
    uint64_t parent = temp_object(TYPE_UNTYPED, 14), small = make(parent, TYPE_CNODE, 2),
             last = make(parent, TYPE_ENDPOINT, 0);
    leave_behind();
    uint64_t start = clock_read();
    EXPECT_IS(revoke(parent), 0);
    within_bound(start, "a revoke");
    EXPECT(is_left() && is_gone(small) && is_gone(last));
    make(parent, TYPE_UNTYPED, 14);
}

static void by_a_reset(void)
{
    uint64_t memory = temp_object(TYPE_UNTYPED, 13), first = make(memory, TYPE_CNODE, 1);
    EXPECT_IS(cap_delete(own_cnode(), first), 0);
    leave_behind();
    make(memory, TYPE_UNTYPED, 13);
    EXPECT(!is_left());
}

static const struct test list[] = {
    {"a_share_of_each", a_share_of_each}, {"of_one", of_one},
    {"of_a_large_one", of_a_large_one},   {"by_revoke", by_revoke},
    {"by_a_reset", by_a_reset},
};

CASE_SET(401, delete_pays_cases)
{
    CASES("delete/pays", list);
}
