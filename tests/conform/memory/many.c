/* Frames in consecutive slots, mapped, unmapped and protected many in one entry: all of them, or as many as go. */
#include "frame/large.h"
#include "frame/timer.h"

enum { RADIX = 9, FRAMES = 256, MANY_AT_ONCE = 256 };

static uint64_t cnode;
static const uint64_t AT = AREA + LARGE - 100ul * PAGE; /* the hundredth page is the last of its table */

static cap_t space(void)
{
    return cap_at(CAP_SELF_SPACE);
}

static uint64_t page_at(uint64_t i)
{
    return AT + i * PAGE;
}

/* A CNode with frames in its first slots, and the tables for them in this address space. */
static void make_frames(uint64_t count)
{
    uint64_t untyped = temp_object(TYPE_UNTYPED, 21);
    cnode = temp_object(TYPE_CNODE, RADIX);
    EXPECT_IS(retype(cap_at(untyped), TYPE_FRAME, PAGE_BITS, cap_at(cnode), 0, count), 0);
    area_tables(space(), AT, PAGE_BITS, NULL);
    area_tables(space(), page_at(FRAMES - 1), PAGE_BITS, NULL);
}

static void expect_left(const struct frames *f, uint64_t first, uint64_t vaddr, uint64_t count)
{
    EXPECT_IS(f->first, first);
    EXPECT_IS(f->vaddr, vaddr);
    EXPECT_IS(f->count, count);
}

static void map(uint64_t first, uint64_t vaddr, uint64_t count, unsigned rights)
{
    struct frames f = {first, vaddr, count};
    EXPECT_IS(memory_map_many(cap_at(cnode), &f, space(), rights), 0);
    expect_left(&f, first + count, vaddr + count * PAGE, 0);
}

static void unmap(uint64_t first, uint64_t count)
{
    struct frames f = {.first = first, .count = count};
    EXPECT_IS(memory_unmap_many(cap_at(cnode), &f), 0);
    expect_left(&f, first + count, 0, 0);
}

/* Is the page there? Nothing that the TLB may still know: another frame takes its place, or cannot. */
static bool is_free(uint64_t vaddr)
{
    uint64_t probe = temp_object(TYPE_FRAME, PAGE_BITS);
    bool was_free = map_frame(probe, space(), vaddr, RO) == 0;
    temp_drop();
    return was_free;
}

static void each_in_its_place(void)
{
    static const uint64_t counts[] = {1, 2, 16, 17, 63, 64, 65, 128, 200, FRAMES};
    make_frames(FRAMES);
    for (unsigned k = 0; k < COUNT(counts); k++) {
        uint64_t first = FRAMES - counts[k], n = counts[k];
        map(first, page_at(first), n, RW);
        EXPECT(first == 0 || is_free(page_at(first - 1)));
        for (uint64_t i = first; i < FRAMES; i++)
            *words(page_at(i)) = i + 1000 * k;
        unmap(first, n);
        EXPECT(is_free(page_at(first)) && is_free(page_at(FRAMES - 1)));
        map(first, AT, n, RO); /* elsewhere, with what was written into each */
        for (uint64_t i = 0; i < n; i++)
            EXPECT_IS(*words(page_at(i)), first + i + 1000 * k);
        unmap(first, n);
    }
}

static cap_t faults;

static void faults_at(void (*code)(uint64_t), uint64_t address, uint64_t error)
{
    fault_configure(A, faults);
    fault_start(A, code, address);
    fault_expect(faults, A, (struct fault){FAULT_PAGE, address, error, 14}, address_of(code));
}

/* Used before, so that the TLB has them; few are forgotten one by one, many together. */
static void seen_at_once(void)
{
    enum { READ_ABSENT = 4, WRITE_PRESENT = 7 };
    static const uint64_t counts[] = {2, 16, 17, 130};
    make_frames(FRAMES);
    faults = fault_endpoint();
    for (unsigned k = 0; k < COUNT(counts); k++) {
        struct frames f = {.count = counts[k]};
        map(0, AT, f.count, RW);
        for (uint64_t i = 0; i < f.count; i++)
            *words(page_at(i)) = i;
        EXPECT_IS(memory_protect_many(cap_at(cnode), &f, RO), 0);
        expect_left(&f, counts[k], 0, 0);
        for (uint64_t i = 0; i < counts[k]; i++) {
            EXPECT_IS(*words(page_at(i)), i);
            faults_at(code_write, page_at(i), WRITE_PRESENT);
        }
        unmap(0, counts[k]);
        for (uint64_t i = 0; i < counts[k]; i++)
            faults_at(code_read, page_at(i), READ_ABSENT);
    }
}

/* Of five frames the third does not go: two are done. */
static void stops(struct frames f, cap_t where, unsigned rights, long error)
{
    uint64_t first = f.first, vaddr = f.vaddr;
    EXPECT_IS(memory_map_many(cap_at(cnode), &f, where, rights), error);
    expect_left(&f, first + 2, vaddr + 2 * PAGE, 3);
    if (where == space())
        EXPECT(!is_free(vaddr + PAGE));
    unmap(first, 2);
}

static void put_in_the_way(uint64_t type_or_none)
{
    EXPECT_IS(cap_delete(cap_at(cnode), 2), 0);
    if (type_or_none)
        EXPECT_IS(cap_copy(cap_at(cnode), 2, cap_at(CAP_SELF_CNODE), zoo((unsigned)type_or_none), RIGHT_ALL),
                  0);
}

static void map_stops(void)
{
    make_frames(5);
    struct frames f = {.vaddr = AT, .count = 5};
    EXPECT_IS(map_frame(temp_object(TYPE_FRAME, PAGE_BITS), space(), page_at(2), RO), 0);
    stops(f, space(), RW, ERR_OCCUPIED);
    temp_drop();
    f.vaddr = AREA + 2ul * LARGE - 2ul * PAGE; /* the next table is not there */
    stops(f, space(), RW, ERR_NO_TABLE);
    f.vaddr = AT;
    map(2, page_at(9), 1, RW);
    stops(f, space(), RW, ERR_IN_USE);
    put_in_the_way(0);
    stops(f, space(), RW, ERR_BAD_CAP);
    put_in_the_way(TYPE_ENDPOINT);
    stops(f, space(), RW, ERR_WRONG_TYPE);
    EXPECT_IS(cap_delete(cap_at(cnode), 2), 0);
    uint64_t weak = temp_copy(zoo(TYPE_FRAME), RIGHT_READ);
    EXPECT_IS(cap_move(cap_at(cnode), 2, cap_at(CAP_SELF_CNODE), weak), 0);
    stops(f, space(), RW, ERR_NO_RIGHT);
    put_in_the_way(0);
    uint64_t large = temp_object(TYPE_FRAME, LARGE_BITS);
    EXPECT_IS(cap_move(cap_at(cnode), 2, cap_at(CAP_SELF_CNODE), large), 0);
    stops(f, space(), RW, ERR_MISALIGNED);
    put_in_the_way(0);
}

static void at_the_top(void)
{
    make_frames(5);
    struct frames f = {.vaddr = USER_TOP - 2ul * PAGE, .count = 5};
    area_tables(space(), USER_TOP - PAGE, PAGE_BITS, NULL);
    stops(f, space(), RW, ERR_BAD_ARGUMENT);
}

static void unmap_and_protect_stop(void)
{
    make_frames(5);
    struct frames f = {.count = 5};
    map(0, AT, 2, RW);
    map(3, page_at(3), 2, RW);
    EXPECT_IS(memory_protect_many(cap_at(cnode), &f, RO), ERR_NOT_MAPPED);
    expect_left(&f, 2, 0, 3);
    faults = fault_endpoint();
    faults_at(code_write, page_at(1), 7);
    *words(page_at(3)) = 1; /* as it was */
    f = (struct frames){.count = 5};
    EXPECT_IS(memory_unmap_many(cap_at(cnode), &f), ERR_NOT_MAPPED);
    expect_left(&f, 2, 0, 3);
    EXPECT(is_free(page_at(1)) && !is_free(page_at(3)));
    f = (struct frames){.first = 3, .count = 3}; /* the sixth slot is empty */
    EXPECT_IS(memory_protect_many(cap_at(cnode), &f, RO), ERR_BAD_CAP);
    expect_left(&f, 5, 0, 1);
    EXPECT_IS(cap_copy(cap_at(cnode), 5, cap_at(CAP_SELF_CNODE), zoo(TYPE_ENDPOINT), RIGHT_ALL), 0);
    f = (struct frames){.first = 3, .count = 3};
    EXPECT_IS(memory_unmap_many(cap_at(cnode), &f), ERR_WRONG_TYPE);
    expect_left(&f, 5, 0, 1);
}

/* A right that one of them lacks; and attributes for device memory. */
static void protect_allows(void)
{
    make_frames(2);
    uint64_t weak = temp_copy(zoo(TYPE_FRAME), RIGHT_READ);
    EXPECT_IS(cap_move(cap_at(cnode), 2, cap_at(CAP_SELF_CNODE), weak), 0);
    map(0, AT, 3, RO);
    struct frames f = {.count = 3};
    EXPECT_IS(memory_protect_many(cap_at(cnode), &f, RW), ERR_NO_RIGHT);
    expect_left(&f, 2, 0, 1);
    f = (struct frames){.count = 3};
    EXPECT_IS(memory_protect_many(cap_at(cnode), &f, RIGHT_WRITE), ERR_BAD_ARGUMENT);
    EXPECT_IS(memory_protect_many(cap_at(cnode), &f, RW | RX), ERR_BAD_ARGUMENT);
    EXPECT_IS(memory_protect_many(cap_at(cnode), &f, RO | CACHE_UNCACHED), ERR_BAD_ARGUMENT);
    expect_left(&f, 0, 0, 3);
}

static void numbers_out_of_range(void)
{
    static const struct frames bad[] = {{0, AT, 0},
                                        {0, AT, MANY_AT_ONCE + 1},
                                        {0, AT, 1ul << 32 | 1},
                                        {0, AT, ~0ul},
                                        {1ul << RADIX, AT, 1},
                                        {(1ul << RADIX) - 1, AT, 2},
                                        {~0ul, AT, 2},
                                        {1ul << 32, AT, 1},
                                        {0, USER_TOP, 1},
                                        {0, ~0ul - PAGE + 1, 2},
                                        {0, 1ul << 63, 1}};
    make_frames(3);
    for (unsigned i = 0; i < COUNT(bad); i++) {
        struct frames f = bad[i];
        EXPECT_IS(memory_map_many(cap_at(cnode), &f, space(), RW), ERR_BAD_ARGUMENT);
        expect_left(&f, bad[i].first, bad[i].vaddr, bad[i].count);
        if (bad[i].vaddr == AT) {
            EXPECT_IS(memory_unmap_many(cap_at(cnode), &f), ERR_BAD_ARGUMENT);
            EXPECT_IS(memory_protect_many(cap_at(cnode), &f, RO), ERR_BAD_ARGUMENT);
            expect_left(&f, bad[i].first, bad[i].vaddr, bad[i].count);
        }
    }
}

/* Frames that lie in turn in one space and in another, and not one after the other. */
static void scattered(void)
{
    make_frames(40);
    area_tables(other_space(), AT, PAGE_BITS, NULL);
    for (uint64_t i = 0; i < 40; i++) {
        struct frames f = {i, page_at(40 - i), 1};
        EXPECT_IS(memory_map_many(cap_at(cnode), &f, i % 3 == 1 ? other_space() : space(), RW), 0);
        if (i % 3 != 1)
            *words(page_at(40 - i)) = i;
    }
    struct frames f = {.count = 40};
    EXPECT_IS(memory_protect_many(cap_at(cnode), &f, RO), 0);
    faults = fault_endpoint();
    faults_at(code_write, page_at(40), 7);
    faults_at(code_write, page_at(1), 7);
    unmap(0, 40);
    for (uint64_t i = 1; i <= 40; i++)
        EXPECT(is_free(page_at(i)));
    faults_at(code_read, page_at(1), 4);
}

/* The CPU forgets what it has of each space, not only of the one in which the call ends. */
static void ends_in_another_space(void)
{
    make_frames(2);
    area_tables(other_space(), AT, PAGE_BITS, NULL);
    map(0, AT, 1, RW);
    struct frames f = {1, AT, 1};
    EXPECT_IS(memory_map_many(cap_at(cnode), &f, other_space(), RW), 0);
    *words(AT) = 1;
    unmap(0, 2);
    EXPECT_IS(map_frame(temp_object(TYPE_FRAME, PAGE_BITS), space(), AT, RO), 0);
    EXPECT_IS(*words(AT), 0); /* the new frame's, and not what the TLB had */
}

/* Large frames among small ones, one after the other. */
static void of_two_sizes(void)
{
    make_frames(2);
    uint64_t start = AREA + 3ul * LARGE, large = temp_object(TYPE_FRAME, LARGE_BITS);
    EXPECT_IS(cap_move(cap_at(cnode), 2, cap_at(CAP_SELF_CNODE), large), 0);
    EXPECT_IS(cap_move(cap_at(cnode), 3, cap_at(cnode), 0), 0);
    area_tables(space(), start - PAGE, PAGE_BITS, NULL);
    area_tables(space(), start + LARGE, PAGE_BITS, NULL);
    struct frames f = {1, start - PAGE, 3};
    EXPECT_IS(memory_map_many(cap_at(cnode), &f, space(), RW), 0);
    expect_left(&f, 4, start + LARGE + PAGE, 0);
    *words(start - PAGE) = *words(start) = *words(start + LARGE) = 3;
    f = (struct frames){.first = 1, .count = 3};
    EXPECT_IS(memory_protect_many(cap_at(cnode), &f, RO), 0);
    EXPECT_IS(*words(start + LARGE), 3);
    faults = fault_endpoint();
    faults_at(code_write, start - PAGE, 7);
    faults_at(code_write, start, 7);
    faults_at(code_write, start + LARGE, 7);
    unmap(1, 3);
    EXPECT(is_free(start + LARGE));
}

/* A mapping that went with its table: there is nothing to protect; unmapping forgets it. */
static void table_is_gone(void)
{
    uint64_t table[3];
    cnode = temp_object(TYPE_CNODE, RADIX);
    unsigned made = area_tables(space(), AT, PAGE_BITS, table);
    EXPECT_IS(retype(cap_at(temp_object(TYPE_UNTYPED, 15)), TYPE_FRAME, PAGE_BITS, cap_at(cnode), 0, 5), 0);
    map(0, AT, 5, RW);
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), table[made - 1]), 0);
    struct frames f = {.count = 5};
    EXPECT_IS(memory_protect_many(cap_at(cnode), &f, RO), ERR_NOT_MAPPED);
    expect_left(&f, 0, 0, 5);
    area_tables(space(), AT, PAGE_BITS, NULL);
    EXPECT_IS(map_frame(temp_object(TYPE_FRAME, PAGE_BITS), space(), page_at(1), RW), 0);
    unmap(0, 5);
    EXPECT(!is_free(page_at(1))); /* another's page is where the second was */
    map(2, page_at(2), 3, RW);
}

static struct sleeper sleeper;
static uint64_t deadline;

static void delete_then(uint64_t unused)
{
    (void)unused;
    sleep_until(&sleeper, deadline);
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), cnode), 0);
}

/* The CNode goes between two shares of the work: what is done is said, and what the frames were is gone. */
static void cnode_goes_meanwhile(void)
{
    unsigned halfway = 0;
    for (uint64_t after = 500; after < 40000 && !halfway; after += 500) {
        make_frames(FRAMES);
        sleeper = (struct sleeper){temp_object(TYPE_TIMER, 0), temp_object(TYPE_NOTIFICATION, 0)};
        EXPECT_IS(timer_bind(cap_at(sleeper.timer), cap_at(sleeper.notification)), 0);
        plan_function(A, delete_then, 0);
        deadline = clock_read() + after;
        go(A);
        struct frames f = {.vaddr = AT, .count = FRAMES};
        long result = memory_map_many(cap_at(cnode), &f, space(), RW);
        EXPECT(result == 0 || result == ERR_BAD_CAP);
        EXPECT(result == ERR_BAD_CAP ? f.count % 64 == 0 && f.count > 0 : f.count == 0);
        expect_left(&f, FRAMES - f.count, page_at(FRAMES - f.count), f.count);
        halfway += f.count > 0 && f.count < FRAMES;
        while (!actor_idle(A))
            ;
        EXPECT(is_free(AT));
        actors_reset(false);
        temp_clear();
    }
    if (counts_instructions() && !machine_slow())
        EXPECT(halfway > 0);
}

static const struct test list[] = {
    {"each_in_its_place", each_in_its_place},
    {"seen_at_once", seen_at_once},
    {"map_stops", map_stops},
    {"at_the_top", at_the_top},
    {"unmap_and_protect_stop", unmap_and_protect_stop},
    {"protect_allows", protect_allows},
    {"numbers_out_of_range", numbers_out_of_range},
    {"scattered", scattered},
    {"ends_in_another_space", ends_in_another_space},
    {"of_two_sizes", of_two_sizes},
    {"table_is_gone", table_is_gone},
    {"cnode_goes_meanwhile", cnode_goes_meanwhile},
};

CASE_SET(760, memory_many_cases)
{
    CASES("memory/many", list);
}
