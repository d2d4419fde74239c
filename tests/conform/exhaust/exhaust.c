/* Each thing that can run out: all of it is taken, the documented error comes, all is given back, and all
 * taken again: as many as before. */
#include "frame/guest.h"
#include "frame/large.h"

enum { ROUNDS = 3, RADIX = 12, SLOT_RADIX = 9, SLOTS = 1 << SLOT_RADIX, ENTRIES = 512, STEP = 64 };

/* Copies into every slot of a CNode. */
static void slots_by_copies(void)
{
    uint64_t cnode = temp_object(TYPE_CNODE, SLOT_RADIX), ep = temp_endpoint();
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t taken = 0;
        while (cap_copy(cap_at(cnode), taken, own_cnode(), ep, RIGHT_ALL) == 0)
            taken++;
        EXPECT_IS(taken, SLOTS);
        EXPECT_IS(cap_copy(cap_at(cnode), SLOTS, own_cnode(), ep, RIGHT_ALL), ERR_BAD_ARGUMENT);
        for (uint64_t i = 0; i < SLOTS; i += 101)
            EXPECT_IS(cap_copy(cap_at(cnode), i, own_cnode(), ep, RIGHT_ALL), ERR_OCCUPIED);
        if (round % 2 == 0)
            EXPECT_IS(revoke(ep), 0);
        for (uint64_t i = 0; i < SLOTS && round % 2 == 1; i++)
            EXPECT_IS(cap_delete(cap_at(cnode), i), 0);
    }
}

/* All RAM that is left in the machine, in pieces of 2 MiB, into slots from `first` on. */
static uint64_t take_ram(uint64_t cnode, uint64_t first)
{
    uint64_t taken = first;
    for (unsigned i = 0; i < boot_info->untyped_count && !boot_info->untyped[i].device; i++) {
        long result;
        while ((result = retype(cap_at(boot_info->untyped[i].slot), TYPE_UNTYPED, LARGE_BITS, cap_at(cnode),
                                taken, 1)) == 0)
            taken++;
        EXPECT_IS(result, ERR_NO_MEMORY);
    }
    return taken - first;
}

/* What lies behind objects of ours in the same untyped can be taken once: it does not start again while they are there. */
static void all_ram(void)
{
    uint64_t cnode = temp_object(TYPE_CNODE, RADIX), first = 0;
    for (unsigned round = 0; round <= ROUNDS; round++) {
        uint64_t taken = take_ram(cnode, 0);
        EXPECT(taken > 0 && (round == 0 || taken <= first));
        EXPECT(round < 2 || taken == first);
        EXPECT_IS(take_ram(cnode, taken), 0);
        first = taken;
        for (uint64_t i = 0; i < taken; i++)
            EXPECT_IS(cap_delete(cap_at(cnode), i), 0);
    }
}

/* Objects of several sizes in turn; each time the same number fits. */
static void mixed_objects(void)
{
    static const unsigned types[] = {TYPE_ENDPOINT,   TYPE_FRAME, TYPE_TCB,           TYPE_NOTIFICATION,
                                     TYPE_PAGE_TABLE, TYPE_CNODE, TYPE_EXTENDED_STATE};
    uint64_t memory = temp_object(TYPE_UNTYPED, 18), cnode = temp_object(TYPE_CNODE, 10), first = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t taken = 0;
        for (unsigned failed = 0; failed < COUNT(types);) {
            unsigned type = types[taken % COUNT(types)], bits = type == TYPE_FRAME ? 12 : 3;
            long result = retype(cap_at(memory), type, bits, cap_at(cnode), taken, 1);
            EXPECT(result == 0 || result == ERR_NO_MEMORY);
            failed = result == 0 ? 0 : (unsigned)COUNT(types);
            taken += result == 0;
        }
        EXPECT(taken > 50 && (round == 0 || taken == first));
        first = taken;
        EXPECT_IS(revoke(memory), 0);
    }
}

/* All entries of one page table. */
static void entries_of_a_table(void)
{
    cap_t space = cap_at(temp_object(TYPE_ADDRESS_SPACE, 0));
    uint64_t frame = temp_object(TYPE_FRAME, PAGE_BITS), cnode = temp_object(TYPE_CNODE, 9), one = temp_slot();
    area_tables(space, AREA, PAGE_BITS, NULL);
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (uint64_t i = 0; i < ENTRIES; i++) {
            EXPECT_IS(cap_copy(own_cnode(), one, own_cnode(), frame, RO), 0);
            EXPECT_IS(memory_map(cap_at(one), space, AREA + i * PAGE, RO), 0);
            EXPECT_IS(cap_move(cap_at(cnode), i, own_cnode(), one), 0);
        }
        for (uint64_t i = 0; i < ENTRIES; i += STEP)
            EXPECT_IS(memory_map(cap_at(frame), space, AREA + i * PAGE, RO), ERR_OCCUPIED);
        EXPECT_IS(memory_map(cap_at(frame), space, AREA + ENTRIES * PAGE, RO), ERR_NO_TABLE);
        for (uint64_t i = 0; i < ENTRIES; i++)
            EXPECT_IS(cap_delete(cap_at(cnode), i), 0);
    }
    EXPECT_IS(memory_map(cap_at(frame), space, AREA, RO), 0);
}

/* With no number left for an address space all that exists goes on: threads in existing ones, mapping,
 * IPC. */
static void life_without_numbers(void)
{
    enum { MOST = 4096 };
    uint64_t memory = temp_object(TYPE_UNTYPED, 24), cnode = temp_object(TYPE_CNODE, RADIX), made = 0,
             page = temp_page();
    while (made < MOST && retype(cap_at(memory), TYPE_ADDRESS_SPACE, 0, cap_at(cnode), made, 1) == 0)
        made++;
    EXPECT(made > 4000 && made < MOST);
    EXPECT_IS(retype(cap_at(memory), TYPE_ADDRESS_SPACE, 0, cap_at(cnode), made, 1), ERR_NO_MEMORY);
    actors_reset(true);
    cap_t ep = new_endpoint();
    struct step *got = act(B, SYS_RECV, ep, 1);
    EXPECT_RESULT(act(A, SYS_SEND, ep, 2), 0);
    EXPECT_MESSAGE(got, 0, 2);
    EXPECT_IS(memory_map(cap_at(temp_object(TYPE_FRAME, PAGE_BITS)), cap_at(CAP_SELF_SPACE), page, RW), 0);
    words(page)[0] = 1;
    EXPECT_IS(cap_delete(cap_at(cnode), made / 2), 0);
    EXPECT_IS(retype(cap_at(memory), TYPE_ADDRESS_SPACE, 0, cap_at(cnode), made / 2, 1), 0);
    EXPECT_IS(revoke(memory), 0);
}

static const struct test list[] = {
    {"slots_by_copies", slots_by_copies},
    {"all_ram", all_ram},
    {"mixed_objects", mixed_objects},
    {"entries_of_a_table", entries_of_a_table},
    {"life_without_numbers", life_without_numbers},
};

CASE_SET(760, exhaust_cases)
{
    CASES("exhaust", list);
}
