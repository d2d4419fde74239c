/* CNodes in CNodes: an address is a path, read from its low end; guards stand between. */
#include "frame/conform.h"

enum { OUTER_RADIX = 4, INNER_RADIX = 3, GUARD_BITS = 5, GUARD = 0x15, BADGE = 0xabc };

static unsigned root_bits(void)
{
    return (unsigned)SLOT_BITS + (unsigned)__builtin_ctz(boot_info->slot_count);
}

/* Two levels below the root: outer (no guard), in its slot 3 inner (with a guard), in whose slot 5 an endpoint.
 */
static struct {
    uint64_t outer, inner, ep;
} nest;

static void make_nest(void)
{
    nest.outer = temp_object(TYPE_CNODE, OUTER_RADIX);
    nest.inner = temp_object(TYPE_CNODE, INNER_RADIX);
    nest.ep = temp_endpoint();
    EXPECT_IS(
        cap_mint(cap_at(nest.outer), 3, own_cnode(), nest.inner, RIGHT_ALL, cnode_guard(GUARD_BITS, GUARD)), 0);
    EXPECT_IS(cap_mint(cap_at(nest.outer), 9, own_cnode(), nest.ep, RIGHT_ALL, BADGE + 1), 0);
    EXPECT_IS(cap_mint(cap_at(nest.inner), 5, own_cnode(), nest.ep, RIGHT_ALL, BADGE), 0);
}

static cap_t in_outer(uint64_t index)
{
    return cap_at(nest.outer) | index << root_bits();
}

static cap_t in_inner(uint64_t guard, uint64_t index)
{
    return in_outer(3) | guard << (root_bits() + OUTER_RADIX) |
           index << (root_bits() + OUTER_RADIX + GUARD_BITS);
}

static void use(cap_t client, cap_t server, uint64_t badge)
{
    struct step *got = act(B, SYS_REPLY_RECV, server, 1);
    struct step *call = act(A, SYS_CALL, client, 2);
    EXPECT_MESSAGE(got, badge, 2);
    EXPECT_WAITS(act(B, SYS_REPLY_RECV, server, 3));
    EXPECT_MESSAGE(call, 0, 3);
    EXPECT_RESULT(act(A, SYS_SEND, client, 4), 0);
}

static void two_levels(void)
{
    make_nest();
    EXPECT_IS(cap_identify(in_outer(9)), TYPE_ENDPOINT);
    EXPECT_IS(cap_identify(in_outer(3)), TYPE_CNODE);
    use(in_outer(9), in_outer(9), BADGE + 1);
}

static void three_levels(void)
{
    make_nest();
    EXPECT_IS(cap_identify(in_inner(GUARD, 5)), TYPE_ENDPOINT);
    use(in_inner(GUARD, 5), in_inner(GUARD, 5), BADGE);
}

static void mixed_levels(void)
{
    make_nest();
    use(cap_at(nest.ep), in_inner(GUARD, 5), 0);
    actors_reset(false);
    use(in_inner(GUARD, 5), cap_at(nest.ep), BADGE);
}

static void empty_slots(void)
{
    make_nest();
    EXPECT_IS(cap_identify(in_outer(8)), ERR_BAD_CAP);
    EXPECT_IS(cap_identify(in_inner(GUARD, 4)), ERR_BAD_CAP);
    EXPECT_RESULT(act(A, SYS_CALL, in_outer(8), 1), ERR_BAD_CAP);
    EXPECT_RESULT(act(A, SYS_REPLY_RECV, in_inner(GUARD, 4), 1), ERR_BAD_CAP);
}

static void guard_mismatch(void)
{
    make_nest();
    for (uint64_t guard = 0; guard < 1u << GUARD_BITS; guard++) {
        if (guard != GUARD)
            EXPECT_IS(cap_identify(in_inner(guard, 5)), ERR_BAD_CAP);
    }
    EXPECT_RESULT(act(A, SYS_CALL, in_inner(GUARD ^ 1, 5), 1), ERR_BAD_CAP);
    EXPECT_RESULT(act(A, SYS_SEND, in_inner(GUARD ^ 16, 5), 1), ERR_BAD_CAP);
}

/* More path than there are CNodes: the endpoint is no CNode, so the way ends there. */
static void overshoot(void)
{
    make_nest();
    unsigned bits = root_bits() + OUTER_RADIX + GUARD_BITS + INNER_RADIX;
    for (; bits < 64; bits++)
        EXPECT_IS(cap_identify(in_inner(GUARD, 5) | 1ul << bits), ERR_BAD_CAP);
    EXPECT_IS(cap_identify(in_outer(9) | 1ul << (root_bits() + OUTER_RADIX)), ERR_BAD_CAP);
    EXPECT_RESULT(act(A, SYS_CALL, in_outer(9) | 1ul << 63, 1), ERR_BAD_CAP);
    EXPECT_RESULT(act(A, SYS_RECV, in_inner(GUARD, 5) | 1ul << 63, 1), ERR_BAD_CAP);
}

static void low_bits(void)
{
    make_nest();
    for (uint64_t low = 1; low < 1u << SLOT_BITS; low++)
        EXPECT_IS(cap_identify(in_inner(GUARD, 5) | low), ERR_BAD_CAP);
}

/* Slot 0 of a nested CNode has a path of only zeros: without a guard the address means the CNode itself. */
static void slot_0(void)
{
    uint64_t cnode = temp_object(TYPE_CNODE, 2), guarded = temp_slot(), ep = temp_endpoint();
    EXPECT_IS(cap_copy(cap_at(cnode), 0, own_cnode(), ep, RIGHT_ALL), 0);
    EXPECT_IS(cap_mint(own_cnode(), guarded, own_cnode(), cnode, RIGHT_ALL, cnode_guard(2, 3)), 0);
    EXPECT_IS(cap_identify(cap_at(cnode)), TYPE_CNODE);
    EXPECT_IS(cap_identify(cap_at(guarded)), TYPE_CNODE);
    EXPECT_IS(cap_identify(cap_at(guarded) | 3ul << root_bits()), TYPE_ENDPOINT);
    EXPECT_IS(cap_identify(cap_at(guarded) | 1ul << root_bits()), ERR_BAD_CAP);
}

static void wrong_type_and_right(void)
{
    make_nest();
    EXPECT_IS(cap_copy(cap_at(nest.inner), 6, own_cnode(), zoo(TYPE_FRAME), RIGHT_ALL), 0);
    EXPECT_IS(cap_copy(cap_at(nest.inner), 7, own_cnode(), nest.ep, RIGHT_GRANT), 0);
    static const uint64_t ops[] = {SYS_SEND, SYS_CALL, SYS_RECV, SYS_REPLY_RECV};
    for (unsigned i = 0; i < COUNT(ops); i++) {
        EXPECT_RESULT(act(A, ops[i], in_inner(GUARD, 6), 1), ERR_WRONG_TYPE);
        EXPECT_RESULT(act(A, ops[i], in_inner(GUARD, 7), 1), ERR_NO_RIGHT);
    }
}

/* A root CNode of two slots: all of the path above one bit is for the next level. Its second slot holds our own
   CNode, so that it names what we name by an index by twice that index, plus one. */
static void small_root(void)
{
    uint64_t root = temp_object(TYPE_CNODE, 1), ep = temp_endpoint();
    EXPECT_IS(cap_copy(cap_at(root), 0, own_cnode(), ep, RIGHT_ALL), 0);
    EXPECT_IS(cap_copy(cap_at(root), 1, own_cnode(), CAP_SELF_CNODE, RIGHT_ALL), 0);
    EXPECT_IS(thread_configure(actor_tcb(A), cap_at(root), cap_at(CAP_SELF_SPACE), watch_fault_ep,
                               ACTOR_PRIORITY, ACTOR_PRIORITY),
              0);
    struct step *got = act(B, SYS_REPLY_RECV, cap_at(ep), 1);
    struct step *direct = plan(A, SYS_CALL, cap_at(0), 2), *nested = plan(A, SYS_CALL, cap_at(2 * ep + 1), 3);
    struct step *beyond = plan(A, SYS_CALL, cap_at(2), 4), *none = plan(A, SYS_CALL, cap_at(4 * ep), 5);
    plan(A, SYS_RECV, cap_at(0), 6);
    go(A);
    EXPECT_MESSAGE(got, 0, 2);
    got = act(B, SYS_REPLY_RECV, cap_at(ep), 7);
    EXPECT_MESSAGE(direct, 0, 7);
    EXPECT_MESSAGE(got, 0, 3);
    EXPECT_WAITS(act(B, SYS_REPLY_RECV, cap_at(ep), 8));
    EXPECT_MESSAGE(nested, 0, 8);
    EXPECT_RESULT(beyond, ERR_BAD_CAP);
    EXPECT_RESULT(none, ERR_BAD_CAP);
}

static const struct test list[] = {
    {"two_levels", two_levels},
    {"three_levels", three_levels},
    {"mixed_levels", mixed_levels},
    {"empty_slots", empty_slots},
    {"guard_mismatch", guard_mismatch},
    {"overshoot", overshoot},
    {"low_bits", low_bits},
    {"slot_0", slot_0},
    {"wrong_type_and_right", wrong_type_and_right},
    {"small_root", small_root},
};

CASE_SET(130, caps_nested_cases)
{
    CASES("caps/nested", list);
}
