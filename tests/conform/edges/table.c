/* The first, the middle and the last entry of tables: of page tables of each level, of CNodes, of the numbers
 * of address spaces. */
#include "frame/guest.h"
#include "frame/large.h"

/* Half of a table begins at 256, and a word of a bitmap at 64. */
static const unsigned entries[] = {0, 1, 63, 64, 255, 256, 510, 511};
enum { ENTRIES = COUNT(entries), LEVELS = 3 };

static long map(uint64_t slot, cap_t space, uint64_t vaddr)
{
    return memory_map(cap_at(slot), space, vaddr, RIGHT_READ);
}

/* What one entry of a table of that level (1 the lowest) is for. */
static uint64_t below(unsigned level)
{
    return 1ull << (PAGE_BITS + 9 * (level - 1));
}

/* What can stand in a table of that level: pages, or lower tables. */
static uint64_t inmate(unsigned level)
{
    return level == 1 ? temp_object(TYPE_FRAME, PAGE_BITS) : temp_object(TYPE_PAGE_TABLE, 0);
}

/* A table of that level in a new space; where its entries begin. */
static uint64_t place(unsigned level, uint64_t table, cap_t space)
{
    uint64_t vaddr = AREA << 9; /* its own entry of the root */
    for (unsigned l = LEVELS; l > level; l--)
        EXPECT_IS(map(temp_object(TYPE_PAGE_TABLE, 0), space, vaddr), 0);
    EXPECT_IS(map(table, space, vaddr), 0);
    return vaddr;
}

static void fill(unsigned level, cap_t space, uint64_t vaddr)
{
    for (unsigned i = 0; i < ENTRIES; i++)
        EXPECT_IS(map(inmate(level), space, vaddr + entries[i] * below(level)), 0);
}

/* A small page needs all tables on its way; taking the last one does not touch those beside it. */
static void expect_empty(unsigned level, cap_t space, uint64_t vaddr)
{
    uint64_t page = temp_object(TYPE_FRAME, PAGE_BITS);
    for (unsigned i = 0; i < ENTRIES; i++) {
        uint64_t at = vaddr + entries[i] * below(level);
        if (level > 1) {
            EXPECT_IS(map(page, space, at), ERR_NO_TABLE);
            EXPECT_IS(map(temp_object(TYPE_PAGE_TABLE, 0), space, at), 0);
        }
        for (unsigned l = level; l > 2; l--)
            EXPECT_IS(map(temp_object(TYPE_PAGE_TABLE, 0), space, at), 0);
        EXPECT_IS(map(page, space, at), 0);
        EXPECT_IS(memory_unmap(cap_at(page)), 0);
    }
}

/* It goes where it was, at the same level: what it had must not be there again. */
static void unmapped_tables_are_empty(void)
{
    for (unsigned level = 1; level <= LEVELS; level++) {
        uint64_t table = temp_object(TYPE_PAGE_TABLE, 0);
        cap_t space = cap_at(temp_object(TYPE_ADDRESS_SPACE, 0));
        uint64_t vaddr = place(level, table, space);
        fill(level, space, vaddr);
        EXPECT_IS(memory_unmap(cap_at(table)), 0);
        EXPECT_IS(map(table, space, vaddr), 0);
        expect_empty(level, space, vaddr);
        temp_clear();
    }
}

/* The memory of a table, and of a space, is made into another of the same. */
static void new_tables_are_empty(void)
{
    for (unsigned level = 1; level <= LEVELS; level++) {
        uint64_t memory = temp_object(TYPE_UNTYPED, 13);
        for (unsigned round = 0; round < 2; round++) {
            cap_t space = cap_at(make(memory, TYPE_ADDRESS_SPACE, 0));
            uint64_t vaddr = place(level, make(memory, TYPE_PAGE_TABLE, 0), space);
            if (round == 0)
                fill(level, space, vaddr);
            else
                expect_empty(level, space, vaddr);
            EXPECT_IS(revoke(memory), 0);
        }
        temp_clear();
    }
}

/* The root's entries for ring 3 are 0 to 255; the page below USER_TOP is the last one. */
static void new_roots_are_empty(void)
{
    static const uint64_t at[] = {0x10000,      1ull << 39,   127ull << 39,
                                  128ull << 39, 254ull << 39, USER_TOP - PAGE};
    uint64_t memory = temp_object(TYPE_UNTYPED, 12), page = temp_object(TYPE_FRAME, PAGE_BITS);
    for (unsigned round = 0; round < 2; round++) {
        cap_t space = cap_at(make(memory, TYPE_ADDRESS_SPACE, 0));
        for (unsigned i = 0; i < COUNT(at); i++) {
            EXPECT_IS(map(page, space, at[i]), ERR_NO_TABLE);
            for (unsigned l = 0; l < LEVELS; l++) {
                EXPECT_IS(map(temp_object(TYPE_PAGE_TABLE, 0), space, at[i]), 0);
                EXPECT_IS(map(page, space, at[i]), l + 1 < LEVELS ? ERR_NO_TABLE : 0);
            }
            EXPECT_IS(memory_unmap(cap_at(page)), 0);
        }
        EXPECT_IS(map(page, space, USER_TOP), ERR_BAD_ARGUMENT);
        EXPECT_IS(map(temp_object(TYPE_PAGE_TABLE, 0), space, USER_TOP), ERR_BAD_ARGUMENT);
        EXPECT_IS(revoke(memory), 0);
    }
}

/* Each of a table's entries leads where it was told: to a page of its own. */
static void each_entry_is_its_own(void)
{
    cap_t ours = cap_at(CAP_SELF_SPACE);
    for (unsigned level = 1; level <= 2; level++) {
        unsigned rights = RIGHT_READ | RIGHT_WRITE;
        for (unsigned i = 0; i < ENTRIES; i++) {
            area_map(temp_object(TYPE_FRAME, PAGE_BITS), ours, AREA + entries[i] * below(level), rights);
            words(AREA + entries[i] * below(level))[PAGE / 8 - 1] = pattern(level, i);
        }
        for (unsigned i = 0; i < ENTRIES; i++)
            EXPECT_IS(words(AREA + entries[i] * below(level))[PAGE / 8 - 1], pattern(level, i));
        temp_clear();
    }
}

static bool holds(uint64_t cnode, uint64_t index)
{
    unsigned root_bits = (unsigned)SLOT_BITS + (unsigned)__builtin_ctz(boot_info->slot_count);
    return index == 0 ||
           cap_identify(cap_at(cnode) | index << root_bits) == TYPE_ENDPOINT; /* 0 has no address */
}

/* A copy in that slot is found, moved and swapped there, and goes with the CNode. */
static void slot_of(unsigned radix, uint64_t index)
{
    uint64_t cnode = temp_object(TYPE_CNODE, radix), ep = temp_endpoint(), back = temp_slot();
    EXPECT_IS(cap_copy(cap_at(cnode), index, own_cnode(), ep, RIGHT_ALL), 0);
    EXPECT(holds(cnode, index));
    EXPECT_IS(cap_copy(cap_at(cnode), index, own_cnode(), ep, RIGHT_ALL), ERR_OCCUPIED);
    EXPECT_IS(cap_move(own_cnode(), back, cap_at(cnode), index), 0);
    EXPECT_IS(cap_swap(cap_at(cnode), index, own_cnode(), back), 0);
    EXPECT(holds(cnode, index) && cap_identify(cap_at(back)) == ERR_BAD_CAP);
    struct step *waits = act(A, SYS_RECV, cap_at(ep), 1);
    EXPECT_IS(cap_delete(own_cnode(), ep), 0);
    EXPECT_WAITS(waits);
    EXPECT_IS(cap_delete(own_cnode(), cnode), 0);
    EXPECT_CANCELED(waits);
    EXPECT_IS(cap_copy(own_cnode(), ep, own_cnode(), CAP_SELF_SPACE, RIGHT_ALL), 0);
}

/* Behind the end of the CNode, also when the low half of the index is within it. */
static void expect_no_slot(cap_t cnode, uint64_t index)
{
    uint64_t ep = zoo(TYPE_ENDPOINT), free = temp_slot();
    EXPECT_IS(cap_copy(cnode, index, own_cnode(), ep, RIGHT_ALL), ERR_BAD_ARGUMENT);
    EXPECT_IS(cap_copy(own_cnode(), free, cnode, index, RIGHT_ALL), ERR_BAD_ARGUMENT);
    EXPECT_IS(cap_mint(cnode, index, own_cnode(), ep, RIGHT_ALL, 1), ERR_BAD_ARGUMENT);
    EXPECT_IS(cap_mint(own_cnode(), free, cnode, index, RIGHT_ALL, 1), ERR_BAD_ARGUMENT);
    EXPECT_IS(cap_move(cnode, index, own_cnode(), ep), ERR_BAD_ARGUMENT);
    EXPECT_IS(cap_move(own_cnode(), free, cnode, index), ERR_BAD_ARGUMENT);
    EXPECT_IS(cap_swap(cnode, index, own_cnode(), ep), ERR_BAD_ARGUMENT);
    EXPECT_IS(cap_swap(own_cnode(), ep, cnode, index), ERR_BAD_ARGUMENT);
    EXPECT_IS(cap_delete(cnode, index), ERR_BAD_ARGUMENT);
    EXPECT_IS(cap_revoke(cnode, index), ERR_BAD_ARGUMENT);
    EXPECT_IS(cap_cancel_badged(cnode, index), ERR_BAD_ARGUMENT);
    EXPECT_IS(reply_save(cnode, index), ERR_BAD_ARGUMENT);
    EXPECT_IS(retype(cap_at(zoo(TYPE_UNTYPED)), TYPE_ENDPOINT, 0, cnode, index, 1), ERR_BAD_ARGUMENT);
    EXPECT_IS(irq_handler_get(cap_at(CAP_IRQ_CONTROL), 5, cnode, index), ERR_BAD_ARGUMENT);
    EXPECT_IS(irq_msi_get(cap_at(CAP_IRQ_CONTROL), cnode, index), ERR_BAD_ARGUMENT);
}

static void cnode_slots(void)
{
    static const unsigned radixes[] = {1, 2, 6, 7, 12};
    for (unsigned i = 0; i < COUNT(radixes); i++) {
        uint64_t slots = 1ull << radixes[i];
        slot_of(radixes[i], 0);
        slot_of(radixes[i], slots / 2 - 1);
        slot_of(radixes[i], slots / 2);
        slot_of(radixes[i], slots - 1);
        uint64_t cnode = temp_object(TYPE_CNODE, radixes[i]);
        expect_no_slot(cap_at(cnode), slots);
        expect_no_slot(cap_at(cnode), 1ull << 32);
        expect_no_slot(cap_at(cnode), 1ull << 63 | 1);
        expect_no_slot(cap_at(cnode), ~0ull);
        actors_reset(false);
        temp_clear();
    }
}

/* All numbers are given away; with each of them a table is mapped, found and taken away. */
static void space_numbers(void)
{
    enum {
        MOST = 4096,
        NUMBERS = 4095,
        TAKEN = 4 /* the root task's, two here, the zoo's */,
        RADIX = 12,
        CHECKED = 8
    };
    uint64_t memory = temp_object(TYPE_UNTYPED, 24), cnode = temp_object(TYPE_CNODE, RADIX), made = 0;
    uint64_t table = temp_object(TYPE_PAGE_TABLE, 0), page = temp_object(TYPE_FRAME, PAGE_BITS),
             one = temp_slot();
    for (unsigned round = 0; round < 2; round++) {
        EXPECT_IS(revoke(memory), 0);
        made = 0;
        while (made < MOST && retype(cap_at(memory), TYPE_ADDRESS_SPACE, 0, cap_at(cnode), made, 1) == 0)
            made++;
        EXPECT_IS(made, NUMBERS - TAKEN);
    }
    for (uint64_t i = 0; i < made; i++) {
        if (boot_info->checked && i >= CHECKED && i < made - CHECKED)
            continue; /* a check looks at all of them */
        EXPECT_IS(cap_copy(own_cnode(), one, cap_at(cnode), i, RIGHT_ALL), 0);
        EXPECT_IS(map(table, cap_at(one), AREA), 0);
        EXPECT_IS(map(table, cap_at(one), AREA), ERR_IN_USE);
        EXPECT_IS(map(page, cap_at(one), AREA), ERR_NO_TABLE);
        EXPECT_IS(memory_unmap(cap_at(table)), 0);
        EXPECT_IS(map(table, cap_at(one), AREA), 0);
        EXPECT_IS(memory_unmap(cap_at(table)), 0);
        EXPECT_IS(cap_delete(own_cnode(), one), 0);
    }
    EXPECT_IS(revoke(memory), 0);
}

static const struct test list[] = {
    {"unmapped_tables_are_empty", unmapped_tables_are_empty},
    {"new_tables_are_empty", new_tables_are_empty},
    {"new_roots_are_empty", new_roots_are_empty},
    {"each_entry_is_its_own", each_entry_is_its_own},
    {"cnode_slots", cnode_slots},
    {"space_numbers", space_numbers},
};

CASE_SET(916, edges_table_cases)
{
    CASES("edges/tables", list);
}
