/* Retype at and past every limit: sizes, counts, their product, what fits; and clearing that is interrupted. */
#include "frame/guest.h"
#include "frame/large.h"

enum { COUNT_MAX = 256, SLOTS = 9, TICK = 1, BITS_MAX = 46, RADIX_MAX = 20 };

static long make_in(uint64_t untyped, unsigned type, unsigned size_bits, uint64_t cnode, uint64_t index,
                    uint64_t count)
{
    return retype(cap_at(untyped), type, size_bits, cap_at(cnode), index, count);
}

static uint64_t slots(void)
{
    return temp_object(TYPE_CNODE, SLOTS);
}

static bool is_empty(uint64_t cnode, uint64_t index)
{
    uint64_t to = temp_slot();
    bool empty = cap_move(own_cnode(), to, cap_at(cnode), index) == ERR_BAD_CAP;
    if (!empty)
        EXPECT_IS(cap_move(cap_at(cnode), index, own_cnode(), to), 0);
    temp_drop();
    return empty;
}

/* The first untyped of the boot info that is this large. */
static uint64_t boot_untyped(bool device, unsigned bits)
{
    for (unsigned i = 0; i < boot_info->untyped_count; i++) {
        const struct bootinfo_untyped *u = &boot_info->untyped[i];
        if (u->device == device && u->size_bits >= bits)
            return u->slot;
    }
    fail("there is no %s of 2^%u bytes", device ? "device memory" : "RAM", bits);
}

static void smallest_untyped(void)
{
    uint64_t memory = temp_object(TYPE_UNTYPED, 6), child = make(memory, TYPE_UNTYPED, 6), to = temp_slot();
    EXPECT_IS(retype(cap_at(memory), TYPE_UNTYPED, 6, own_cnode(), to, 1), ERR_NO_MEMORY);
    EXPECT_IS(retype(cap_at(memory), TYPE_TCB, 0, own_cnode(), to, 1),
              ERR_NO_MEMORY); /* aligned, it would begin beyond the end */
    EXPECT_IS(retype(cap_at(child), TYPE_UNTYPED, 5, own_cnode(), to, 1), ERR_BAD_ARGUMENT);
    EXPECT_IS(retype(cap_at(child), TYPE_UNTYPED, 7, own_cnode(), to, 1), ERR_NO_MEMORY);
    EXPECT_IS(retype(cap_at(child), TYPE_TCB, 0, own_cnode(), to, 1), ERR_NO_MEMORY);
    EXPECT_IS(retype(cap_at(child), TYPE_CNODE, 2, own_cnode(), to, 1), ERR_NO_MEMORY);
    EXPECT_IS(retype(cap_at(child), TYPE_CNODE, 1, own_cnode(), to, 1), 0);
}

/* Sizes that exist, but not here: the error is lack of memory, not a wrong argument; one more is wrong. */
static void largest_sizes(void)
{
    uint64_t memory = temp_object(TYPE_UNTYPED, 12), to = temp_slot();
    EXPECT_IS(retype(cap_at(memory), TYPE_UNTYPED, BITS_MAX, own_cnode(), to, 1), ERR_NO_MEMORY);
    EXPECT_IS(retype(cap_at(memory), TYPE_UNTYPED, BITS_MAX + 1, own_cnode(), to, 1), ERR_BAD_ARGUMENT);
    EXPECT_IS(retype(cap_at(memory), TYPE_CNODE, RADIX_MAX, own_cnode(), to, 1), ERR_NO_MEMORY);
    EXPECT_IS(retype(cap_at(memory), TYPE_CNODE, RADIX_MAX + 1, own_cnode(), to, 1), ERR_BAD_ARGUMENT);
    EXPECT_IS(retype(cap_at(memory), TYPE_FRAME, LARGE_BITS, own_cnode(), to, 1), ERR_NO_MEMORY);
    EXPECT_IS(retype(cap_at(memory), TYPE_FRAME, HUGE_BITS + 9, own_cnode(), to, 1), ERR_BAD_ARGUMENT);
    EXPECT_IS(retype(cap_at(memory), TYPE_UNTYPED, 12, own_cnode(), to, 1), 0);
}

/* A CNode of the largest radix, and its last slot. */
static void largest_cnode(void)
{
    uint64_t cnode = temp_slot(), last = (1ul << RADIX_MAX) - 1;
    EXPECT_IS(retype(cap_at(boot_untyped(false, 26)), TYPE_CNODE, RADIX_MAX, own_cnode(), cnode, 1), 0);
    EXPECT_IS(cap_copy(cap_at(cnode), last, own_cnode(), zoo(TYPE_ENDPOINT), RIGHT_ALL), 0);
    EXPECT_IS(cap_copy(cap_at(cnode), last + 1, own_cnode(), zoo(TYPE_ENDPOINT), RIGHT_ALL), ERR_BAD_ARGUMENT);
    EXPECT(is_empty(cnode, 0) && is_empty(cnode, last - 1) && !is_empty(cnode, last));
    EXPECT_IS(retype(cap_at(temp_object(TYPE_UNTYPED, 7)), TYPE_ENDPOINT, 0, cap_at(cnode), last, 2),
              ERR_BAD_ARGUMENT);
    EXPECT_IS(cap_delete(cap_at(cnode), last), 0);
}

/* Count times size: up to 2^54, whose shift must not lose a bit; nothing is made and nothing is taken. */
static void products(void)
{
    static const struct {
        unsigned type, bits;
    } large[] = {{TYPE_UNTYPED, BITS_MAX}, {TYPE_UNTYPED, 40}, {TYPE_UNTYPED, 32},       {TYPE_UNTYPED, 21},
                 {TYPE_CNODE, RADIX_MAX},  {TYPE_CNODE, 16},   {TYPE_FRAME, LARGE_BITS}, {TYPE_PAGE_TABLE, 0}};
    static const unsigned counts[] = {1, 2, 3, 128, 255, COUNT_MAX};
    uint64_t memory = temp_object(TYPE_UNTYPED, 11), cnode = slots();
    for (unsigned i = 0; i < COUNT(large); i++) {
        for (unsigned k = 0; k < COUNT(counts); k++)
            EXPECT_IS(make_in(memory, large[i].type, large[i].bits, cnode, 0, counts[k]), ERR_NO_MEMORY);
    }
    for (uint64_t i = 0; i < 8; i++)
        EXPECT(is_empty(cnode, i));
    EXPECT_IS(make_in(memory, TYPE_ENDPOINT, 0, cnode, 0, 32), 0);
    EXPECT_IS(make_in(memory, TYPE_ENDPOINT, 0, cnode, 32, 1), ERR_NO_MEMORY);
    EXPECT_IS(revoke(memory), 0);
}

/* For each count: exactly what fits, and one more. */
static void exactly_full(void)
{
    uint64_t memory = temp_object(TYPE_UNTYPED, 14), cnode = slots();
    for (unsigned bits = 6; bits <= 14; bits++) {
        uint64_t fits = 1ul << (14 - bits);
        EXPECT_IS(make_in(memory, TYPE_UNTYPED, bits, cnode, 0, fits + 1),
                  fits >= COUNT_MAX ? ERR_BAD_ARGUMENT : ERR_NO_MEMORY);
        EXPECT_IS(make_in(memory, TYPE_UNTYPED, bits, cnode, 0, fits), 0);
        EXPECT_IS(make_in(memory, TYPE_UNTYPED, 6, cnode, 300, 1), ERR_NO_MEMORY);
        EXPECT_IS(revoke(memory), 0);
    }
}

/* A small object costs a large one the rest of its size. */
static void gap_of_two_megabytes(void)
{
    uint64_t memory = temp_object(TYPE_UNTYPED, LARGE_BITS + 1), cnode = slots();
    EXPECT_IS(make_in(memory, TYPE_ENDPOINT, 0, cnode, 0, 1), 0);
    EXPECT_IS(make_in(memory, TYPE_FRAME, LARGE_BITS, cnode, 1, 2), ERR_NO_MEMORY);
    EXPECT_IS(make_in(memory, TYPE_FRAME, LARGE_BITS, cnode, 1, 1), 0);
    EXPECT_IS(make_in(memory, TYPE_ENDPOINT, 0, cnode, 2, 1), ERR_NO_MEMORY);
    EXPECT_IS(revoke(memory), 0);
}

/* Device memory is not cleared, so there is no limit but the count: 256 frames of 2 MiB at once, one after
 * another. */
static void device_frames(void)
{
    uint64_t cnode = slots(), memory = boot_untyped(true, HUGE_BITS), frame = temp_slot();
    long first = 0;
    EXPECT_IS(make_in(memory, TYPE_FRAME, LARGE_BITS, cnode, 0, COUNT_MAX + 1), ERR_BAD_ARGUMENT);
    EXPECT_IS(make_in(memory, TYPE_FRAME, LARGE_BITS, cnode, 0, COUNT_MAX), 0);
    for (uint64_t i = 0; i < COUNT_MAX; i += 51) {
        EXPECT_IS(cap_copy(own_cnode(), frame, cap_at(cnode), i, RIGHT_ALL), 0);
        if (i == 0)
            first = frame_address(cap_at(frame));
        EXPECT_IS(frame_address(cap_at(frame)), first + (long)(i * LARGE));
        EXPECT_IS(cap_delete(own_cnode(), frame), 0);
    }
    EXPECT_IS(revoke(memory), 0);
}

/* What a kernel object was is not left for the next owner of its memory: no kernel address, no table, no
 * register. */
static void kernel_objects_leave_nothing(void)
{
    uint64_t memory = temp_object(TYPE_UNTYPED, 17), cnode = slots(), frame = temp_slot();
    uint64_t inner = make(memory, TYPE_CNODE, 6), tcb = make(memory, TYPE_TCB, 0);
    cap_t space = cap_at(make(memory, TYPE_ADDRESS_SPACE, 0));
    for (unsigned i = 0; i < 3; i++)
        EXPECT_IS(memory_map(cap_at(make(memory, TYPE_PAGE_TABLE, 0)), space, AREA, 0), 0);
    EXPECT_IS(memory_map(cap_at(temp_object(TYPE_FRAME, PAGE_BITS)), space, AREA, RW), 0);
    for (uint64_t i = 0; i < 64; i++)
        EXPECT_IS(cap_copy(cap_at(inner), i, own_cnode(), zoo(TYPE_ENDPOINT), RIGHT_ALL), 0);
    EXPECT_IS(thread_configure(cap_at(tcb), cap_at(inner), space, 0, 5, 5), 0);
    EXPECT_IS(thread_set_entry(cap_at(tcb), 0x123456, 0x234567, 0x345678), 0);
    make(memory, TYPE_EXTENDED_STATE, 0);
    EXPECT_IS(revoke(memory), 0);
    EXPECT_IS(make_in(memory, TYPE_FRAME, PAGE_BITS, cnode, 0, 32), 0);
    for (uint64_t i = 0; i < 32; i++) {
        uint64_t page = temp_page(), any = 0;
        EXPECT_IS(cap_move(own_cnode(), frame, cap_at(cnode), i), 0);
        EXPECT_IS(memory_map(cap_at(frame), cap_at(CAP_SELF_SPACE), page, RO), 0);
        for (unsigned k = 0; k < PAGE / 8; k++)
            any |= words(page)[k];
        EXPECT_IS(any, 0);
        EXPECT_IS(cap_delete(own_cnode(), frame), 0);
    }
    EXPECT_IS(revoke(memory), 0);
}

/* Two threads clear memory of one untyped, each 2 MiB at a time, and the timer takes them apart: each gets what
   is its own, and zero. (The pages before were written full.) */
static void two_clear_at_once(void)
{
    enum { FRAMES = 8 };
    uint64_t memory = temp_object(TYPE_UNTYPED, 24), cnode = slots(), any = 0;
    uint64_t whole = make(memory, TYPE_FRAME, LARGE_BITS);
    area_map(whole, cap_at(CAP_SELF_SPACE), AREA, RW);
    for (unsigned i = 0; i < LARGE / 8; i++)
        words(AREA)[i] = ~0ul;
    EXPECT_IS(revoke(memory), 0);
    pool_new();
    for (unsigned k = 0; k < 2; k++) {
        struct guest *g = guest_new(k, pool, BELOW, 0);
        EXPECT_IS(syscall2(SYS_THREAD_SET_SLICE, cap_at(g->tcb), TICK), 0);
        for (unsigned i = 0; i < FRAMES / 2; i++) {
            struct guest_step *s = guest_plan(g, SYS_RETYPE, cap_at(memory), TYPE_FRAME, LARGE_BITS);
            s->m.word[1] = cap_at(cnode), s->m.word[2] = 2 * i + k, s->m.word[3] = 1;
        }
        guest_go(g);
    }
    quiesce();
    for (unsigned i = 0; i < FRAMES; i++) {
        EXPECT_IS(guests[i % 2].step[i / 2].result, 0);
        EXPECT_IS(cap_move(own_cnode(), whole, cap_at(cnode), i), 0);
        EXPECT_IS(memory_map(cap_at(whole), cap_at(CAP_SELF_SPACE), AREA, RO), 0);
        for (unsigned k = 0; k < LARGE / 8; k += 7)
            any |= words(AREA)[k];
        EXPECT_IS(any, 0);
        EXPECT_IS(cap_delete(own_cnode(), whole), 0);
    }
    EXPECT_IS(make_in(memory, TYPE_ENDPOINT, 0, cnode, 0, 1), 0);
}

/* A thread that dies while it clears: the untyped is as before, and serves others. */
static void dies_while_it_clears(void)
{
    uint64_t memory = temp_object(TYPE_UNTYPED, 25), cnode = slots();
    pool_new();
    struct guest *g = guest_new(0, pool, ACTOR_PRIORITY, 0);
    struct guest_step *s = guest_plan(g, SYS_RETYPE, cap_at(memory), TYPE_CNODE, RADIX_MAX);
    s->m.word[1] = cap_at(cnode), s->m.word[2] = 0, s->m.word[3] = 1;
    EXPECT_IS(
        syscall6(SYS_THREAD_SET_PRIORITY, cap_at(g->tcb), RUNNER_PRIORITY | ACTOR_PRIORITY << 8, 0, 0, 0, 0),
        0);
    EXPECT_IS(syscall2(SYS_THREAD_SET_SLICE, cap_at(g->tcb), TICK), 0);
    guest_go(g);
    thread_yield();
    EXPECT(!s->done); /* 32 MiB take longer than a tick */
    EXPECT_IS(revoke(pool), 0);
    EXPECT(is_empty(cnode, 0));
    EXPECT_IS(make_in(memory, TYPE_UNTYPED, 25, cnode, 0, 1), 0);
}

static const struct test list[] = {
    {"smallest_untyped", smallest_untyped},   {"largest_sizes", largest_sizes},
    {"largest_cnode", largest_cnode},         {"products", products},
    {"exactly_full", exactly_full},           {"gap_of_two_megabytes", gap_of_two_megabytes},
    {"device_frames", device_frames},         {"kernel_objects_leave_nothing", kernel_objects_leave_nothing},
    {"two_clear_at_once", two_clear_at_once}, {"dies_while_it_clears", dies_while_it_clears},
};

CASE_SET(740, untyped_limit_cases)
{
    CASES("untyped", list);
}
