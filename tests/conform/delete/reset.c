/* Untyped memory whose children are all gone begins anew, and nothing of its former life is left in it. */
#include "frame/guest.h"

enum { PAGE = 4096, PAGE_WORDS = PAGE / 8, RW = RIGHT_READ | RIGHT_WRITE, ROUNDS = 10 };

static volatile uint64_t *map_here(uint64_t frame)
{
    uint64_t vaddr = temp_page();
    EXPECT_IS(memory_map(cap_at(frame), cap_at(CAP_SELF_SPACE), vaddr, RW), 0);
    return (volatile uint64_t *)vaddr; /* NOLINT: mapped just now */
}

/* Makes every page of a memory of 16 pages a frame; each must be zero; then writes it full. */
static void check_and_dirty(uint64_t memory, uint64_t cnode, unsigned seed)
{
    uint64_t frame = temp_slot();
    EXPECT_IS(retype(cap_at(memory), TYPE_FRAME, 12, cap_at(cnode), 0, 16), 0);
    for (uint64_t i = 0; i < 16; i++) {
        EXPECT_IS(cap_move(own_cnode(), frame, cap_at(cnode), i), 0);
        volatile uint64_t *page = map_here(frame);
        uint64_t any = 0;
        for (unsigned k = 0; k < PAGE_WORDS; k++) {
            any |= page[k];
            page[k] = pattern(seed, k);
        }
        EXPECT_IS(any, 0);
        EXPECT_IS(cap_move(cap_at(cnode), i, own_cnode(), frame), 0);
    }
}

static void frames_are_zero_again(void)
{
    uint64_t memory = temp_object(TYPE_UNTYPED, 16), cnode = temp_object(TYPE_CNODE, 4);
    for (unsigned round = 0; round < 3; round++) {
        check_and_dirty(memory, cnode, round);
        EXPECT_IS(revoke(memory), 0);
    }
}

/* Deleted one by one instead of revoked. */
static void zero_after_deletes(void)
{
    uint64_t memory = temp_object(TYPE_UNTYPED, 16), cnode = temp_object(TYPE_CNODE, 4);
    check_and_dirty(memory, cnode, 1);
    for (uint64_t i = 0; i < 16; i++)
        EXPECT_IS(cap_delete(cap_at(cnode), i), 0);
    check_and_dirty(memory, cnode, 2);
}

/* Other types from dirty memory: a CNode without slots, a table that maps nothing, a thread that waits for
 * nothing. */
static void other_types_are_new(void)
{
    uint64_t memory = temp_object(TYPE_UNTYPED, 16), frames = temp_object(TYPE_CNODE, 4), to = temp_slot();
    check_and_dirty(memory, frames, 1);
    EXPECT_IS(revoke(memory), 0);
    uint64_t cnode = make(memory, TYPE_CNODE, 7), ep = make(memory, TYPE_ENDPOINT, 0),
             n = make(memory, TYPE_NOTIFICATION, 0);
    for (uint64_t i = 0; i < 128; i++)
        EXPECT_IS(cap_move(own_cnode(), to, cap_at(cnode), i), ERR_BAD_CAP);
    EXPECT_RESULT(act(A, SYS_RECV_NB, cap_at(ep), 1), ERR_EMPTY);
    EXPECT_RESULT(act(A, SYS_SEND_NB, cap_at(ep), 1), ERR_EMPTY);
    EXPECT_RESULT(act(A, SYS_POLL, cap_at(n), 1), ERR_EMPTY);
    uint64_t tcb = make(memory, TYPE_TCB, 0), space = make(memory, TYPE_ADDRESS_SPACE, 0);
    EXPECT_IS(thread_resume(cap_at(tcb)), ERR_BAD_ARGUMENT);
    EXPECT_IS(thread_configure(cap_at(tcb), cap_at(cnode), cap_at(space), 0, 5, 5), 0);
    uint64_t frame = temp_object(TYPE_FRAME, 12);
    for (unsigned level = 0; level < 3; level++) {
        EXPECT_IS(memory_map(cap_at(frame), cap_at(space), 0x400000, RW), ERR_NO_TABLE);
        EXPECT_IS(memory_map(cap_at(make(memory, TYPE_PAGE_TABLE, 0)), cap_at(space), 0x400000, 0), 0);
    }
    EXPECT_IS(memory_map(cap_at(frame), cap_at(space), 0x400000, RW), 0);
}

/* From another untyped inside, whose memory was written to as a frame of the outer one's former life. */
static void nested_memory_is_zero(void)
{
    uint64_t memory = temp_object(TYPE_UNTYPED, 16), cnode = temp_object(TYPE_CNODE, 4);
    check_and_dirty(memory, cnode, 1);
    EXPECT_IS(revoke(memory), 0);
    make(memory, TYPE_ENDPOINT, 0);
    uint64_t inner = make(memory, TYPE_UNTYPED, 13);
    for (unsigned i = 0; i < 2; i++) {
        volatile uint64_t *page = map_here(make(inner, TYPE_FRAME, 12));
        for (unsigned k = 0; k < PAGE_WORDS; k++)
            EXPECT_IS(page[k], 0);
    }
}

/* Large enough that clearing takes several entries into the kernel. */
static void large_memory_is_zero(void)
{
    uint64_t memory = temp_object(TYPE_UNTYPED, 20), cnode = temp_object(TYPE_CNODE, 8), frame = temp_slot();
    for (unsigned round = 0; round < 2; round++) {
        EXPECT_IS(retype(cap_at(memory), TYPE_FRAME, 12, cap_at(cnode), 0, 256), 0);
        for (uint64_t i = 0; i < 256; i += 5) {
            EXPECT_IS(cap_move(own_cnode(), frame, cap_at(cnode), i), 0);
            volatile uint64_t *page = map_here(frame);
            EXPECT_IS(page[0] | page[PAGE_WORDS / 2] | page[PAGE_WORDS - 1], 0);
            page[0] = page[PAGE_WORDS / 2] = page[PAGE_WORDS - 1] = ~0ul;
            EXPECT_IS(memory_unmap(cap_at(frame)), 0);
            EXPECT_IS(cap_move(cap_at(cnode), i, own_cnode(), frame), 0);
        }
        EXPECT_IS(revoke(memory), 0);
    }
}

static void refused_while_children_live(void)
{
    uint64_t memory = temp_object(TYPE_UNTYPED, 7), first = make(memory, TYPE_ENDPOINT, 0);
    uint64_t second = make(memory, TYPE_ENDPOINT, 0), copy = temp_copy(second, RIGHT_ALL), to = temp_slot();
    EXPECT_IS(retype(cap_at(memory), TYPE_UNTYPED, 7, own_cnode(), to, 1), ERR_NO_MEMORY);
    EXPECT_IS(cap_delete(own_cnode(), first), 0);
    EXPECT_IS(retype(cap_at(memory), TYPE_ENDPOINT, 0, own_cnode(), to, 1), ERR_NO_MEMORY);
    EXPECT_IS(cap_delete(own_cnode(), second), 0);
    EXPECT_IS(retype(cap_at(memory), TYPE_ENDPOINT, 0, own_cnode(), to, 1), ERR_NO_MEMORY);
    struct step *waits = act(A, SYS_RECV, cap_at(copy), 1);
    EXPECT_IS(cap_delete(own_cnode(), copy), 0);
    EXPECT_CANCELED(waits);
    EXPECT_IS(retype(cap_at(memory), TYPE_UNTYPED, 7, own_cnode(), to, 1), 0);
}

/* What a TCB holds is a child as well: CNode, endpoint, buffer, extended state. */
static void refused_while_a_tcb_holds_it(void)
{
    uint64_t memory = temp_object(TYPE_UNTYPED, 12), all = temp_slot();
    uint64_t ep = make(memory, TYPE_ENDPOINT, 0);
    EXPECT_IS(thread_configure(actor_tcb(A), own_cnode(), cap_at(CAP_SELF_SPACE), cap_at(ep), 5, 5), 0);
    EXPECT_IS(cap_delete(own_cnode(), ep), 0);
    EXPECT_IS(retype(cap_at(memory), TYPE_UNTYPED, 12, own_cnode(), all, 1), ERR_NO_MEMORY);
    EXPECT_IS(thread_configure(actor_tcb(A), own_cnode(), cap_at(CAP_SELF_SPACE), 0, 5, 5), 0);
    EXPECT_IS(retype(cap_at(memory), TYPE_UNTYPED, 12, own_cnode(), all, 1), 0);
}

/* An error that retype finds after it has decided to begin anew changes nothing. */
static void failed_retype_resets_nothing(void)
{
    uint64_t memory = temp_object(TYPE_UNTYPED, 7), ep = make(memory, TYPE_ENDPOINT, 0), full = temp_endpoint();
    EXPECT_IS(cap_delete(own_cnode(), ep), 0);
    EXPECT_IS(retype(cap_at(memory), TYPE_UNTYPED, 8, own_cnode(), ep, 1), ERR_NO_MEMORY);
    EXPECT_IS(retype(cap_at(memory), TYPE_ENDPOINT, 0, own_cnode(), full, 1), ERR_OCCUPIED);
    EXPECT_IS(retype(cap_at(memory), TYPE_ENDPOINT, 0, own_cnode(), ep, 0), ERR_BAD_ARGUMENT);
    EXPECT_IS(retype(cap_at(memory), TYPE_UNTYPED, 7, own_cnode(), ep, 1), 0);
}

/* Memory and slots until there are none, and all back. */
static void exhaust_endpoints(void)
{
    enum { BITS = 16, OBJECTS = 1 << (BITS - 6) };
    uint64_t memory = temp_object(TYPE_UNTYPED, BITS), cnode = temp_object(TYPE_CNODE, 11);
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t made = 0;
        while (retype(cap_at(memory), TYPE_ENDPOINT, 0, cap_at(cnode), made, 64) == 0)
            made += 64;
        EXPECT_IS(made, OBJECTS);
        EXPECT_IS(retype(cap_at(memory), TYPE_ENDPOINT, 0, cap_at(cnode), made, 1), ERR_NO_MEMORY);
        if (round % 2 == 0)
            EXPECT_IS(revoke(memory), 0);
        for (uint64_t i = 0; i < OBJECTS && round % 2 == 1; i++)
            EXPECT_IS(cap_delete(cap_at(cnode), i), 0);
    }
}

static void exhaust_each_type(void)
{
    static const unsigned types[] = {TYPE_TCB,   TYPE_ENDPOINT,     TYPE_ADDRESS_SPACE, TYPE_PAGE_TABLE,
                                     TYPE_FRAME, TYPE_NOTIFICATION, TYPE_EXTENDED_STATE};
    uint64_t memory = temp_object(TYPE_UNTYPED, 15), cnode = temp_object(TYPE_CNODE, 10);
    for (unsigned round = 0; round < ROUNDS * COUNT(types); round++) {
        unsigned type = types[round % COUNT(types)], size_bits = type == TYPE_FRAME ? 12 : 0;
        uint64_t made = 0;
        while (retype(cap_at(memory), type, size_bits, cap_at(cnode), made, 1) == 0)
            made++;
        EXPECT(made == 8 || made == 32 || made == 512);
        EXPECT_IS(retype(cap_at(memory), type, size_bits, cap_at(cnode), 1000, 1), ERR_NO_MEMORY);
        EXPECT_IS(revoke(memory), 0);
    }
}

static void exhaust_slots(void)
{
    uint64_t memory = temp_object(TYPE_UNTYPED, 12), cnode = temp_object(TYPE_CNODE, 3);
    for (unsigned round = 0; round < ROUNDS; round++) {
        EXPECT_IS(retype(cap_at(memory), TYPE_ENDPOINT, 0, cap_at(cnode), 0, 9), ERR_BAD_ARGUMENT);
        EXPECT_IS(retype(cap_at(memory), TYPE_ENDPOINT, 0, cap_at(cnode), 0, 8), 0);
        EXPECT_IS(retype(cap_at(memory), TYPE_ENDPOINT, 0, cap_at(cnode), 7, 1), ERR_OCCUPIED);
        EXPECT_IS(retype(cap_at(memory), TYPE_ENDPOINT, 0, cap_at(cnode), 8, 1), ERR_BAD_ARGUMENT);
        EXPECT_IS(revoke(memory), 0);
    }
}

/* The kernel's table of address spaces is smaller than their memory may be. */
static void exhaust_address_spaces(void)
{
    uint64_t memory = temp_object(TYPE_UNTYPED, 25), cnode = temp_object(TYPE_CNODE, 13), last = 0;
    for (unsigned round = 0; round < 3; round++) {
        uint64_t made = 0;
        while (retype(cap_at(memory), TYPE_ADDRESS_SPACE, 0, cap_at(cnode), made, 16) == 0)
            made += 16;
        while (retype(cap_at(memory), TYPE_ADDRESS_SPACE, 0, cap_at(cnode), made, 1) == 0)
            made++;
        EXPECT_IS(retype(cap_at(memory), TYPE_ADDRESS_SPACE, 0, cap_at(cnode), made, 1), ERR_NO_MEMORY);
        EXPECT_IS(retype(cap_at(memory), TYPE_FRAME, 12, cap_at(cnode), made, 1), 0);
        EXPECT(made > 3000 && made < 4096 && (round == 0 || made == last));
        last = made;
        EXPECT_IS(revoke(memory), 0);
    }
}

static const struct test list[] = {
    {"frames_are_zero_again", frames_are_zero_again},
    {"zero_after_deletes", zero_after_deletes},
    {"other_types_are_new", other_types_are_new},
    {"nested_memory_is_zero", nested_memory_is_zero},
    {"large_memory_is_zero", large_memory_is_zero},
    {"refused_while_children_live", refused_while_children_live},
    {"refused_while_a_tcb_holds_it", refused_while_a_tcb_holds_it},
    {"failed_retype_resets_nothing", failed_retype_resets_nothing},
    {"exhaust_endpoints", exhaust_endpoints},
    {"exhaust_each_type", exhaust_each_type},
    {"exhaust_slots", exhaust_slots},
    {"exhaust_address_spaces", exhaust_address_spaces},
};

CASE_SET(390, delete_reset_cases)
{
    CASES("delete/reset", list);
}
