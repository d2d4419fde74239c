/* Retype: arguments out of range change nothing. */
#include "frame/conform.h"

/* What is left of an untyped is seen by filling it: it must take exactly `count` endpoints more. */
static void expect_left(uint64_t untyped, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        EXPECT_IS(retype(cap_at(untyped), TYPE_ENDPOINT, 0, own_cnode(), temp_slot(), 1), 0);
    EXPECT_IS(retype(cap_at(untyped), TYPE_ENDPOINT, 0, own_cnode(), temp_slot(), 1), ERR_NO_MEMORY);
}

static void types_that_cannot_be_made(void)
{
    static const uint64_t types[] = {
        TYPE_NULL, TYPE_DEBUG, TYPE_REPLY, TYPE_IO_PORT, TYPE_IRQ_CONTROL, TYPE_IRQ_HANDLER, TYPE_COUNT, 63, 64,
        255,       256,        1ul << 32,  ~0ul};
    uint64_t untyped = temp_object(TYPE_UNTYPED, 7);
    for (unsigned i = 0; i < COUNT(types); i++)
        EXPECT_IS(syscall6(SYS_RETYPE, cap_at(untyped), types[i], 12, own_cnode(), temp_slot(), 1),
                  ERR_BAD_ARGUMENT);
    EXPECT_IS(syscall6(SYS_RETYPE, cap_at(untyped), 1ul << 32 | TYPE_ENDPOINT, 0, own_cnode(), temp_slot(), 1),
              ERR_BAD_ARGUMENT);
    expect_left(untyped, 2);
}

static void sizes(unsigned type, const uint64_t *bad, size_t count)
{
    uint64_t untyped = temp_object(TYPE_UNTYPED, 7), to = temp_slot();
    for (size_t i = 0; i < count; i++)
        EXPECT_IS(syscall6(SYS_RETYPE, cap_at(untyped), type, bad[i], own_cnode(), to, 1), ERR_BAD_ARGUMENT);
    EXPECT_IS(cap_identify(cap_at(to)), ERR_BAD_CAP);
    expect_left(untyped, 2);
}

static void untyped_sizes(void)
{
    static const uint64_t bad[] = {0, 1, 5, 48, 63, 64, 255, 256 + 6, 1ul << 32 | 6, ~0ul};
    sizes(TYPE_UNTYPED, bad, COUNT(bad));
}

static void cnode_sizes(void)
{
    static const uint64_t bad[] = {0, 21, 59, 64, 255, 256 + 1, 1ul << 32 | 1, ~0ul};
    sizes(TYPE_CNODE, bad, COUNT(bad));
}

static void frame_sizes(void)
{
    static const uint64_t bad[] = {0, 11, 13, 20, 22, 29, 31, 39, 64 + 12, 256 + 12, 1ul << 32 | 12, ~0ul};
    sizes(TYPE_FRAME, bad, COUNT(bad));
}

static void counts(void)
{
    uint64_t untyped = temp_object(TYPE_UNTYPED, 16), cnode = temp_object(TYPE_CNODE, 9);
    cap_t to = cap_at(cnode);
    EXPECT_IS(retype(cap_at(untyped), TYPE_ENDPOINT, 0, to, 0, 0), ERR_BAD_ARGUMENT);
    EXPECT_IS(retype(cap_at(untyped), TYPE_ENDPOINT, 0, to, 1, 0), ERR_BAD_ARGUMENT);
    EXPECT_IS(retype(cap_at(untyped), TYPE_ENDPOINT, 0, to, 0, 257), ERR_BAD_ARGUMENT);
    EXPECT_IS(retype(cap_at(untyped), TYPE_ENDPOINT, 0, to, 0, 1ul << 32 | 1), ERR_BAD_ARGUMENT);
    EXPECT_IS(retype(cap_at(untyped), TYPE_ENDPOINT, 0, to, 0, ~0ul), ERR_BAD_ARGUMENT);
    EXPECT_IS(retype(cap_at(untyped), TYPE_ENDPOINT, 0, to, 0, 1), 0);
    EXPECT_IS(retype(cap_at(untyped), TYPE_ENDPOINT, 0, to, 1, 256), 0);
    for (uint64_t i = 0; i < 512; i++)
        EXPECT_IS(cap_delete(to, i), 0);
}

/* Objects that take long to make, fewer at once: the latency of an interrupt is bounded. */
static void counts_of_the_slow(void)
{
    uint64_t untyped = temp_object(TYPE_UNTYPED, 19), cnode = temp_object(TYPE_CNODE, 9);
    cap_t to = cap_at(cnode);
    EXPECT_IS(retype(cap_at(untyped), TYPE_ADDRESS_SPACE, 0, to, 0, 17), ERR_BAD_ARGUMENT);
    EXPECT_IS(retype(cap_at(untyped), TYPE_ADDRESS_SPACE, 0, to, 0, 16), 0);
    EXPECT_IS(retype(cap_at(untyped), TYPE_PAGE_TABLE, 0, to, 16, 65), 0);
}

static void slots_out_of_range(void)
{
    uint64_t untyped = temp_object(TYPE_UNTYPED, 8), cnode = temp_object(TYPE_CNODE, 2);
    static const struct {
        uint64_t index, count;
    } bad[] = {{4, 1}, {3, 2}, {0, 5}, {~0ul, 1}, {~0ul, 2}, {1ul << 32, 1}, {1ul << 59, 1}, {1ul << 63, 1}};
    for (unsigned i = 0; i < COUNT(bad); i++)
        EXPECT_IS(retype(cap_at(untyped), TYPE_ENDPOINT, 0, cap_at(cnode), bad[i].index, bad[i].count),
                  ERR_BAD_ARGUMENT);
    expect_left(untyped, 4);
}

static void occupied_in_the_middle(void)
{
    uint64_t untyped = temp_object(TYPE_UNTYPED, 9), cnode = temp_object(TYPE_CNODE, 3);
    EXPECT_IS(cap_copy(cap_at(cnode), 2, own_cnode(), zoo(TYPE_TCB), RIGHT_ALL), 0);
    EXPECT_IS(retype(cap_at(untyped), TYPE_ENDPOINT, 0, cap_at(cnode), 0, 4), ERR_OCCUPIED);
    EXPECT_IS(retype(cap_at(untyped), TYPE_ENDPOINT, 0, cap_at(cnode), 2, 1), ERR_OCCUPIED);
    EXPECT_IS(retype(cap_at(untyped), TYPE_ENDPOINT, 0, cap_at(cnode), 1, 2), ERR_OCCUPIED);
    uint64_t back = temp_slot();
    for (uint64_t i = 0; i < 8; i++)
        EXPECT_IS(cap_move(own_cnode(), back, cap_at(cnode), i), i == 2 ? 0 : ERR_BAD_CAP);
    EXPECT_IS(cap_identify(cap_at(back)), TYPE_TCB);
    expect_left(untyped, 8);
}

static void exhausted(void)
{
    uint64_t untyped = temp_object(TYPE_UNTYPED, 8), cnode = temp_object(TYPE_CNODE, 3);
    EXPECT_IS(retype(cap_at(untyped), TYPE_ENDPOINT, 0, cap_at(cnode), 0, 5), ERR_NO_MEMORY);
    EXPECT_IS(retype(cap_at(untyped), TYPE_FRAME, 12, cap_at(cnode), 0, 1), ERR_NO_MEMORY);
    EXPECT_IS(retype(cap_at(untyped), TYPE_UNTYPED, 46, cap_at(cnode), 0, 8), ERR_NO_MEMORY);
    EXPECT_IS(retype(cap_at(untyped), TYPE_CNODE, 20, cap_at(cnode), 0, 8), ERR_NO_MEMORY);
    EXPECT_IS(retype(cap_at(untyped), TYPE_ENDPOINT, 0, cap_at(cnode), 0, 3), 0);
    EXPECT_IS(retype(cap_at(untyped), TYPE_ENDPOINT, 0, cap_at(cnode), 3, 2), ERR_NO_MEMORY);
    EXPECT_IS(retype(cap_at(untyped), TYPE_ENDPOINT, 0, cap_at(cnode), 3, 1), 0);
    EXPECT_IS(retype(cap_at(untyped), TYPE_ENDPOINT, 0, cap_at(cnode), 4, 1), ERR_NO_MEMORY);
    for (uint64_t i = 0; i < 8; i++)
        EXPECT_IS(cap_delete(cap_at(cnode), i), 0);
}

/* The memory is free again when the last of what was made of it has gone, not before. */
static void last_delete_gives_all_back(void)
{
    uint64_t untyped = temp_object(TYPE_UNTYPED, 7), to = temp_slot(), other = temp_slot();
    EXPECT_IS(retype(cap_at(untyped), TYPE_ENDPOINT, 0, own_cnode(), to, 1), 0);
    EXPECT_IS(retype(cap_at(untyped), TYPE_ENDPOINT, 0, own_cnode(), other, 1), 0);
    EXPECT_IS(cap_delete(own_cnode(), to), 0);
    EXPECT_IS(retype(cap_at(untyped), TYPE_ENDPOINT, 0, own_cnode(), to, 1), ERR_NO_MEMORY);
    EXPECT_IS(cap_delete(own_cnode(), other), 0);
    expect_left(untyped, 2);
}

static const struct test list[] = {
    {"types_that_cannot_be_made", types_that_cannot_be_made},
    {"untyped_sizes", untyped_sizes},
    {"cnode_sizes", cnode_sizes},
    {"frame_sizes", frame_sizes},
    {"counts", counts},
    {"counts_of_the_slow", counts_of_the_slow},
    {"slots_out_of_range", slots_out_of_range},
    {"occupied_in_the_middle", occupied_in_the_middle},
    {"exhausted", exhausted},
    {"last_delete_gives_all_back", last_delete_gives_all_back},
};

CASE_SET(150, untyped_argument_cases)
{
    CASES("untyped", list);
}
