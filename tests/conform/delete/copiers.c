/* A revoke against threads that go on copying what is revoked: equals may make children as fast as it takes them; a thread that
   is more urgent than they are ends it (docs/threat-model.md). */
#include "frame/guest.h"
#include "frame/timer.h"
#include "frame/watch.h"

/* More slots than a slice is enough to empty; but each entry of the checking build walks over all of them. */
enum { RADIX = 15, RADIX_CHECKED = 6, COPIERS = 3, LONG_US = 30000 };

static uint64_t parent, size;
static volatile uint64_t stop, ended, copies;
static volatile long result;
static uint64_t cnodes[COPIERS];

/* Copies its newest copy, round and round its CNode. */
static void copier(uint64_t k)
{
    cap_t cnode = cap_at(cnodes[k]);
    uint64_t from = 0, to = 1;
    while (!stop) {
        long made = cap_copy(cnode, to, cnode, from, RIGHT_ALL);
        if (made == 0) {
            copies++;
            from = to;
        } else if (made == ERR_BAD_CAP) {
            from = (from + 1) % size;
        }
        to = (to + 1) % size;
    }
    __builtin_trap();
}

static void revoker(uint64_t unused)
{
    (void)unused;
    result = cap_revoke(own_cnode(), parent);
    ended = 1;
    __builtin_trap();
}

static struct guest *start(unsigned k, void (*function)(uint64_t), uint64_t argument)
{
    struct guest *g = guest_new(k, pool, BELOW, new_endpoint());
    EXPECT_IS(syscall2(SYS_THREAD_SET_SLICE, cap_at(g->tcb), boot_info->checked ? 2 : 1), 0);
    guest_enter(g, function, argument);
    guest_go(g);
    return g;
}

static void sleep_for(uint64_t us)
{
    uint64_t n = notification(), bits;
    set_ahead(timer(cap_at(n)), us);
    EXPECT_IS(notification_wait(cap_at(n), &bits), GOT_NOTIFIED);
}

static void more_urgent_ends_it(void)
{
    unsigned radix = machine_slow() ? RADIX_CHECKED : RADIX;
    size = 1ull << radix;
    stop = ended = copies = 0;
    watch_stop_sentinel();
    pool_new();
    parent = temp_endpoint();
    for (unsigned k = 0; k < COPIERS; k++) {
        cnodes[k] = temp_object(TYPE_CNODE, radix);
        EXPECT_IS(cap_copy(cap_at(cnodes[k]), 0, own_cnode(), parent, RIGHT_ALL), 0);
        start(k, copier, k);
    }
    sleep_for(LONG_US);
    uint64_t before = copies;
    struct guest *g = start(COPIERS, revoker, 0);
    sleep_for(LONG_US);
    print("latency revoke among %u copiers: %s, %lu copies before, %lu since\n", (unsigned)COPIERS,
          ended ? "has ended" : "has not ended", before, copies - before);
    EXPECT(before > 0);
    EXPECT_IS(thread_set_priority(cap_at(g->tcb), BELOW + 1, BELOW + 1), 0);
    while (!ended)
        sleep_for(LONG_US);
    EXPECT_IS(result, 0);
    uint64_t last = copies;
    sleep_for(LONG_US);
    EXPECT_IS(copies, last); /* nobody has one left */
    stop = 1;
    sleep_for(LONG_US);
    watch_start_sentinel();
}

static const struct test list[] = {{"more_urgent_ends_it", more_urgent_ends_it}};

CASE_SET(402, delete_copiers_cases)
{
    CASES("delete/copiers", list);
}
