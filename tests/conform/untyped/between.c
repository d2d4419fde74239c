/* A retype that clears its memory in several entries, and what others do to memory, destination and caller between each two of them: what it
   makes is all zero in the end, and nobody writes to it afterwards. And one that must wait for what is being taken apart. */
#include "frame/between.h"
#include "frame/large.h"

enum {
    BITS = 20,
    PAGES = 1 << (BITS - PAGE_BITS),
    WANTED = 200,
    RADIX = 8,
    PAGE_WORDS = PAGE / 8,
    CUTS = 13,
    MIDDLE = 5
};

static uint64_t memory, cnode;

static void map_all(uint64_t count)
{
    struct frames f = {0, AREA, count};
    EXPECT_IS(memory_map_many(cap_at(cnode), &f, cap_at(CAP_SELF_SPACE), RW), 0);
}

static void expect_words(uint64_t pages, uint64_t wanted)
{
    uint64_t wrong = 0;
    for (uint64_t i = 0; i < pages * PAGE_WORDS; i++)
        wrong |= words(AREA)[i] ^ wanted;
    EXPECT_IS(wrong, 0);
}

static void write_all(uint64_t pages)
{
    for (uint64_t i = 0; i < pages * PAGE_WORDS; i++)
        words(AREA)[i] = ~0ul;
}

/* Memory all of which was written to in its former life; and the caller, with its call made for some of that. */
static struct guest *prepare(void)
{
    memory = temp_object(TYPE_UNTYPED, BITS);
    cnode = temp_object(TYPE_CNODE, RADIX);
    area_tables(cap_at(CAP_SELF_SPACE), AREA, PAGE_BITS, NULL);
    EXPECT_IS(retype(cap_at(memory), TYPE_FRAME, PAGE_BITS, cap_at(cnode), 0, PAGES), 0);
    map_all(PAGES);
    write_all(PAGES);
    EXPECT_IS(revoke(memory), 0);
    struct guest *g = guest_new(0, temp_object(TYPE_UNTYPED, 12), BELOW, between_faults());
    between_begin(g, SYS_RETYPE, cap_at(memory), TYPE_FRAME, PAGE_BITS, cap_at(cnode), 0, WANTED);
    for (unsigned i = 0; i < MIDDLE; i++)
        EXPECT(between_next());
    return g;
}

/* What the call has made, or would have made if it had not failed; and that it lies in no other hands. */
static void expect_clean(long result)
{
    unsigned cuts = MIDDLE;
    while (between_next())
        cuts++;
    EXPECT(cuts >= MIDDLE);
    between_expect(result);
    if (result)
        EXPECT_IS(retype(cap_at(memory), TYPE_FRAME, PAGE_BITS, cap_at(cnode), 0, WANTED), 0);
    map_all(WANTED);
    expect_words(WANTED, 0);
}

static void undisturbed(void)
{
    unsigned cuts = MIDDLE;
    prepare();
    while (between_next())
        cuts++;
    between_expect_cuts(cuts, CUTS + 1); /* a chunk of 64 KiB each, and the objects */
    expect_clean(0);
}

/* A page of what is clean already becomes somebody's, who writes to it and gives it back. */
static void page_comes_and_goes(void)
{
    prepare();
    uint64_t frame = make(memory, TYPE_FRAME, PAGE_BITS), at = pages_reserve(1);
    EXPECT_IS(map_frame(frame, cap_at(CAP_SELF_SPACE), at, RW), 0);
    for (unsigned i = 0; i < PAGE_WORDS; i++)
        words(at)[i] = ~0ul;
    EXPECT_IS(cap_delete(own_cnode(), frame), 0);
    expect_clean(0);
}

/* Objects with words that are not zero, in what is clean: the frames come after them. */
static void objects_stay(void)
{
    static const uint8_t types[] = {TYPE_TCB,   TYPE_ENDPOINT, TYPE_NOTIFICATION,
                                    TYPE_CNODE, TYPE_TIMER,    TYPE_EXTENDED_STATE};
    prepare();
    for (unsigned i = 0; i < COUNT(types); i++) {
        uint64_t object = make(memory, types[i], 4);
        if (types[i] == TYPE_CNODE)
            EXPECT_IS(cap_copy(cap_at(object), 15, own_cnode(), CAP_SELF_SPACE, RIGHT_ALL), 0);
        if (types[i] == TYPE_ENDPOINT)
            EXPECT_WAITS(act(A, SYS_CALL, cap_at(object), 1));
        EXPECT(i == 0 || between_next());
    }
    expect_clean(0);
}

/* Untyped memory that ends behind what is clean: the rest is still to be cleared. */
static void more_is_taken(void)
{
    enum { TAKEN_BITS = 17 }; /* from 0 on: less than five chunks, more than 48 pages left */
    prepare();
    uint64_t inner = make(memory, TYPE_UNTYPED, TAKEN_BITS);
    expect_clean(0);
    EXPECT_IS(cap_identify(cap_at(inner)), TYPE_UNTYPED);
}

/* Somebody else wants the same, and gets it first. */
static void made_by_another(void)
{
    prepare();
    uint64_t other = temp_object(TYPE_CNODE, RADIX);
    EXPECT_IS(retype(cap_at(memory), TYPE_FRAME, PAGE_BITS, cap_at(other), 0, WANTED), 0);
    EXPECT(!between_next());
    between_expect(ERR_NO_MEMORY);
    cnode = other;
    map_all(WANTED);
    expect_words(WANTED, 0);
}

static void destination_is_filled(void)
{
    prepare();
    EXPECT_IS(cap_copy(cap_at(cnode), WANTED - 1, own_cnode(), CAP_SELF_CNODE, RIGHT_ALL), 0);
    EXPECT(!between_next());
    between_expect(ERR_OCCUPIED);
    EXPECT_IS(cap_delete(cap_at(cnode), WANTED - 1), 0);
    expect_clean(ERR_OCCUPIED);
}

static void destination_goes(void)
{
    prepare();
    EXPECT_IS(cap_delete(own_cnode(), cnode), 0);
    EXPECT(!between_next());
    between_expect(ERR_BAD_CAP);
    cnode = temp_object(TYPE_CNODE, RADIX);
    expect_clean(ERR_BAD_CAP);
}

static void memory_moves(void)
{
    uint64_t to = temp_slot();
    prepare();
    EXPECT_IS(cap_move(own_cnode(), to, own_cnode(), memory), 0);
    EXPECT(!between_next());
    between_expect(ERR_BAD_CAP);
    memory = to;
    expect_clean(ERR_BAD_CAP);
}

static void caller_goes(void)
{
    const struct guest *g = prepare();
    EXPECT_IS(cap_delete(own_cnode(), g->tcb), 0);
    EXPECT(!between_next() && !between.ended);
    EXPECT_IS(retype(cap_at(memory), TYPE_FRAME, PAGE_BITS, cap_at(cnode), 0, WANTED), 0);
    map_all(WANTED);
    expect_words(WANTED, 0);
}

/* A CNode is gone before a slot in it that is being taken apart: the CNode that this slot holds the last capability of holds, besides
   much else, the last one of the thread that deletes it and of the CNode that the slot lies in. */
static void waits_for_a_slot_in_it(void)
{
    enum { OUTER_RADIX = 3, LARGE_RADIX = 8, DELETER = 0, OUTER = 1, FILLED = 2 };
    uint64_t outer_memory = temp_object(TYPE_UNTYPED, PAGE_BITS), fill = temp_endpoint();
    uint64_t outer = make(outer_memory, TYPE_CNODE, OUTER_RADIX), large = temp_object(TYPE_CNODE, LARGE_RADIX);
    struct guest *deleter = guest_new_in(0, temp_object(TYPE_UNTYPED, 10), outer, ACTOR_PRIORITY, 0);
    guest_plan(deleter, SYS_CAP_DELETE, (5 | OUTER << OUTER_RADIX) << SLOT_BITS, 5, 0);
    for (uint64_t i = FILLED; i < 1u << LARGE_RADIX; i++)
        EXPECT_IS(cap_copy(cap_at(large), i, own_cnode(), fill, RIGHT_ALL), 0);
    uint64_t copy = temp_copy(deleter->tcb, RIGHT_ALL);
    EXPECT_IS(cap_move(cap_at(large), DELETER, own_cnode(), deleter->tcb), 0);
    EXPECT_IS(cap_move(cap_at(outer), 5, own_cnode(), large), 0);
    cap_t path = cap_at(outer) | (uint64_t)5 * boot_info->slot_count << SLOT_BITS;
    EXPECT_IS(thread_set_priority(cap_at(copy), BELOW, ACTOR_PRIORITY), 0);
    EXPECT_IS(thread_resume(cap_at(copy)), 0);
    EXPECT_IS(cap_delete(own_cnode(), copy), 0);
    EXPECT_IS(cap_move(path, OUTER, own_cnode(), outer), 0);
    quiesce();
    EXPECT(!deleter->step[0].done);
    cnode = temp_object(TYPE_CNODE, 1);
    area_tables(cap_at(CAP_SELF_SPACE), AREA, PAGE_BITS, NULL);
    EXPECT_IS(retype(cap_at(outer_memory), TYPE_FRAME, PAGE_BITS, cap_at(cnode), 0, 1), 0);
    map_all(1);
    expect_words(1, 0);
    write_all(1);
    deletions_end();
    expect_words(1, ~0ul);
    EXPECT_IS(revoke(fill), 0);
}

static const struct test list[] = {
    {"undisturbed", undisturbed},           {"page_comes_and_goes", page_comes_and_goes},
    {"objects_stay", objects_stay},         {"more_is_taken", more_is_taken},
    {"made_by_another", made_by_another},   {"destination_is_filled", destination_is_filled},
    {"destination_goes", destination_goes}, {"memory_moves", memory_moves},
    {"caller_goes", caller_goes},           {"waits_for_a_slot_in_it", waits_for_a_slot_in_it},
};

CASE_SET(407, untyped_between_cases)
{
    CASES("untyped/between", list);
}
