/* Copy, mint, move and delete: which slots they take and what they leave. */
#include "frame/conform.h"

static void expect_type(uint64_t slot, long type)
{
    EXPECT_IS(cap_identify(cap_at(slot)), type);
}

/* An untyped's watermark and a page table's place live in their one capability. */
static bool copyable(unsigned type)
{
    return zoo(type) && type != TYPE_UNTYPED && type != TYPE_PAGE_TABLE;
}

static void copy_each_type(void)
{
    for (unsigned type = TYPE_CNODE; type < TYPE_COUNT; type++) {
        if (!copyable(type))
            continue;
        expect_type(temp_copy(zoo(type), RIGHT_ALL), (long)type);
        expect_type(zoo(type), (long)type);
    }
}

static void copy_of_what_stays_single(void)
{
    uint64_t to = temp_slot();
    EXPECT_IS(cap_copy(own_cnode(), to, own_cnode(), zoo(TYPE_UNTYPED), RIGHT_ALL), ERR_WRONG_TYPE);
    EXPECT_IS(cap_copy(own_cnode(), to, own_cnode(), zoo(TYPE_PAGE_TABLE), RIGHT_ALL), ERR_WRONG_TYPE);
    expect_type(to, ERR_BAD_CAP);
}

static void move_each_type(void)
{
    for (unsigned type = TYPE_UNTYPED; type < TYPE_COUNT; type++) {
        if (!zoo(type))
            continue; /* a reply: ipc/saved.c */
        uint64_t from = copyable(type) ? temp_copy(zoo(type), RIGHT_ALL) : temp_object(type, 6);
        uint64_t to = temp_slot();
        EXPECT_IS(cap_move(own_cnode(), to, own_cnode(), from), 0);
        expect_type(to, (long)type);
        expect_type(from, ERR_BAD_CAP);
    }
}

static void moved_untyped_works(void)
{
    uint64_t from = temp_object(TYPE_UNTYPED, 7), to = temp_slot(), first = temp_slot(), second = temp_slot();
    EXPECT_IS(retype(cap_at(from), TYPE_ENDPOINT, 0, own_cnode(), first, 1), 0);
    EXPECT_IS(cap_move(own_cnode(), to, own_cnode(), from), 0);
    EXPECT_IS(retype(cap_at(to), TYPE_ENDPOINT, 0, own_cnode(), second, 1), 0);
    EXPECT_IS(retype(cap_at(to), TYPE_ENDPOINT, 0, own_cnode(), temp_slot(), 1), ERR_NO_MEMORY);
    struct step *got = act(B, SYS_RECV, cap_at(first), 1);
    EXPECT_WAITS(act(A, SYS_SEND, cap_at(second), 2)); /* two endpoints, not one */
    EXPECT_WAITS(got);
}

static void mint_other_types(void)
{
    for (unsigned type = TYPE_UNTYPED; type < TYPE_COUNT; type++) {
        bool mintable = type == TYPE_ENDPOINT || type == TYPE_NOTIFICATION || type == TYPE_CNODE ||
                        type == TYPE_IO_PORT || type == TYPE_DEBUG;
        if (zoo(type) && !mintable)
            EXPECT_IS(cap_mint(own_cnode(), temp_slot(), own_cnode(), zoo(type), RIGHT_ALL, 1), ERR_WRONG_TYPE);
    }
}

static void mint_badged(void)
{
    uint64_t badged = temp_mint(zoo(TYPE_ENDPOINT), RIGHT_ALL, 3);
    EXPECT_IS(cap_mint(own_cnode(), temp_slot(), own_cnode(), badged, RIGHT_ALL, 4), ERR_IN_USE);
    EXPECT_IS(cap_mint(own_cnode(), temp_slot(), own_cnode(), badged, RIGHT_ALL, 3), ERR_IN_USE);
    EXPECT_IS(cap_mint(own_cnode(), temp_slot(), own_cnode(), badged, RIGHT_ALL, 0), ERR_IN_USE);
    EXPECT_IS(cap_mint(own_cnode(), temp_slot(), own_cnode(), temp_copy(badged, RIGHT_ALL), RIGHT_ALL, 4),
              ERR_IN_USE);
}

static void copy_keeps_badge(void)
{
    uint64_t ep = temp_endpoint(), badged = temp_mint(ep, RIGHT_ALL, 77), moved = temp_slot();
    EXPECT_IS(cap_move(own_cnode(), moved, own_cnode(), temp_copy(badged, RIGHT_ALL)), 0);
    struct step *got = act(B, SYS_RECV, cap_at(ep), 1);
    act(A, SYS_CALL, cap_at(moved), 2);
    EXPECT_MESSAGE(got, 77, 2);
}

static void mint_guard_range(void)
{
    static const struct {
        uint64_t guard;
        long result;
    } tries[] = {{0, 0},
                 {16 | 0xffff << 8, 0},
                 {1 | 1 << 8, 0},
                 {17, ERR_BAD_ARGUMENT},
                 {255, ERR_BAD_ARGUMENT},
                 {1 | 2 << 8, ERR_BAD_ARGUMENT},
                 {0 | 1 << 8, ERR_BAD_ARGUMENT},
                 {16 | 1ul << 24, ERR_BAD_ARGUMENT},
                 {16 | 1ul << 63, ERR_BAD_ARGUMENT}};
    for (unsigned i = 0; i < COUNT(tries); i++)
        EXPECT_IS(cap_mint(own_cnode(), temp_slot(), own_cnode(), zoo(TYPE_CNODE), RIGHT_ALL, tries[i].guard),
                  tries[i].result);
}

static void occupied(void)
{
    uint64_t from = zoo(TYPE_ENDPOINT), to = temp_copy(zoo(TYPE_FRAME), RIGHT_ALL);
    EXPECT_IS(cap_copy(own_cnode(), to, own_cnode(), from, RIGHT_ALL), ERR_OCCUPIED);
    EXPECT_IS(cap_mint(own_cnode(), to, own_cnode(), from, RIGHT_ALL, 1), ERR_OCCUPIED);
    EXPECT_IS(cap_move(own_cnode(), to, own_cnode(), from), ERR_OCCUPIED);
    EXPECT_IS(cap_move(own_cnode(), from, own_cnode(), from), ERR_OCCUPIED);
    expect_type(to, TYPE_FRAME);
    expect_type(from, TYPE_ENDPOINT);
}

static void empty_source(void)
{
    uint64_t from = temp_slot(), to = temp_slot();
    EXPECT_IS(cap_copy(own_cnode(), to, own_cnode(), from, RIGHT_ALL), ERR_BAD_CAP);
    EXPECT_IS(cap_mint(own_cnode(), to, own_cnode(), from, RIGHT_ALL, 1), ERR_BAD_CAP);
    EXPECT_IS(cap_move(own_cnode(), to, own_cnode(), from), ERR_BAD_CAP);
    EXPECT_IS(cap_move(own_cnode(), to, own_cnode(), to), ERR_BAD_CAP);
}

static void index_out_of_range(void)
{
    static const uint64_t indexes[] = {4, 5, 1ul << 20, 1ul << 32, 1ul << 59, 1ul << 63, ~0ul};
    cap_t small = cap_at(zoo(TYPE_CNODE));
    uint64_t ep = zoo(TYPE_ENDPOINT);
    for (unsigned i = 0; i < COUNT(indexes); i++) {
        EXPECT_IS(cap_copy(small, indexes[i], own_cnode(), ep, RIGHT_ALL), ERR_BAD_ARGUMENT);
        EXPECT_IS(cap_copy(own_cnode(), temp_slot(), small, indexes[i], RIGHT_ALL), ERR_BAD_ARGUMENT);
        EXPECT_IS(cap_mint(small, indexes[i], own_cnode(), ep, RIGHT_ALL, 1), ERR_BAD_ARGUMENT);
        EXPECT_IS(cap_mint(own_cnode(), temp_slot(), small, indexes[i], RIGHT_ALL, 1), ERR_BAD_ARGUMENT);
        EXPECT_IS(cap_move(small, indexes[i], own_cnode(), ep), ERR_BAD_ARGUMENT);
        EXPECT_IS(cap_move(own_cnode(), temp_slot(), small, indexes[i]), ERR_BAD_ARGUMENT);
        EXPECT_IS(cap_delete(small, indexes[i]), ERR_BAD_ARGUMENT);
    }
}

static void delete_empty(void)
{
    EXPECT_IS(cap_delete(own_cnode(), temp_slot()), 0);
}

static void delete_and_reuse(void)
{
    uint64_t slot = temp_slot();
    for (unsigned type = TYPE_CNODE; type < TYPE_COUNT; type++) {
        if (!copyable(type))
            continue;
        EXPECT_IS(cap_copy(own_cnode(), slot, own_cnode(), zoo(type), RIGHT_ALL), 0);
        expect_type(slot, (long)type);
        EXPECT_IS(cap_delete(own_cnode(), slot), 0);
        expect_type(slot, ERR_BAD_CAP);
    }
}

/* A long family of copies, taken apart from the middle: the others stay what they are. */
static void delete_from_a_family(void)
{
    enum { FAMILY = 24 };
    uint64_t ep = temp_endpoint(), member[FAMILY];
    for (unsigned i = 0; i < FAMILY; i++)
        member[i] =
            i % 3 == 0 ? temp_mint(ep, RIGHT_ALL, i) : temp_copy(i == 0 ? ep : member[i - 1], RIGHT_ALL);
    for (unsigned i = 1; i < FAMILY; i += 2)
        EXPECT_IS(cap_delete(own_cnode(), member[i]), 0);
    EXPECT_IS(cap_delete(own_cnode(), ep), 0);
    struct step *got = act(B, SYS_RECV, cap_at(member[0]), 1);
    EXPECT_RESULT(act(A, SYS_SEND, cap_at(member[6]), 2), 0);
    EXPECT_MESSAGE(got, 6, 2);
}

static void last_cnode_and_tcb_go(void)
{
    uint64_t cnode = temp_object(TYPE_CNODE, 1), tcb = temp_object(TYPE_TCB, 0);
    uint64_t second = temp_copy(cnode, RIGHT_ALL);
    EXPECT_IS(cap_delete(own_cnode(), tcb), 0);
    expect_type(tcb, ERR_BAD_CAP);
    EXPECT_IS(cap_delete(own_cnode(), cnode), 0);
    expect_type(second, TYPE_CNODE);
    EXPECT_IS(cap_delete(own_cnode(), second), 0);
    expect_type(second, ERR_BAD_CAP);
}

/* A slot's content moved to another CNode and back, used there by its address. */
static void between_cnodes(void)
{
    uint64_t cnode = temp_object(TYPE_CNODE, 3), ep = temp_endpoint(), back = temp_slot();
    EXPECT_IS(cap_mint(cap_at(cnode), 5, own_cnode(), ep, RIGHT_SEND, 9), 0);
    EXPECT_IS(cap_copy(cap_at(cnode), 5, own_cnode(), ep, RIGHT_ALL), ERR_OCCUPIED);
    EXPECT_IS(cap_move(cap_at(cnode), 7, cap_at(cnode), 5), 0);
    EXPECT_IS(cap_move(own_cnode(), back, cap_at(cnode), 5), ERR_BAD_CAP);
    EXPECT_IS(cap_move(own_cnode(), back, cap_at(cnode), 7), 0);
    struct step *got = act(B, SYS_RECV, cap_at(ep), 1);
    act(A, SYS_CALL, cap_at(back), 2);
    EXPECT_MESSAGE(got, 9, 2);
    EXPECT_IS(cap_delete(cap_at(cnode), 7), 0);
}

static const struct test list[] = {
    {"copy_each_type", copy_each_type},
    {"copy_of_what_stays_single", copy_of_what_stays_single},
    {"move_each_type", move_each_type},
    {"moved_untyped_works", moved_untyped_works},
    {"mint_other_types", mint_other_types},
    {"mint_badged", mint_badged},
    {"copy_keeps_badge", copy_keeps_badge},
    {"mint_guard_range", mint_guard_range},
    {"occupied", occupied},
    {"empty_source", empty_source},
    {"index_out_of_range", index_out_of_range},
    {"delete_empty", delete_empty},
    {"delete_and_reuse", delete_and_reuse},
    {"delete_from_a_family", delete_from_a_family},
    {"last_cnode_and_tcb_go", last_cnode_and_tcb_go},
    {"between_cnodes", between_cnodes},
};

CASE_SET(120, caps_slot_cases)
{
    CASES("caps/slots", list);
}
