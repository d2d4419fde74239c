/* Retype: each type of object, made whole and from memory that is all 0. */
#include "frame/conform.h"

enum { PAGE = 4096, PAGE_WORDS = PAGE / 8 };

static uint64_t make(uint64_t untyped, unsigned type, unsigned size_bits)
{
    uint64_t to = temp_slot();
    EXPECT_IS(retype(cap_at(untyped), type, size_bits, own_cnode(), to, 1), 0);
    EXPECT_IS(cap_identify(cap_at(to)), type);
    return to;
}

static void each_type(void)
{
    uint64_t untyped = temp_object(TYPE_UNTYPED, 15);
    make(untyped, TYPE_UNTYPED, 6);
    make(untyped, TYPE_CNODE, 1);
    make(untyped, TYPE_TCB, 0);
    make(untyped, TYPE_ENDPOINT, 0);
    make(untyped, TYPE_ADDRESS_SPACE, 0);
    make(untyped, TYPE_PAGE_TABLE, 0);
    make(untyped, TYPE_FRAME, 12);
}

/* Objects are aligned to their size: a small one first costs the large one's size. */
static void alignment(void)
{
    uint64_t untyped = temp_object(TYPE_UNTYPED, 14);
    make(untyped, TYPE_ENDPOINT, 0);
    make(untyped, TYPE_FRAME, 12);
    make(untyped, TYPE_ENDPOINT, 0);
    make(untyped, TYPE_FRAME, 12);
    EXPECT_IS(retype(cap_at(untyped), TYPE_ENDPOINT, 0, own_cnode(), temp_slot(), 1), ERR_NO_MEMORY);
}

static void many_at_once(void)
{
    uint64_t untyped = temp_object(TYPE_UNTYPED, 14), cnode = temp_object(TYPE_CNODE, 8);
    EXPECT_IS(retype(cap_at(untyped), TYPE_ENDPOINT, 0, cap_at(cnode), 0, 256), 0);
    uint64_t first = temp_slot(), last = temp_slot();
    EXPECT_IS(cap_move(own_cnode(), first, cap_at(cnode), 0), 0);
    EXPECT_IS(cap_move(own_cnode(), last, cap_at(cnode), 255), 0);
    struct step *got = act(B, SYS_RECV, cap_at(first), 1);
    EXPECT_WAITS(act(A, SYS_SEND, cap_at(last), 2));
    EXPECT_RESULT(act(C, SYS_SEND, cap_at(first), 3), 0);
    EXPECT_MESSAGE(got, 0, 3);
    for (uint64_t i = 0; i < 256; i++)
        EXPECT_IS(cap_delete(cap_at(cnode), i), 0);
}

static void nested(void)
{
    uint64_t untyped = temp_object(TYPE_UNTYPED, 13);
    for (unsigned bits = 12; bits >= 6; bits--)
        untyped = make(untyped, TYPE_UNTYPED, bits);
    make(untyped, TYPE_ENDPOINT, 0);
    EXPECT_IS(retype(cap_at(untyped), TYPE_ENDPOINT, 0, own_cnode(), temp_slot(), 1), ERR_NO_MEMORY);
}

/* As large as its parent: the parent has nothing left, and deleting the child does not change that. */
static void child_of_full_size(void)
{
    uint64_t untyped = temp_object(TYPE_UNTYPED, 12), child = make(untyped, TYPE_UNTYPED, 12);
    EXPECT_IS(retype(cap_at(untyped), TYPE_UNTYPED, 6, own_cnode(), temp_slot(), 1), ERR_NO_MEMORY);
    make(child, TYPE_FRAME, 12);
    EXPECT_IS(retype(cap_at(child), TYPE_UNTYPED, 6, own_cnode(), temp_slot(), 1), ERR_NO_MEMORY);
}

static bool all_zero(const volatile uint64_t *word)
{
    for (unsigned i = 0; i < PAGE_WORDS; i++) {
        if (word[i] != 0)
            return false;
    }
    return true;
}

static volatile uint64_t *map_here(uint64_t frame, unsigned rights)
{
    uint64_t vaddr = temp_page();
    EXPECT_IS(memory_map(cap_at(frame), cap_at(CAP_SELF_SPACE), vaddr, rights), 0);
    return (volatile uint64_t *)vaddr; /* NOLINT: mapped just now */
}

static void frames_are_zero(void)
{
    uint64_t untyped = temp_object(TYPE_UNTYPED, 15);
    for (unsigned i = 0; i < 8; i++) {
        volatile uint64_t *page = map_here(make(untyped, TYPE_FRAME, 12), RIGHT_READ | RIGHT_WRITE);
        EXPECT(all_zero(page));
        page[0] = page[PAGE_WORDS - 1] = ~0ul;
    }
}

/* A boot loader leaves its traces in memory (GRUB does; QEMU's -kernel boots from memory that is 0 anyway). */
static void boot_memory_is_cleared(void)
{
    for (unsigned i = 0; i < boot_info->untyped_count && !boot_info->untyped[i].device; i++) {
        for (unsigned n = 0; n < 4; n++) {
            uint64_t to = temp_slot();
            if (retype(cap_at(boot_info->untyped[i].slot), TYPE_FRAME, 12, own_cnode(), to, 1) != 0)
                break;
            volatile uint64_t *page = map_here(to, RIGHT_READ);
            EXPECT(all_zero(page));
            EXPECT_IS(memory_unmap(cap_at(to)), 0);
        }
    }
}

/* The kernel numbers address spaces; when the numbers are used up, retype says so, and a deleted space gives
   its number back. */
static void address_space_numbers(void)
{
    enum { RADIX = 12, MOST = 4095, FEWEST = 4000 };
    uint64_t untyped = temp_object(TYPE_UNTYPED, 12 + RADIX + 1), cnode = temp_object(TYPE_CNODE, RADIX), n = 0;
    while (n < MOST && retype(cap_at(untyped), TYPE_ADDRESS_SPACE, 0, cap_at(cnode), n, 1) == 0)
        n++;
    EXPECT(n >= FEWEST && n < MOST); /* we have some, too */
    EXPECT_IS(retype(cap_at(untyped), TYPE_ADDRESS_SPACE, 0, cap_at(cnode), n, 1), ERR_NO_MEMORY);
    EXPECT_IS(retype(cap_at(untyped), TYPE_ENDPOINT, 0, cap_at(cnode), n, 1), 0);
    EXPECT_IS(cap_delete(cap_at(cnode), n), 0);
    EXPECT_IS(cap_delete(cap_at(cnode), 0), 0);
    EXPECT_IS(retype(cap_at(untyped), TYPE_ADDRESS_SPACE, 0, cap_at(cnode), 0, 1), 0);
    EXPECT_IS(retype(cap_at(untyped), TYPE_ADDRESS_SPACE, 0, cap_at(cnode), n, 1), ERR_NO_MEMORY);
    for (uint64_t i = 0; i < n; i++)
        EXPECT_IS(cap_delete(cap_at(cnode), i), 0);
    EXPECT_IS(retype(cap_at(untyped), TYPE_ADDRESS_SPACE, 0, cap_at(cnode), 0, 16), 0);
    for (uint64_t i = 0; i < 16; i++)
        EXPECT_IS(cap_delete(cap_at(cnode), i), 0);
}

/* Two frames of one untyped share nothing. */
static void frames_are_apart(void)
{
    uint64_t untyped = temp_object(TYPE_UNTYPED, 13);
    volatile uint64_t *one = map_here(make(untyped, TYPE_FRAME, 12), RIGHT_READ | RIGHT_WRITE);
    volatile uint64_t *two = map_here(make(untyped, TYPE_FRAME, 12), RIGHT_READ | RIGHT_WRITE);
    for (unsigned i = 0; i < PAGE_WORDS; i++)
        one[i] = pattern(1, i);
    EXPECT(all_zero(two));
    for (unsigned i = 0; i < PAGE_WORDS; i++)
        two[i] = pattern(2, i);
    for (unsigned i = 0; i < PAGE_WORDS; i++)
        EXPECT(one[i] == pattern(1, i) && two[i] == pattern(2, i));
}

static void new_cnode_is_empty(void)
{
    uint64_t untyped = temp_object(TYPE_UNTYPED, 12), cnode = make(untyped, TYPE_CNODE, 7), to = temp_slot();
    for (uint64_t i = 0; i < 128; i++)
        EXPECT_IS(cap_move(own_cnode(), to, cap_at(cnode), i), ERR_BAD_CAP);
}

/* A new thread starts with registers that are all 0 but rdi, rsp and rip; only a thread can look at that. */
static void new_tcb_cannot_run_yet(void)
{
    uint64_t untyped = temp_object(TYPE_UNTYPED, 10), tcb = make(untyped, TYPE_TCB, 0);
    EXPECT_IS(thread_resume(cap_at(tcb)), ERR_BAD_ARGUMENT);
    EXPECT_IS(thread_set_entry(cap_at(tcb), 0x400000, 0x500000, 0), 0);
    EXPECT_IS(thread_resume(cap_at(tcb)), ERR_BAD_ARGUMENT);
}

/* A destination CNode below the root, named by a path of two levels. */
static void into_a_nested_cnode(void)
{
    uint64_t outer = temp_object(TYPE_CNODE, 2), inner = temp_object(TYPE_CNODE, 2), back = temp_slot();
    uint64_t untyped = temp_object(TYPE_UNTYPED, 8);
    EXPECT_IS(cap_copy(cap_at(outer), 1, own_cnode(), inner, RIGHT_ALL), 0);
    cap_t path = cap_at(outer) | (uint64_t)boot_info->slot_count << SLOT_BITS;
    EXPECT_IS(retype(cap_at(untyped), TYPE_ENDPOINT, 0, path, 0, 4), 0);
    EXPECT_IS(cap_move(own_cnode(), back, cap_at(inner), 3), 0);
    EXPECT_IS(cap_identify(cap_at(back)), TYPE_ENDPOINT);
    for (uint64_t i = 0; i < 4; i++)
        EXPECT_IS(cap_delete(cap_at(inner), i), 0);
}

static const struct test list[] = {
    {"each_type", each_type},
    {"alignment", alignment},
    {"many_at_once", many_at_once},
    {"nested", nested},
    {"child_of_full_size", child_of_full_size},
    {"frames_are_zero", frames_are_zero},
    {"boot_memory_is_cleared", boot_memory_is_cleared},
    {"address_space_numbers", address_space_numbers},
    {"frames_are_apart", frames_are_apart},
    {"new_cnode_is_empty", new_cnode_is_empty},
    {"new_tcb_cannot_run_yet", new_tcb_cannot_run_yet},
    {"into_a_nested_cnode", into_a_nested_cnode},
};

CASE_SET(160, untyped_cases)
{
    CASES("untyped", list);
}
