/* Many pages are mapped, unmapped or protected in several entries, and others take away or put in the way what the rest needs: the call stops
   there with an error, and says how far it got. */
#include "frame/between.h"
#include "frame/large.h"

enum { PAGES = 256, RADIX = 9, AN_ENTRY = 64, DONE = 2 * AN_ENTRY, NEXT = DONE + 2 };

static uint64_t memory, cnode, lowest_table;

static uint64_t page_at(uint64_t i)
{
    return AREA + i * PAGE;
}

static cap_t space(void)
{
    return cap_at(CAP_SELF_SPACE);
}

static void prepare(bool mapped)
{
    uint64_t table[3];
    memory = temp_object(TYPE_UNTYPED, 20);
    cnode = temp_object(TYPE_CNODE, RADIX);
    lowest_table = table[area_tables(space(), AREA, PAGE_BITS, table) - 1];
    EXPECT_IS(retype(cap_at(memory), TYPE_FRAME, PAGE_BITS, cap_at(cnode), 0, PAGES), 0);
    struct frames f = {0, AREA, PAGES};
    if (mapped)
        EXPECT_IS(memory_map_many(cap_at(cnode), &f, space(), RW), 0);
}

/* Two entries of it are done, and the next may come. */
static void begin(uint64_t op)
{
    struct guest *g = guest_new(0, temp_object(TYPE_UNTYPED, 12), BELOW, between_faults());
    if (op == SYS_MEMORY_MAP_MANY)
        between_begin(g, op, cap_at(cnode), 0, space(), AREA, RW, PAGES);
    else
        between_begin(g, op, cap_at(cnode), 0, 0, 0, RO, PAGES);
    EXPECT(between_next() && between_next() && between_next());
}

static void expect_end(long result, uint64_t done)
{
    while (between_next())
        ;
    between_expect(result);
    EXPECT_IS(between.left, PAGES - done);
}

/* A frame there that is not of the many. */
static uint64_t another_at(uint64_t i)
{
    uint64_t frame = temp_object(TYPE_FRAME, PAGE_BITS);
    EXPECT_IS(memory_map(cap_at(frame), space(), page_at(i), RW), 0);
    return frame;
}

static void expect_all_free(void)
{
    for (uint64_t i = 0; i < PAGES; i += 5) {
        another_at(i);
        temp_drop();
    }
}

static void frames_go(void)
{
    prepare(false);
    begin(SYS_MEMORY_MAP_MANY);
    EXPECT_IS(revoke(memory), 0);
    expect_end(ERR_BAD_CAP, DONE);
    expect_all_free();
}

/* The pages that were mapped by it are gone with it; their frames are as good as unmapped. */
static void table_goes(void)
{
    prepare(false);
    begin(SYS_MEMORY_MAP_MANY);
    EXPECT_IS(memory_unmap(cap_at(lowest_table)), 0);
    expect_end(ERR_NO_TABLE, DONE);
    EXPECT_IS(memory_map(cap_at(lowest_table), space(), AREA, 0), 0);
    expect_all_free();
    struct frames f = {.count = DONE};
    EXPECT_IS(memory_unmap_many(cap_at(cnode), &f), 0);
}

static void place_is_taken(void)
{
    prepare(false);
    begin(SYS_MEMORY_MAP_MANY);
    another_at(NEXT);
    words(page_at(NEXT))[0] = 1;
    expect_end(ERR_OCCUPIED, NEXT);
    EXPECT_IS(words(page_at(NEXT))[0], 1);
    EXPECT_IS(words(page_at(NEXT - 1))[0], 0);
}

/* Another's page has the place of one that was unmapped: it keeps its rights. */
static void page_is_anothers(void)
{
    uint64_t frame = temp_slot();
    prepare(true);
    begin(SYS_MEMORY_PROTECT_MANY);
    EXPECT_IS(cap_move(own_cnode(), frame, cap_at(cnode), NEXT), 0);
    EXPECT_IS(memory_unmap(cap_at(frame)), 0);
    EXPECT_IS(cap_move(cap_at(cnode), NEXT, own_cnode(), frame), 0);
    another_at(NEXT);
    expect_end(ERR_NOT_MAPPED, NEXT);
    words(page_at(NEXT))[0] = 1; /* it may still be written */
    words(page_at(NEXT + 1))[0] = 1;
}

/* The frame in the next slot is another one, which is mapped elsewhere: that is unmapped, and the one that stood there stays. */
static void slots_are_exchanged(void)
{
    uint64_t at = NEXT + PAGES, frame;
    prepare(true);
    begin(SYS_MEMORY_UNMAP_MANY);
    frame = another_at(at);
    words(page_at(NEXT))[0] = 2;
    EXPECT_IS(cap_swap(own_cnode(), frame, cap_at(cnode), NEXT), 0);
    expect_end(0, PAGES);
    EXPECT_IS(words(page_at(NEXT))[0], 2);
    another_at(at);
    EXPECT_IS(memory_unmap(cap_at(frame)), 0);
    expect_all_free();
}

static const struct test list[] = {
    {"frames_go", frames_go},
    {"table_goes", table_goes},
    {"place_is_taken", place_is_taken},
    {"page_is_anothers", page_is_anothers},
    {"slots_are_exchanged", slots_are_exchanged},
};

CASE_SET(762, memory_between_cases)
{
    CASES("memory/between", list);
}
