/* Every argument that is an address: in the kernel, not canonical, wrapping around, just past the end. And IPC
   buffers, which the kernel reaches whatever the address space of their thread says. */
#include "frame/guest.h"
#include "ipc_buffer.h"
#include "frame/large.h"

enum { FIRST_BIT = 47, BITS = 17 };

/* Each address bit that no user address has, set alone and with all above it, in an otherwise good
 * address. */
static void each_bad(void (*check)(uint64_t address))
{
    static const uint64_t others[] = {USER_TOP + PAGE,    (1ul << 47) - 1,    1ul << 47,
                                      0xffff7fffffffffff, 0xffff800000000000, 0xffffffff80000000,
                                      0xffffffff80200000, ~0ul << 12,         ~0ul};
    for (unsigned bit = FIRST_BIT; bit < FIRST_BIT + BITS; bit++) {
        check(0x400000 | 1ul << bit);
        check(0x400000 | ~0ul << bit);
    }
    for (unsigned i = 0; i < COUNT(others); i++)
        check(others[i]);
}

static uint64_t object;

static void refuses_frame(uint64_t address)
{
    EXPECT_IS(memory_map(cap_at(object), cap_at(CAP_SELF_SPACE), address & ~4095ul, RO), ERR_BAD_ARGUMENT);
}

static void map_frame_at(void)
{
    object = temp_object(TYPE_FRAME, PAGE_BITS);
    each_bad(refuses_frame);
    refuses_frame(USER_TOP);
    EXPECT_IS(memory_unmap(cap_at(object)), ERR_NOT_MAPPED);
    object = temp_object(TYPE_FRAME, LARGE_BITS);
    each_bad(refuses_frame);
    EXPECT_IS(memory_unmap(cap_at(object)), ERR_NOT_MAPPED);
}

static void refuses_table(uint64_t address)
{
    EXPECT_IS(memory_map(cap_at(object), cap_at(CAP_SELF_SPACE), address, 0), ERR_BAD_ARGUMENT);
}

static void map_table_at(void)
{
    object = temp_object(TYPE_PAGE_TABLE, 0);
    each_bad(refuses_table);
    refuses_table(USER_TOP);
    EXPECT_IS(memory_unmap(cap_at(object)), ERR_NOT_MAPPED);
}

static void refuses_rip(uint64_t address)
{
    EXPECT_IS(thread_set_entry(cap_at(object), address, 0x500000, 0), ERR_BAD_ARGUMENT);
}

static void refuses_rsp(uint64_t address)
{
    EXPECT_IS(thread_set_entry(cap_at(object), 0x400000, address, 0), ERR_BAD_ARGUMENT);
}

/* A stack may end at USER_TOP, nothing may be executed there. */
static void entry_at(void)
{
    object = temp_object(TYPE_TCB, 0);
    each_bad(refuses_rip);
    each_bad(refuses_rsp);
    refuses_rip(USER_TOP);
    refuses_rsp(USER_TOP + 1);
    EXPECT_IS(thread_set_entry(cap_at(object), USER_TOP - 1, USER_TOP, 0), 0);
    EXPECT_IS(thread_set_entry(cap_at(object), 0, 0, ~0ul), 0);
}

static void refuses_base(uint64_t address)
{
    EXPECT_IS(thread_set_tls(cap_at(object), address, 0), ERR_BAD_ARGUMENT);
    EXPECT_IS(thread_set_tls(cap_at(object), 0, address), ERR_BAD_ARGUMENT);
}

static void segment_bases_at(void)
{
    object = temp_object(TYPE_TCB, 0);
    each_bad(refuses_base);
    refuses_base(USER_TOP);
    EXPECT_IS(thread_set_tls(cap_at(object), USER_TOP - 1, USER_TOP - 1), 0);
}

/* ---- The registers of a stopped thread go into the caller's buffer: how it is mapped does not matter. */

enum { RIP = 0x123000, RSP = 0x456000 };

static uint64_t read_by_actor(uint64_t frame)
{
    uint64_t target = temp_object(TYPE_TCB, 0);
    EXPECT_IS(thread_set_entry(cap_at(target), RIP, RSP, 0), 0);
    EXPECT_IS(actor_set_buffer(A, cap_at(frame)), 0);
    EXPECT_RESULT(act(A, SYS_THREAD_READ_REGISTERS, cap_at(target), 1), 0);
    return target;
}

static const volatile struct thread_registers *registers_at(uint64_t page)
{
    return (const volatile struct thread_registers *)((volatile struct ipc_buffer *)words(page))->word;
}

static void buffer_mapped_nowhere(void)
{
    uint64_t frame = temp_object(TYPE_FRAME, PAGE_BITS), page = temp_page();
    read_by_actor(frame);
    EXPECT_IS(memory_map(cap_at(frame), cap_at(CAP_SELF_SPACE), page, RO), 0);
    EXPECT_IS(registers_at(page)->rip, RIP);
    EXPECT_IS(registers_at(page)->rsp, RSP);
}

static void buffer_mapped_read_only(void)
{
    uint64_t frame = temp_object(TYPE_FRAME, PAGE_BITS), page = temp_page();
    EXPECT_IS(memory_map(cap_at(frame), cap_at(CAP_SELF_SPACE), page, RO), 0);
    read_by_actor(frame);
    EXPECT_IS(registers_at(page)->rip, RIP);
    EXPECT_IS(memory_protect(cap_at(frame), RX), 0);
    EXPECT_RESULT(act(A, SYS_THREAD_READ_REGISTERS, actor_tcb(B), 1), 0);
    EXPECT(registers_at(page)->rip != RIP);
}

/* Only the first page of a large frame is written to: what is past the buffer stays. */
static void buffer_is_one_page(void)
{
    uint64_t frame = temp_object(TYPE_FRAME, LARGE_BITS), any = 0;
    area_map(frame, cap_at(CAP_SELF_SPACE), AREA, RW);
    read_by_actor(frame);
    EXPECT_IS(registers_at(AREA)->rip, RIP);
    for (unsigned i = sizeof(struct ipc_buffer) / 8; i < LARGE / 8; i++)
        any |= words(AREA)[i];
    EXPECT_IS(any, 0);
}

static const struct test list[] = {
    {"map_frame", map_frame_at},
    {"map_table", map_table_at},
    {"entry", entry_at},
    {"segment_bases", segment_bases_at},
    {"buffer_mapped_nowhere", buffer_mapped_nowhere},
    {"buffer_mapped_read_only", buffer_mapped_read_only},
    {"buffer_is_one_page", buffer_is_one_page},
};

CASE_SET(750, memory_address_cases)
{
    CASES("memory/address", list);
}
