/* memory_map and memory_unmap: what is refused, and page tables at each level. */
#include "frame/conform.h"

enum { PAGE = 4096, RW = RIGHT_READ | RIGHT_WRITE, RX = RIGHT_READ | RIGHT_EXECUTE };

static cap_t space(void)
{
    return cap_at(CAP_SELF_SPACE);
}

static cap_t frame(void)
{
    return cap_at(temp_object(TYPE_FRAME, 12));
}

static long map(cap_t memory, uint64_t vaddr, uint64_t rights)
{
    return syscall6(SYS_MEMORY_MAP, memory, space(), vaddr, rights, 0, 0);
}

static void misaligned(void)
{
    static const uint64_t offsets[] = {1, 8, 64, 2048, 4095};
    for (unsigned i = 0; i < COUNT(offsets); i++)
        EXPECT_IS(map(frame(), temp_page() + offsets[i], RW), ERR_MISALIGNED);
}

static void not_user_addresses(void)
{
    static const uint64_t addresses[] = {USER_TOP,           USER_TOP + PAGE,    0x800000000000,
                                         0xffff7ffffffff000, 0xffff800000000000, 0xffffffff80000000,
                                         0xffffffffffe00000, 0xfffffffffffff000, 1ul << 62};
    cap_t f = frame(), table = cap_at(temp_object(TYPE_PAGE_TABLE, 0));
    for (unsigned i = 0; i < COUNT(addresses); i++) {
        EXPECT_IS(map(f, addresses[i], RW), ERR_BAD_ARGUMENT);
        EXPECT_IS(map(table, addresses[i], 0), ERR_BAD_ARGUMENT);
    }
    EXPECT_IS(memory_unmap(f), ERR_NOT_MAPPED);
}

static void rights_that_do_not_go(void)
{
    static const uint64_t rights[] = {0,
                                      RIGHT_WRITE,
                                      RIGHT_EXECUTE,
                                      RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE,
                                      RIGHT_WRITE | RIGHT_EXECUTE,
                                      RIGHT_READ | RIGHT_SEND,
                                      RIGHT_READ | RIGHT_WAIT,
                                      RIGHT_ALL,
                                      RIGHT_READ | 0x100,
                                      RIGHT_READ | 1ul << 32,
                                      RIGHT_READ | 1ul << 63,
                                      ~0ul};
    cap_t f = frame();
    uint64_t page = temp_page();
    for (unsigned i = 0; i < COUNT(rights); i++)
        EXPECT_IS(map(f, page, rights[i]), ERR_BAD_ARGUMENT);
    EXPECT_IS(map(f, page, RW), 0);
}

static void mapped_already(void)
{
    cap_t f = frame();
    uint64_t page = temp_page();
    EXPECT_IS(map(f, page, RW), 0);
    EXPECT_IS(map(f, page, RW), ERR_IN_USE);
    EXPECT_IS(map(f, temp_page(), RW), ERR_IN_USE);
    EXPECT_IS(memory_unmap(f), 0);
    EXPECT_IS(map(f, page, RX), 0);
}

static void address_is_taken(void)
{
    cap_t first = frame(), second = frame();
    uint64_t page = temp_page();
    EXPECT_IS(map(first, page, RW), 0);
    EXPECT_IS(map(second, page, RW), ERR_OCCUPIED);
    EXPECT_IS(memory_unmap(second), ERR_NOT_MAPPED);
    EXPECT_IS(memory_unmap(first), 0);
    EXPECT_IS(map(second, page, RW), 0);
}

static void not_mapped(void)
{
    cap_t f = frame();
    EXPECT_IS(memory_unmap(f), ERR_NOT_MAPPED);
    EXPECT_IS(map(f, temp_page(), RW), 0);
    EXPECT_IS(memory_unmap(f), 0);
    EXPECT_IS(memory_unmap(f), ERR_NOT_MAPPED);
}

/* A copy has no mapping, whatever its original has, and its end does not touch the original's. */
static void copy_is_not_mapped(void)
{
    uint64_t slot = temp_object(TYPE_FRAME, 12), page = temp_page();
    EXPECT_IS(map(cap_at(slot), page, RW), 0);
    uint64_t copy = temp_copy(slot, RIGHT_ALL);
    EXPECT_IS(memory_unmap(cap_at(copy)), ERR_NOT_MAPPED);
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), copy), 0);
    *(volatile uint64_t *)page = 1; /* NOLINT: still mapped */
    EXPECT_IS(memory_unmap(cap_at(slot)), 0);
}

static void moved_stays_mapped(void)
{
    uint64_t slot = temp_object(TYPE_FRAME, 12), to = temp_slot(), page = temp_page();
    cap_t self = cap_at(CAP_SELF_CNODE);
    EXPECT_IS(map(cap_at(slot), page, RW), 0);
    EXPECT_IS(cap_move(self, to, self, slot), 0);
    *(volatile uint64_t *)page = 1; /* NOLINT: still mapped */
    EXPECT_IS(map(cap_at(to), temp_page(), RW), ERR_IN_USE);
    EXPECT_IS(memory_unmap(cap_at(to)), 0);
}

static void put_table(cap_t where, uint64_t vaddr, long result)
{
    uint64_t table = temp_object(TYPE_PAGE_TABLE, 0);
    EXPECT_IS(memory_map(cap_at(table), where, vaddr, 0), result);
}

/* In an empty address space three tables are missing; each goes to the highest level that is. */
static void tables_at_each_level(void)
{
    static const uint64_t addresses[] = {0x400000, 0x7f0000000000, USER_TOP - PAGE, 0};
    for (unsigned i = 0; i < COUNT(addresses); i++) {
        cap_t empty = cap_at(temp_object(TYPE_ADDRESS_SPACE, 0)), f = frame();
        for (unsigned level = 0; level < 3; level++) {
            EXPECT_IS(memory_map(f, empty, addresses[i], RW), ERR_NO_TABLE);
            put_table(empty, addresses[i], 0);
        }
        put_table(empty, addresses[i], ERR_OCCUPIED);
        EXPECT_IS(memory_map(f, empty, addresses[i], RW), 0);
        put_table(empty, addresses[i], ERR_OCCUPIED);
        EXPECT_IS(memory_unmap(f), 0);
    }
}

/* What lies under one table serves all that is near, and at each distance one more level is missing. */
static void tables_are_shared(void)
{
    static const struct {
        uint64_t distance;
        unsigned missing;
    } near[] = {{PAGE, 0}, {1ul << 21, 1}, {1ul << 30, 2}, {1ul << 39, 3}};
    cap_t empty = cap_at(temp_object(TYPE_ADDRESS_SPACE, 0));
    for (unsigned level = 0; level < 3; level++)
        put_table(empty, 0, 0);
    for (unsigned i = 0; i < COUNT(near); i++) {
        cap_t f = frame();
        for (unsigned level = 0; level < near[i].missing; level++) {
            EXPECT_IS(memory_map(f, empty, near[i].distance, RW), ERR_NO_TABLE);
            put_table(empty, near[i].distance, 0);
        }
        EXPECT_IS(memory_map(f, empty, near[i].distance, RW), 0);
    }
}

static void table_maps_once(void)
{
    cap_t empty = cap_at(temp_object(TYPE_ADDRESS_SPACE, 0)), table = cap_at(temp_object(TYPE_PAGE_TABLE, 0));
    EXPECT_IS(memory_map(table, empty, 0x400000, 0), 0);
    EXPECT_IS(memory_map(table, empty, 0x400000, 0), ERR_IN_USE);
    EXPECT_IS(memory_map(table, empty, 0x7f0000000000, 0), ERR_IN_USE);
    EXPECT_IS(memory_unmap(table), 0);
    EXPECT_IS(memory_unmap(table), ERR_NOT_MAPPED);
}

/* The table goes with its capability, and all that it held is unmapped; the frame does not learn of it. */
static void deleted_table(void)
{
    cap_t empty = cap_at(temp_object(TYPE_ADDRESS_SPACE, 0)), f = frame();
    uint64_t table[3];
    for (unsigned level = 0; level < 3; level++) {
        table[level] = temp_object(TYPE_PAGE_TABLE, 0);
        EXPECT_IS(memory_map(cap_at(table[level]), empty, 0x400000, 0), 0);
    }
    EXPECT_IS(memory_map(f, empty, 0x400000, RW), 0);
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), table[2]), 0);
    EXPECT_IS(memory_map(frame(), empty, 0x400000, RW), ERR_NO_TABLE);
    put_table(empty, 0x400000, 0);
    EXPECT_IS(memory_map(frame(), empty, 0x400000, RW), 0);
    EXPECT_IS(memory_unmap(f), 0); /* another frame is there now, and stays */
    EXPECT_IS(memory_map(frame(), empty, 0x400000, RW), ERR_OCCUPIED);
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), table[0]), 0);
    EXPECT_IS(memory_map(frame(), empty, 0x400000, RW), ERR_NO_TABLE);
}

static void frame_outlives_space(void)
{
    uint64_t doomed = temp_object(TYPE_ADDRESS_SPACE, 0);
    cap_t f = frame();
    for (unsigned level = 0; level < 3; level++)
        put_table(cap_at(doomed), 0x400000, 0);
    EXPECT_IS(memory_map(f, cap_at(doomed), 0x400000, RW), 0);
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), doomed), 0);
    EXPECT_IS(memory_unmap(f), 0);
    EXPECT_IS(map(f, temp_page(), RW), 0);
}

static const struct test list[] = {
    {"misaligned", misaligned},
    {"not_user_addresses", not_user_addresses},
    {"rights_that_do_not_go", rights_that_do_not_go},
    {"mapped_already", mapped_already},
    {"address_is_taken", address_is_taken},
    {"not_mapped", not_mapped},
    {"copy_is_not_mapped", copy_is_not_mapped},
    {"moved_stays_mapped", moved_stays_mapped},
    {"tables_at_each_level", tables_at_each_level},
    {"tables_are_shared", tables_are_shared},
    {"table_maps_once", table_maps_once},
    {"deleted_table", deleted_table},
    {"frame_outlives_space", frame_outlives_space},
};

CASE_SET(170, memory_map_cases)
{
    CASES("memory", list);
}
