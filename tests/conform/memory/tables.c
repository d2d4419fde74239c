/* memory_unmap of page tables: what they held is gone, and they can go to any level anywhere. */
#include "frame/large.h"

static long map(uint64_t slot, cap_t space, uint64_t vaddr, unsigned rights)
{
    return memory_map(cap_at(slot), space, vaddr, rights);
}

static cap_t new_space(void)
{
    return cap_at(temp_object(TYPE_ADDRESS_SPACE, 0));
}

/* Each of the three in turn; what is mapped below it is gone, and as many tables are missing as it had under
 * it. */
static void each_level(void)
{
    for (unsigned victim = 0; victim < 3; victim++) {
        cap_t space = new_space();
        uint64_t table[3], first = temp_object(TYPE_FRAME, PAGE_BITS),
                           second = temp_object(TYPE_FRAME, PAGE_BITS);
        EXPECT_IS(area_tables(space, AREA, PAGE_BITS, table), 3);
        EXPECT_IS(map(first, space, AREA, RO), 0);
        EXPECT_IS(memory_unmap(cap_at(table[victim])), 0);
        EXPECT_IS(memory_unmap(cap_at(table[victim])), ERR_NOT_MAPPED);
        EXPECT_IS(map(second, space, AREA, RO), ERR_NO_TABLE);
        EXPECT_IS(memory_protect(cap_at(first), RO), ERR_NOT_MAPPED);
        EXPECT_IS(area_tables(space, AREA, PAGE_BITS, NULL), 3 - victim);
        EXPECT_IS(map(second, space, AREA, RO), 0);
        EXPECT_IS(memory_unmap(cap_at(first)), 0);
        EXPECT_IS(memory_protect(cap_at(second), RO), 0);
    }
}

/* A table whose upper table was deleted is mapped nowhere, and can be used again. */
static void below_a_deleted_table(void)
{
    cap_t space = new_space(), next = new_space();
    uint64_t table[3], frame = temp_object(TYPE_FRAME, PAGE_BITS);
    area_tables(space, AREA, PAGE_BITS, table);
    EXPECT_IS(map(frame, space, AREA, RW), 0);
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), table[0]), 0);
    EXPECT_IS(map(table[1], next, AREA, 0), ERR_IN_USE);
    EXPECT_IS(memory_unmap(cap_at(table[1])), 0);
    EXPECT_IS(memory_unmap(cap_at(table[2])), 0);
    EXPECT_IS(map(table[2], next, AREA, 0), 0);
    EXPECT_IS(map(table[1], next, AREA, 0), 0);
    EXPECT_IS(map(temp_object(TYPE_PAGE_TABLE, 0), next, AREA, 0), 0);
    EXPECT_IS(memory_protect(cap_at(frame), RO), ERR_NOT_MAPPED);
    EXPECT_IS(memory_unmap(cap_at(frame)), 0);
    EXPECT_IS(map(frame, next, AREA, RW), 0);
}

static void of_a_deleted_space(void)
{
    cap_t space = new_space(), next = new_space();
    uint64_t table[3];
    area_tables(space, AREA, PAGE_BITS, table);
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), space >> SLOT_BITS), 0);
    for (unsigned i = 0; i < 3; i++) {
        EXPECT_IS(memory_unmap(cap_at(table[i])), 0);
        EXPECT_IS(map(table[i], next, AREA, 0), 0);
    }
}

/* A table full of pages, moved up one level: were its entries still there, the pages would be page tables now,
   and a thread that can write to them could map whatever it likes. */
static void entries_do_not_become_tables(void)
{
    cap_t ours = cap_at(CAP_SELF_SPACE);
    uint64_t evil = temp_object(TYPE_FRAME, PAGE_BITS), page = temp_page(), table[3];
    area_map(evil, ours, page, RW);
    words(page)[0] = 0x200000 | 7; /* the kernel's text, for everybody */
    unsigned made = area_tables(ours, AREA, PAGE_BITS, table);
    uint64_t lowest = table[made - 1];
    EXPECT_IS(map(temp_copy(evil, RIGHT_ALL), ours, AREA, RW), 0);
    EXPECT_IS(words(AREA)[0], 0x200000 | 7);
    EXPECT_IS(memory_unmap(cap_at(lowest)), 0);
    EXPECT_IS(map(lowest, ours, AREA + (1ul << HUGE_BITS), 0), 0); /* a table of tables there */
    cap_t ep = fault_endpoint();
    fault_configure(A, ep);
    fault_start(A, code_read, AREA + (1ul << HUGE_BITS));
    fault_expect(ep, A, (struct fault){FAULT_PAGE, AREA + (1ul << HUGE_BITS), 4, 14}, address_of(code_read));
    EXPECT_IS(map(temp_object(TYPE_FRAME, PAGE_BITS), ours, AREA + (1ul << HUGE_BITS), RO), ERR_NO_TABLE);
}

static void not_mapped(void)
{
    uint64_t table = temp_object(TYPE_PAGE_TABLE, 0);
    EXPECT_IS(memory_unmap(cap_at(table)), ERR_NOT_MAPPED);
    EXPECT_IS(memory_protect(cap_at(table), RO), ERR_WRONG_TYPE);
    EXPECT_IS(memory_unmap(cap_at(temp_slot())), ERR_BAD_CAP);
    EXPECT_IS(memory_unmap(cap_at(table) | 1), ERR_BAD_CAP);
    EXPECT_IS(memory_unmap(cap_at(CAP_SELF_SPACE)), ERR_WRONG_TYPE);
}

static void moved(void)
{
    cap_t space = new_space(), self = cap_at(CAP_SELF_CNODE);
    uint64_t table[3], to = temp_slot();
    area_tables(space, AREA, PAGE_BITS, table);
    EXPECT_IS(cap_move(self, to, self, table[2]), 0);
    EXPECT_IS(memory_unmap(cap_at(table[2])), ERR_BAD_CAP);
    EXPECT_IS(memory_unmap(cap_at(to)), 0);
    EXPECT_IS(map(temp_object(TYPE_FRAME, PAGE_BITS), space, AREA, RO), ERR_NO_TABLE);
}

static const struct test list[] = {
    {"each_level", each_level},
    {"below_a_deleted_table", below_a_deleted_table},
    {"of_a_deleted_space", of_a_deleted_space},
    {"entries_do_not_become_tables", entries_do_not_become_tables},
    {"not_mapped", not_mapped},
    {"moved", moved},
};

CASE_SET(650, memory_table_cases)
{
    CASES("memory/tables", list);
}
