/* A revoke that takes long is taken apart by the timer: others of its priority run meanwhile, even more urgent
   threads may end it, and the thread that revokes next goes on with what is left. */
#include "frame/cut.h"

enum { CHILDREN = 10000, RADIX = 14, STRIDE = 50 };

static uint64_t cnode;

static void prepare(void)
{
    pool = temp_object(TYPE_UNTYPED, 20);
    cnode = temp_object(TYPE_CNODE, RADIX);
    for (uint64_t i = 0; i < CHILDREN; i += 250)
        EXPECT_IS(retype(cap_at(pool), TYPE_ENDPOINT, 0, cap_at(cnode), i, 250), 0);
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

static long revoke_pool(void)
{
    return revoke(pool);
}

static void others_run_meanwhile(void)
{
    prepare();
    EXPECT_IS(children_left(), CHILDREN / STRIDE);
    cut_begin(revoke_pool);
    cut_spin();
    cut_end();
    EXPECT(cut.after > cut.before);
    EXPECT_IS(children_left(), 0);
    EXPECT(!is_gone(pool));
    make(pool, TYPE_UNTYPED, 20);
}

/* We are of the same priority: each time that our yield returns, the timer has cut the revoke; perhaps before its first step. */
static void yield_until_something_is_gone(void)
{
    do {
        thread_yield();
    } while (children_left() == CHILDREN / STRIDE);
}

static void stopped_half_way(void)
{
    prepare();
    struct guest *g = cut_begin(revoke_pool);
    yield_until_something_is_gone();
    EXPECT(!cut.ended);
    EXPECT_IS(thread_suspend(cap_at(g->tcb)), 0);
    uint64_t left = children_left();
    EXPECT(left > 0 && left < CHILDREN / STRIDE);
    EXPECT_IS(retype(cap_at(pool), TYPE_UNTYPED, 20, cap_at(CAP_SELF_CNODE), temp_slot(), 1), ERR_NO_MEMORY);
    EXPECT_IS(thread_resume(cap_at(g->tcb)), 0);
    cut_end();
    EXPECT_IS(children_left(), 0);
}

/* Somebody else finishes it; the one that was stopped then finds nothing left to do. */
static void finished_by_another(void)
{
    prepare();
    struct guest *g = cut_begin(revoke_pool);
    thread_yield();
    EXPECT_IS(thread_suspend(cap_at(g->tcb)), 0);
    EXPECT_IS(revoke(pool), 0);
    EXPECT_IS(children_left(), 0);
    make(pool, TYPE_UNTYPED, 20);
    EXPECT_IS(thread_resume(cap_at(g->tcb)), 0);
    cut_end();
    EXPECT(!is_gone(pool));
}

/* The revoker dies half way; the rest stays usable, and can be revoked. */
static void revoker_dies(void)
{
    prepare();
    cut_begin(revoke_pool);
    yield_until_something_is_gone();
    EXPECT_IS(revoke(cut.threads), 0);
    uint64_t left = children_left();
    EXPECT(left > 0 && left < CHILDREN / STRIDE);
    EXPECT_IS(revoke(pool), 0);
    EXPECT_IS(children_left(), 0);
}

static long delete_cnode(void)
{
    return cap_delete(cap_at(CAP_SELF_CNODE), cnode);
}

/* A CNode is half taken apart when its deleter is stopped: no capability to it can be used any more. */
static void half_deleted_cnode(void)
{
    cap_t self = cap_at(CAP_SELF_CNODE);
    uint64_t to = temp_slot(), ep = temp_endpoint();
    prepare();
    struct guest *g = cut_begin(delete_cnode);
    thread_yield();
    EXPECT_IS(thread_suspend(cap_at(g->tcb)), 0);
    EXPECT(!cut.ended);
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
    cut_end();
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
