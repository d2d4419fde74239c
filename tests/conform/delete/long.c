/* A revoke that takes long is taken apart by the timer: others of its priority run meanwhile, even more urgent
   threads may end it, and the thread that revokes next goes on with what is left. */
#include "frame/guest.h"

enum { CHILDREN = 10000, RADIX = 14, STRIDE = 50 };

static uint64_t cnode;
static volatile uint64_t spins, spins_before, spins_after, ended;
static volatile long result;

static void prepare(void)
{
    pool = temp_object(TYPE_UNTYPED, 20);
    cnode = temp_object(TYPE_CNODE, RADIX);
    for (uint64_t i = 0; i < CHILDREN; i += 250)
        EXPECT_IS(retype(cap_at(pool), TYPE_ENDPOINT, 0, cap_at(cnode), i, 250), 0);
    spins = spins_before = spins_after = ended = 0;
}

/* Of every STRIDE-th, by its address below the root CNode. */
static uint64_t children_left(void)
{
    unsigned root_bits = (unsigned)SLOT_BITS + (unsigned)__builtin_ctz(boot_info->slot_count);
    uint64_t left = 0;
    for (uint64_t i = STRIDE - 1; i < CHILDREN; i += STRIDE)
        left += cap_identify(cap_at(cnode) | i << root_bits) == TYPE_ENDPOINT;
    return left;
}

static void revoker(uint64_t unused)
{
    (void)unused;
    spins_before = spins;
    result = cap_revoke(cap_at(CAP_SELF_CNODE), pool);
    spins_after = spins;
    ended = 1;
    __builtin_trap();
}

/* Spins until the timer takes it off, some turns long, then for good. */
static void spinner(uint64_t unused)
{
    (void)unused;
    while (!ended && spins < 1000000000)
        spins++;
    __builtin_trap();
}

static struct guest *start(unsigned k, uint64_t untyped, void (*function)(uint64_t), cap_t fault_ep)
{
    struct guest *g = guest_new(k, untyped, RUNNER_PRIORITY, fault_ep);
    /* the first tick may come at once, before an entry of the checking build is done */
    EXPECT_IS(syscall2(SYS_THREAD_SET_SLICE, cap_at(g->tcb), boot_info->checked ? 2 : 1), 0);
    guest_enter(g, function, 0);
    guest_go(g);
    return g;
}

static void others_run_meanwhile(void)
{
    cap_t faults = cap_at(temp_object(TYPE_ENDPOINT, 0));
    uint64_t threads = temp_object(TYPE_UNTYPED, 12);
    prepare();
    EXPECT_IS(children_left(), CHILDREN / STRIDE);
    start(0, threads, revoker, faults);
    start(1, threads, spinner, faults);
    while (!ended)
        thread_yield();
    EXPECT_IS(result, 0);
    EXPECT(spins_after > spins_before);
    EXPECT_IS(children_left(), 0);
    EXPECT(!is_gone(pool));
    make(pool, TYPE_UNTYPED, 20);
}

/* We are of the same priority: each time that our yield returns, the timer has cut the revoke. */
static void stopped_half_way(void)
{
    cap_t faults = cap_at(temp_object(TYPE_ENDPOINT, 0));
    uint64_t threads = temp_object(TYPE_UNTYPED, 12);
    prepare();
    struct guest *g = start(0, threads, revoker, faults);
    thread_yield();
    EXPECT(!ended);
    EXPECT_IS(thread_suspend(cap_at(g->tcb)), 0);
    uint64_t left = children_left();
    EXPECT(left > 0 && left < CHILDREN / STRIDE);
    EXPECT_IS(retype(cap_at(pool), TYPE_UNTYPED, 20, cap_at(CAP_SELF_CNODE), temp_slot(), 1), ERR_NO_MEMORY);
    EXPECT_IS(thread_resume(cap_at(g->tcb)), 0);
    while (!ended)
        thread_yield();
    EXPECT_IS(result, 0);
    EXPECT_IS(children_left(), 0);
}

/* Somebody else finishes it; the one that was stopped then finds nothing left to do. */
static void finished_by_another(void)
{
    cap_t faults = cap_at(temp_object(TYPE_ENDPOINT, 0));
    uint64_t threads = temp_object(TYPE_UNTYPED, 12);
    prepare();
    struct guest *g = start(0, threads, revoker, faults);
    thread_yield();
    EXPECT_IS(thread_suspend(cap_at(g->tcb)), 0);
    EXPECT_IS(revoke(pool), 0);
    EXPECT_IS(children_left(), 0);
    make(pool, TYPE_UNTYPED, 20);
    EXPECT_IS(thread_resume(cap_at(g->tcb)), 0);
    while (!ended)
        thread_yield();
    EXPECT_IS(result, 0);
    EXPECT(!is_gone(pool));
}

/* The revoker dies half way; the rest stays usable, and can be revoked. */
static void revoker_dies(void)
{
    cap_t faults = cap_at(temp_object(TYPE_ENDPOINT, 0));
    uint64_t threads = temp_object(TYPE_UNTYPED, 12);
    prepare();
    start(0, threads, revoker, faults);
    thread_yield();
    EXPECT_IS(revoke(threads), 0);
    uint64_t left = children_left();
    EXPECT(left > 0 && left < CHILDREN / STRIDE);
    EXPECT_IS(revoke(pool), 0);
    EXPECT_IS(children_left(), 0);
}

/* A CNode is half taken apart when its deleter is stopped: no capability to it can be used any more. */
static void deleter(uint64_t unused)
{
    (void)unused;
    result = cap_delete(cap_at(CAP_SELF_CNODE), cnode);
    ended = 1;
    __builtin_trap();
}

static void half_deleted_cnode(void)
{
    cap_t faults = cap_at(temp_object(TYPE_ENDPOINT, 0)), self = cap_at(CAP_SELF_CNODE);
    uint64_t threads = temp_object(TYPE_UNTYPED, 12), to = temp_slot(), ep = temp_object(TYPE_ENDPOINT, 0);
    prepare();
    struct guest *g = start(0, threads, deleter, faults);
    thread_yield();
    EXPECT_IS(thread_suspend(cap_at(g->tcb)), 0);
    EXPECT(!ended);
    EXPECT_IS(cap_move(self, to, cap_at(cnode), CHILDREN - 1), ERR_WRONG_TYPE);
    EXPECT_IS(cap_copy(self, to, self, cnode, RIGHT_ALL), ERR_BAD_CAP);
    EXPECT_IS(cap_swap(self, to, self, cnode), ERR_BAD_CAP);
    EXPECT_IS(cap_revoke(self, cnode), ERR_BAD_CAP);
    EXPECT_IS(cap_identify(cap_at(cnode)), ERR_BAD_CAP);
    EXPECT_IS(cap_identify(cap_at(cnode) | 1ul << 40), ERR_BAD_CAP);
    EXPECT_IS(retype(cap_at(pool), TYPE_ENDPOINT, 0, self, cnode, 1), ERR_OCCUPIED);
    EXPECT_IS(cap_delete(self, ep), 0); /* somebody else's deletion has a share in it */
    EXPECT_IS(cap_identify(cap_at(cnode)), ERR_BAD_CAP);
    EXPECT_IS(thread_resume(cap_at(g->tcb)), 0);
    while (!ended)
        thread_yield();
    EXPECT_IS(result, 0);
    make(pool, TYPE_UNTYPED, 20);
}

static const struct test list[] = {
    {"others_run_meanwhile", others_run_meanwhile}, {"stopped_half_way", stopped_half_way},
    {"finished_by_another", finished_by_another},   {"revoker_dies", revoker_dies},
    {"half_deleted_cnode", half_deleted_cnode},
};

CASE_SET(400, delete_long_cases)
{
    CASES("delete/long", list);
}
