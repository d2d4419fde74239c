/* Frames of 2 MiB: they lie at their own level, they and page tables exclude each other, and whatever works
   with a frame works with them. */
#include "frame/large.h"
#include "frame/guest.h"
#include "ipc_buffer.h"

static cap_t ours(void)
{
    return cap_at(CAP_SELF_SPACE);
}

static long map(uint64_t slot, cap_t space, uint64_t vaddr, uint64_t attributes)
{
    return syscall6(SYS_MEMORY_MAP, cap_at(slot), space, vaddr, attributes, 0, 0);
}

static uint64_t frame(unsigned bits)
{
    return temp_object(TYPE_FRAME, bits);
}

/* Word 3 of each page of 4 KiB. */
static void fill(uint64_t vaddr, uint64_t seed)
{
    for (unsigned page = 0; page < LARGE / PAGE; page++)
        words(vaddr + page * PAGE)[3] = pattern(seed, page);
}

static void expect_filled(uint64_t vaddr, uint64_t seed)
{
    for (unsigned page = 0; page < LARGE / PAGE; page++)
        EXPECT_IS(words(vaddr + page * PAGE)[3], pattern(seed, page));
}

static void all_of_it_is_there(void)
{
    uint64_t one = frame(LARGE_BITS), two = frame(LARGE_BITS), any = 0;
    area_map(one, ours(), AREA, RW);
    area_map(two, ours(), AREA + LARGE, RW);
    for (unsigned i = 0; i < 2 * LARGE / 8; i++)
        any |= words(AREA)[i];
    EXPECT_IS(any, 0);
    fill(AREA, 1);
    fill(AREA + LARGE, 2);
    expect_filled(AREA, 1);
    EXPECT_IS(memory_unmap(cap_at(one)), 0);
    area_map(one, ours(), AREA + 5 * LARGE, RO);
    expect_filled(AREA + 5 * LARGE, 1);
    expect_filled(AREA + LARGE, 2);
}

/* In an empty address space two tables are missing for 2 MiB, and three for 4 KiB. */
static void level(void)
{
    cap_t empty = cap_at(temp_object(TYPE_ADDRESS_SPACE, 0));
    uint64_t table[3];
    EXPECT_IS(area_tables(empty, AREA, LARGE_BITS, table), 2);
    EXPECT_IS(map(frame(PAGE_BITS), empty, AREA, RO), ERR_NO_TABLE);
    EXPECT_IS(area_tables(empty, AREA + (1ul << HUGE_BITS), LARGE_BITS, table), 1);
    EXPECT_IS(area_tables(empty, AREA + LARGE, PAGE_BITS, table), 1);
    EXPECT_IS(map(frame(LARGE_BITS), empty, AREA, RO), 0);
}

static void misaligned(void)
{
    uint64_t f = frame(LARGE_BITS);
    for (uint64_t offset = 1; offset < LARGE; offset <<= 1)
        EXPECT_IS(map(f, ours(), AREA + offset, RW), ERR_MISALIGNED);
    EXPECT_IS(map(f, ours(), AREA + LARGE - PAGE, RW), ERR_MISALIGNED);
    EXPECT_IS(memory_unmap(cap_at(f)), ERR_NOT_MAPPED);
}

/* The last page of the lower half cannot be had, not even as a part of something larger. */
static void end_of_user_memory(void)
{
    uint64_t f = frame(LARGE_BITS), end = 1ul << 47;
    cap_t empty = cap_at(temp_object(TYPE_ADDRESS_SPACE, 0));
    area_tables(empty, end - 2 * LARGE, LARGE_BITS, NULL);
    EXPECT_IS(map(f, empty, end - LARGE, RO), ERR_BAD_ARGUMENT);
    EXPECT_IS(map(f, empty, end, RO), ERR_BAD_ARGUMENT);
    EXPECT_IS(map(f, empty, ~0ul << LARGE_BITS, RO), ERR_BAD_ARGUMENT);
    EXPECT_IS(map(f, empty, end - 2 * LARGE, RO), 0);
}

/* Over a page table, whether it maps anything or not. */
static void table_is_in_the_way(void)
{
    uint64_t f = frame(LARGE_BITS), table[3];
    EXPECT(area_tables(ours(), AREA, PAGE_BITS, table) >= 1);
    EXPECT_IS(map(f, ours(), AREA, RW), ERR_OCCUPIED);
    uint64_t small = frame(PAGE_BITS);
    EXPECT_IS(map(small, ours(), AREA + 7 * PAGE, RW), 0);
    EXPECT_IS(map(f, ours(), AREA, RW), ERR_OCCUPIED);
    EXPECT_IS(memory_unmap(cap_at(small)), 0);
    EXPECT_IS(map(f, ours(), AREA, RW), ERR_OCCUPIED);
}

static void page_is_in_the_way(void)
{
    uint64_t f = frame(LARGE_BITS), table = temp_object(TYPE_PAGE_TABLE, 0);
    area_map(f, ours(), AREA, RW);
    EXPECT_IS(map(frame(LARGE_BITS), ours(), AREA, RW), ERR_OCCUPIED);
    EXPECT_IS(map(frame(PAGE_BITS), ours(), AREA, RW), ERR_OCCUPIED);
    EXPECT_IS(map(frame(PAGE_BITS), ours(), AREA + LARGE - PAGE, RW), ERR_OCCUPIED);
    EXPECT_IS(map(table, ours(), AREA, 0), ERR_OCCUPIED);
    EXPECT_IS(map(table, ours(), AREA + LARGE - PAGE, 0), ERR_OCCUPIED);
    words(AREA)[0] = 1;
    EXPECT_IS(memory_unmap(cap_at(f)), 0);
    EXPECT_IS(map(table, ours(), AREA, 0), 0);
    EXPECT_IS(map(frame(PAGE_BITS), ours(), AREA, RW), 0);
    EXPECT_IS(words(AREA)[0], 0);
}

/* A table of small pages and a large page take turns at one address; a reader sees the one that is there.
 */
static void take_turns(void)
{
    uint64_t large = frame(LARGE_BITS), small = frame(PAGE_BITS), table = temp_object(TYPE_PAGE_TABLE, 0);
    area_map(large, ours(), AREA, RW);
    words(AREA)[0] = 222;
    EXPECT_IS(memory_unmap(cap_at(large)), 0);
    for (unsigned round = 0; round < 4; round++) {
        EXPECT_IS(map(table, ours(), AREA, 0), 0);
        EXPECT_IS(map(small, ours(), AREA, RW), 0);
        words(AREA)[0] = 111;
        EXPECT_IS(memory_unmap(cap_at(table)), 0);
        EXPECT_IS(memory_unmap(cap_at(small)), 0);
        EXPECT_IS(map(large, ours(), AREA, RW), 0);
        EXPECT_IS(words(AREA)[0], 222);
        EXPECT_IS(memory_unmap(cap_at(large)), 0);
    }
}

static void rights_of_a_copy(void)
{
    uint64_t f = frame(LARGE_BITS), copy = temp_copy(f, RO);
    area_map(f, ours(), AREA, RW);
    EXPECT_IS(memory_unmap(cap_at(copy)), ERR_NOT_MAPPED);
    EXPECT_IS(map(copy, ours(), AREA + LARGE, RW), ERR_NO_RIGHT);
    EXPECT_IS(map(copy, ours(), AREA + LARGE, RX), ERR_NO_RIGHT);
    EXPECT_IS(map(copy, ours(), AREA + LARGE, RO), 0);
    fill(AREA, 3);
    expect_filled(AREA + LARGE, 3);
    EXPECT_IS(memory_protect(cap_at(copy), RW), ERR_NO_RIGHT);
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), copy), 0);
    expect_filled(AREA, 3);
    EXPECT_IS(memory_protect(cap_at(f), RO), 0);
    EXPECT_IS(memory_unmap(cap_at(f)), 0);
    EXPECT_IS(memory_protect(cap_at(f), RO), ERR_NOT_MAPPED);
}

/* Any frame of RAM will do as an IPC buffer: its first page is used. */
static void as_ipc_buffer(void)
{
    uint64_t f = frame(LARGE_BITS), target = temp_object(TYPE_TCB, 0);
    area_map(f, ours(), AREA, RW);
    EXPECT_IS(actor_set_buffer(A, cap_at(temp_copy(f, RW))), 0);
    EXPECT_IS(thread_set_entry(cap_at(target), 0x1234000, 0x5678000, 99), 0);
    EXPECT_RESULT(act(A, SYS_THREAD_READ_REGISTERS, cap_at(target), 1), 0);
    EXPECT_IS(words(AREA)[offsetof(struct ipc_buffer, word) / 8], 0x1234000); /* rip is the first of them */
}

/* After the memory has been something else, and in chunks, so that clearing takes several entries. */
static void zero_when_made_again(void)
{
    uint64_t memory = temp_object(TYPE_UNTYPED, LARGE_BITS + 1), to = temp_slot();
    area_tables(ours(), AREA, LARGE_BITS, NULL);
    for (unsigned round = 0; round < 3; round++) {
        uint64_t any = 0;
        EXPECT_IS(retype(cap_at(memory), TYPE_ENDPOINT, 0, cap_at(CAP_SELF_CNODE), to, round % 2),
                  round % 2 ? 0 : ERR_BAD_ARGUMENT);
        uint64_t f = make(memory, TYPE_FRAME, LARGE_BITS);
        EXPECT_IS(map(f, ours(), AREA, RW), 0);
        for (unsigned i = 0; i < LARGE / 8; i++)
            any |= words(AREA)[i];
        EXPECT_IS(any, 0);
        for (unsigned i = 0; i < LARGE / 8; i += 61)
            words(AREA)[i] = ~0ul;
        EXPECT_IS(revoke(memory), 0);
    }
}

/* RAM is cached by the kernel, so nobody may have it any other way. */
static void ram_is_write_back(void)
{
    static const unsigned caches[] = {CACHE_WRITE_THROUGH, CACHE_UNCACHED, CACHE_WRITE_COMBINING};
    uint64_t small = frame(PAGE_BITS), large = frame(LARGE_BITS), page = temp_page();
    area_tables(ours(), AREA, LARGE_BITS, NULL);
    for (unsigned i = 0; i < COUNT(caches); i++) {
        EXPECT_IS(map(small, ours(), page, RW | caches[i]), ERR_BAD_ARGUMENT);
        EXPECT_IS(map(large, ours(), AREA, RW | caches[i]), ERR_BAD_ARGUMENT);
    }
    EXPECT_IS(map(small, ours(), page, RW | CACHE_WRITE_BACK), 0);
    for (unsigned i = 0; i < COUNT(caches); i++)
        EXPECT_IS(memory_protect(cap_at(small), RO | caches[i]), ERR_BAD_ARGUMENT);
    words(page)[0] = 1; /* and nothing has changed */
}

/* Where the machine has as much in one piece (QEMU: -m 4096) and the CPU such pages; clearing it takes 16384
 * entries. */
static void gigabyte_of_ram(void)
{
    uint64_t f = temp_slot(), giga = 1ul << HUGE_BITS, vaddr = AREA + giga;
    for (unsigned i = 0; i < boot_info->untyped_count && !boot_info->untyped[i].device; i++) {
        cap_t memory = cap_at(boot_info->untyped[i].slot);
        if (boot_info->untyped[i].size_bits < HUGE_BITS ||
            retype(memory, TYPE_FRAME, HUGE_BITS, cap_at(CAP_SELF_CNODE), f, 1) != 0)
            continue;
        EXPECT_IS(frame_address(cap_at(f)) % (long)giga, 0);
        area_map(f, ours(), vaddr, RW);
        for (uint64_t offset = 0; offset < giga; offset += giga / 64) {
            EXPECT_IS(words(vaddr + offset)[0] | words(vaddr + offset + giga / 64 - 8)[0], 0);
            words(vaddr + offset)[0] = offset + 1;
        }
        EXPECT_IS(memory_protect(cap_at(f), RO), 0);
        for (uint64_t offset = 0; offset < giga; offset += giga / 64)
            EXPECT_IS(words(vaddr + offset)[0], offset + 1);
        return;
    }
}

static void physical_addresses(void)
{
    uint64_t memory = temp_object(TYPE_UNTYPED, 13), one = make(memory, TYPE_FRAME, 12),
             two = make(memory, TYPE_FRAME, 12), large = frame(LARGE_BITS);
    long address = frame_address(cap_at(one));
    EXPECT(address > 0 && address % PAGE == 0);
    EXPECT_IS(frame_address(cap_at(two)), address + PAGE);
    EXPECT_IS(frame_address(cap_at(large)) % LARGE, 0);
    EXPECT_IS(frame_address(cap_at(temp_copy(two, RO))), address + PAGE);
    EXPECT_IS(frame_address(cap_at(temp_copy(two, RIGHT_WRITE | RIGHT_EXECUTE))), ERR_NO_RIGHT);
    EXPECT_IS(frame_address(cap_at(zoo(TYPE_PAGE_TABLE))), ERR_WRONG_TYPE);
    EXPECT_IS(frame_address(cap_at(temp_slot())), ERR_BAD_CAP);
}

static const struct test list[] = {
    {"all_of_it_is_there", all_of_it_is_there},
    {"level", level},
    {"misaligned", misaligned},
    {"end_of_user_memory", end_of_user_memory},
    {"table_is_in_the_way", table_is_in_the_way},
    {"page_is_in_the_way", page_is_in_the_way},
    {"take_turns", take_turns},
    {"rights_of_a_copy", rights_of_a_copy},
    {"as_ipc_buffer", as_ipc_buffer},
    {"zero_when_made_again", zero_when_made_again},
    {"ram_is_write_back", ram_is_write_back},
    {"gigabyte_of_ram", gigabyte_of_ram},
    {"physical_addresses", physical_addresses},
};

CASE_SET(640, memory_large_cases)
{
    CASES("memory/large", list);
}
