/* CNodes that go with what they hold: nested to any depth, in themselves, in each other. */
#include "frame/guest.h"

/* All of the pool is free again. */
static void expect_pool_free(unsigned bits)
{
    uint64_t all = temp_slot();
    EXPECT_IS(retype(cap_at(pool), TYPE_UNTYPED, bits, own_cnode(), all, 1), 0);
}

static void with_contents(void)
{
    pool = temp_object(TYPE_UNTYPED, 15);
    uint64_t cnode = make(pool, TYPE_CNODE, 4), kept = make(pool, TYPE_ENDPOINT, 0),
             ep = make(pool, TYPE_ENDPOINT, 0);
    uint64_t copy = temp_copy(kept, RIGHT_ALL);
    for (unsigned type = TYPE_TCB; type <= TYPE_PAGE_TABLE; type++)
        EXPECT_IS(retype(cap_at(pool), type, 0, cap_at(cnode), type, 1), 0);
    EXPECT_IS(cap_move(cap_at(cnode), 0, own_cnode(), ep), 0);
    EXPECT_IS(cap_move(cap_at(cnode), 15, own_cnode(), kept), 0);
    struct step *waits = act(B, SYS_RECV, cap_at(copy), 1);
    EXPECT_IS(cap_delete(own_cnode(), cnode), 0);
    EXPECT(is_gone(cnode));
    EXPECT_WAITS(waits);
    EXPECT_IS(cap_delete(own_cnode(), copy), 0);
    EXPECT_CANCELED(waits);
    expect_pool_free(15);
}

/* A copy of the CNode keeps all. */
static void not_the_last(void)
{
    uint64_t cnode = temp_object(TYPE_CNODE, 2), copy = temp_copy(cnode, RIGHT_ALL), back = temp_slot();
    EXPECT_IS(object_try(TYPE_ENDPOINT, 0, back), 0);
    EXPECT_IS(cap_move(cap_at(cnode), 1, own_cnode(), back), 0);
    EXPECT_IS(cap_delete(own_cnode(), cnode), 0);
    EXPECT_IS(cap_move(own_cnode(), back, cap_at(copy), 1), 0);
    EXPECT_IS(cap_identify(cap_at(back)), TYPE_ENDPOINT);
}

enum { DEPTH = 1000 };

/* Each CNode holds the one before it; the innermost the only capability to an endpoint. */
static uint64_t nest(uint64_t innermost)
{
    uint64_t outer = innermost, next = temp_slot();
    for (unsigned i = 0; i < DEPTH; i++) {
        EXPECT_IS(retype(cap_at(pool), TYPE_CNODE, 1, own_cnode(), next, 1), 0);
        EXPECT_IS(cap_move(cap_at(next), i % 2, own_cnode(), outer), 0);
        EXPECT_IS(cap_move(own_cnode(), outer, own_cnode(), next), 0);
    }
    return outer;
}

static void nested_1000_deep(void)
{
    for (unsigned by_revoke = 0; by_revoke < 2; by_revoke++) {
        pool = temp_object(TYPE_UNTYPED, 17);
        uint64_t ep = make(pool, TYPE_ENDPOINT, 0), outer;
        struct step *waits = act(A, SYS_CALL, cap_at(ep), 1);
        outer = nest(ep);
        EXPECT_IS(cap_identify(cap_at(outer)), TYPE_CNODE);
        EXPECT_WAITS(waits);
        EXPECT_IS(by_revoke ? revoke(pool) : cap_delete(own_cnode(), outer), 0);
        EXPECT(is_gone(outer));
        EXPECT_CANCELED(waits);
        expect_pool_free(17);
        actors_reset(false);
    }
}

/* Threads' CNodes, in turn: each thread's only CNode holds the next thread's TCB. */
static void threads_nested(void)
{
    pool = temp_object(TYPE_UNTYPED, 18);
    uint64_t outer = make(pool, TYPE_ENDPOINT, 0), cnode = temp_slot(), tcb = temp_slot();
    struct step *waits = act(A, SYS_CALL, cap_at(outer), 1);
    for (unsigned i = 0; i < 100; i++) {
        EXPECT_IS(retype(cap_at(pool), TYPE_CNODE, 1, own_cnode(), cnode, 1), 0);
        EXPECT_IS(retype(cap_at(pool), TYPE_TCB, 0, own_cnode(), tcb, 1), 0);
        EXPECT_IS(cap_move(cap_at(cnode), 1, own_cnode(), outer), 0);
        EXPECT_IS(thread_configure(cap_at(tcb), cap_at(cnode), cap_at(CAP_SELF_SPACE), 0, 5, 5), 0);
        EXPECT_IS(cap_delete(own_cnode(), cnode), 0);
        EXPECT_IS(cap_move(own_cnode(), outer, own_cnode(), tcb), 0);
    }
    EXPECT_WAITS(waits);
    EXPECT_IS(cap_delete(own_cnode(), outer), 0);
    EXPECT_CANCELED(waits);
    expect_pool_free(18);
}

/* Besides its own capability there is one outside: that one is not the last, so its end leaves a circle, which
   only the revoke of its memory finds. */
static void holds_itself(void)
{
    for (unsigned moved = 0; moved < 2; moved++) {
        pool = temp_object(TYPE_UNTYPED, 12);
        uint64_t cnode = make(pool, TYPE_CNODE, 3), ep = make(pool, TYPE_ENDPOINT, 0);
        struct step *waits = act(A, SYS_RECV, cap_at(ep), 1);
        EXPECT_IS(cap_move(cap_at(cnode), 5, own_cnode(), ep), 0);
        if (moved) {
            EXPECT_IS(cap_move(cap_at(cnode), 2, own_cnode(), cnode), 0);
        } else {
            EXPECT_IS(cap_copy(cap_at(cnode), 2, own_cnode(), cnode, RIGHT_ALL), 0);
            EXPECT_IS(cap_delete(own_cnode(), cnode), 0);
        }
        EXPECT(is_gone(cnode));
        EXPECT_WAITS(waits);
        EXPECT_IS(retype(cap_at(pool), TYPE_UNTYPED, 12, own_cnode(), temp_slot(), 1), ERR_NO_MEMORY);
        EXPECT_IS(revoke(pool), 0);
        EXPECT_CANCELED(waits);
        expect_pool_free(12);
        actors_reset(false);
    }
}

/* The revoke of a CNode's original takes its copies, also the one that it holds itself. */
static void revoked_copy_of_itself(void)
{
    uint64_t cnode = temp_object(TYPE_CNODE, 2);
    EXPECT_IS(cap_copy(cap_at(cnode), 3, own_cnode(), cnode, RIGHT_ALL), 0);
    EXPECT_IS(revoke(cnode), 0);
    EXPECT_IS(cap_move(own_cnode(), temp_slot(), cap_at(cnode), 3), ERR_BAD_CAP);
}

static void hold_each_other(void)
{
    pool = temp_object(TYPE_UNTYPED, 12);
    uint64_t a = make(pool, TYPE_CNODE, 1), b = make(pool, TYPE_CNODE, 1), c = make(pool, TYPE_CNODE, 2);
    EXPECT_IS(cap_copy(cap_at(a), 0, own_cnode(), b, RIGHT_ALL), 0);
    EXPECT_IS(cap_copy(cap_at(b), 1, own_cnode(), c, RIGHT_ALL), 0);
    EXPECT_IS(cap_copy(cap_at(c), 2, own_cnode(), a, RIGHT_ALL), 0);
    EXPECT_IS(cap_copy(cap_at(c), 3, own_cnode(), c, RIGHT_ALL), 0);
    EXPECT_IS(cap_delete(own_cnode(), a), 0);
    EXPECT_IS(cap_delete(own_cnode(), b), 0);
    EXPECT_IS(cap_delete(own_cnode(), c), 0);
    EXPECT_IS(retype(cap_at(pool), TYPE_UNTYPED, 12, own_cnode(), temp_slot(), 1), ERR_NO_MEMORY);
    EXPECT_IS(revoke(pool), 0);
    expect_pool_free(12);
}

/* A circle of two, taken apart from outside: what is left outside is the last capability to one of them. */
static void circle_without_memory(void)
{
    pool = temp_object(TYPE_UNTYPED, 12);
    uint64_t a = make(pool, TYPE_CNODE, 1), b = make(pool, TYPE_CNODE, 1);
    EXPECT_IS(cap_copy(cap_at(a), 0, own_cnode(), b, RIGHT_ALL), 0);
    EXPECT_IS(cap_move(cap_at(b), 1, own_cnode(), b), 0); /* b holds itself, a holds b */
    EXPECT_IS(cap_delete(own_cnode(), a), 0);
    EXPECT_IS(retype(cap_at(pool), TYPE_UNTYPED, 12, own_cnode(), temp_slot(), 1), ERR_NO_MEMORY);
    EXPECT_IS(revoke(pool), 0);
    expect_pool_free(12);
}

/* The slot that revoke works on lies in what it deletes. */
static void slot_inside(void)
{
    pool = temp_object(TYPE_UNTYPED, 16);
    uint64_t cnode = make(pool, TYPE_CNODE, 8);
    EXPECT_IS(retype(cap_at(pool), TYPE_ENDPOINT, 0, cap_at(cnode), 0, 200), 0);
    EXPECT_IS(cap_move(cap_at(cnode), 250, own_cnode(), pool), 0);
    uint64_t copy = temp_copy(cnode, RIGHT_ALL);
    EXPECT_IS(cap_revoke(cap_at(cnode), 250), 0);
    EXPECT(is_gone(cnode) && is_gone(copy) && is_gone(pool));
}

/* The same by delete, and the slot deleted lies in the CNode that goes. */
static void own_slot_deleted(void)
{
    pool = temp_object(TYPE_UNTYPED, 12);
    uint64_t a = make(pool, TYPE_CNODE, 2), b = make(pool, TYPE_CNODE, 2);
    EXPECT_IS(cap_move(cap_at(b), 1, own_cnode(), a), 0);
    EXPECT_IS(cap_delete(cap_at(b), 1), 0); /* the last capability to a */
    EXPECT_IS(cap_copy(cap_at(b), 1, own_cnode(), b, RIGHT_ALL), 0);
    EXPECT_IS(cap_delete(cap_at(b), 1), 0);
    EXPECT_IS(cap_delete(cap_at(b), 1), 0); /* nothing is no error */
    EXPECT_IS(cap_identify(cap_at(b)), TYPE_CNODE);
    EXPECT_IS(cap_delete(own_cnode(), b), 0);
    expect_pool_free(12);
}

/* Every slot of a large one is full. */
static void large_and_full(void)
{
    pool = temp_object(TYPE_UNTYPED, 20);
    uint64_t cnode = make(pool, TYPE_CNODE, 12), ep = make(pool, TYPE_ENDPOINT, 0);
    for (uint64_t i = 0; i < 2048; i += 256)
        EXPECT_IS(retype(cap_at(pool), TYPE_NOTIFICATION, 0, cap_at(cnode), i, 256), 0);
    for (uint64_t i = 2048; i < 4096; i++)
        EXPECT_IS(cap_copy(cap_at(cnode), i, own_cnode(), ep, RIGHT_ALL), 0);
    EXPECT_IS(cap_delete(own_cnode(), cnode), 0);
    EXPECT_IS(cap_identify(cap_at(ep)), TYPE_ENDPOINT);
    EXPECT_IS(cap_delete(own_cnode(), ep), 0);
    expect_pool_free(20);
}

static const struct test list[] = {
    {"with_contents", with_contents},       {"not_the_last", not_the_last},
    {"nested_1000_deep", nested_1000_deep}, {"threads_nested", threads_nested},
    {"holds_itself", holds_itself},         {"revoked_copy_of_itself", revoked_copy_of_itself},
    {"hold_each_other", hold_each_other},   {"circle_without_memory", circle_without_memory},
    {"slot_inside", slot_inside},           {"own_slot_deleted", own_slot_deleted},
    {"large_and_full", large_and_full},
};

CASE_SET(370, delete_cnode_cases)
{
    CASES("delete/cnode", list);
}
