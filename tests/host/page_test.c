/* kernel/object/space.c: frames of each size against page tables of each level, cache attributes, page tables
   that are unmapped, physical addresses. */
#include "arch/arch.h"
#include "cap/words.h"
#include "object/derive.h"
#include "object/space.h"
#include "object/untyped.h"
#include "world.h"

enum { SPACE = 10, OTHER = 11, TABLE = 12, TABLES = 6, SMALL = 20, MEDIUM = 22, HUGE = 24, DEVICE = 26 };
enum { READ = RIGHT_READ, WRITE = RIGHT_WRITE, EXECUTE = RIGHT_EXECUTE };
#define MIB2 (1ull << 21)
#define GIB1 (1ull << 30)

static const unsigned bits_of[] = {[SMALL] = 12, [MEDIUM] = 21, [HUGE] = 30};

/* A frame at an address that nobody reads: only its number goes into page tables. */
static void fake_frame(unsigned i, unsigned bits, uint64_t phys, unsigned flags)
{
    world[i] = (struct slot){0};
    object_make(&world[i], TYPE_FRAME, bits, phys);
    slot_set_flags(&world[i], SLOT_REVOCABLE | flags);
}

static void stock(void)
{
    world_reset();
    world_caller(3, 10);
    world_object(SPACE, TYPE_ADDRESS_SPACE, 0);
    world_object(OTHER, TYPE_ADDRESS_SPACE, 0);
    for (unsigned i = 0; i < TABLES; i++)
        world_object(TABLE + i, TYPE_PAGE_TABLE, 0);
    for (unsigned i = 0; i < 2; i++) {
        fake_frame(SMALL + i, 12, (1ull << 40) + i * 4096, 0);
        fake_frame(MEDIUM + i, 21, (1ull << 41) + i * MIB2, 0);
        fake_frame(HUGE + i, 30, (1ull << 42) + i * GIB1, 0);
        fake_frame(DEVICE + i, 12, (1ull << 43) + i * 4096, SLOT_DEVICE);
    }
}

static uint64_t *root(void)
{
    return (uint64_t *)(uintptr_t)world[SPACE].object;
}

static long map(unsigned memory, uint64_t vaddr, uint64_t attributes)
{
    return sys(SYS_MEMORY_MAP, at(memory), at(SPACE), vaddr, attributes, 0, 0);
}

static void refused(const char *what, long error, unsigned memory, uint64_t vaddr, uint64_t attributes)
{
    check_refused(what, error, SYS_MEMORY_MAP, at(memory), at(SPACE), vaddr, attributes, 0, 0);
}

static long unmap(unsigned memory)
{
    return sys(SYS_MEMORY_UNMAP, at(memory), 0, 0, 0, 0, 0);
}

static long protect(unsigned memory, uint64_t attributes)
{
    return sys(SYS_MEMORY_PROTECT, at(memory), attributes, 0, 0, 0, 0);
}

static long drop(unsigned slot)
{
    return sys(SYS_CAP_DELETE, at(SLOT_CNODE), slot, 0, 0, 0, 0);
}

static void tables(uint64_t vaddr, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        CHECK_NUMBER("map table", map(TABLE + i, vaddr, 0), 0);
}

static void check_flush(uint64_t vaddr)
{
    CHECK_NUMBER("flushes", host.flushes, 1);
    CHECK(!host.flush[0].whole && host.flush[0].vaddr == vaddr && host.flush[0].root == root());
    CHECK_NUMBER("of the space", host.flush[0].asid, world[SPACE].data);
    host_forget();
}

/* Each size needs exactly the tables above its level, and its entry is at that level and says so. */
static void each_size(void)
{
    static const unsigned slots[] = {SMALL, MEDIUM, HUGE};
    for (unsigned i = 0; i < 3; i++) {
        unsigned frame = slots[i], level = i + 1;
        uint64_t vaddr = 5 * GIB1;
        stock();
        CHECK_NUMBER("size", frame_bits(&world[frame]), bits_of[frame]);
        for (unsigned t = 0; t < 4 - level; t++) {
            CHECK_NUMBER("a table is missing", map(frame, vaddr, READ), ERR_NO_TABLE);
            CHECK_NUMBER("map table", map(TABLE + t, vaddr, 0), 0);
        }
        CHECK_NUMBER("map", map(frame, vaddr, READ | WRITE), 0);
        struct walk w = arch_walk(root(), vaddr, 1);
        CHECK_NUMBER("level", w.level, level);
        CHECK(*w.entry == arch_page_entry(world[frame].object, level, READ | WRITE));
        CHECK(!(*w.entry & PTE_LARGE) == (level == 1));
        CHECK(world[frame].data == mapping_data((unsigned)world[SPACE].data, vaddr, level - 1));
        CHECK_NUMBER("flushes while mapping", host.flushes, 0);
        CHECK_NUMBER("protect", protect(frame, READ | EXECUTE), 0);
        check_flush(vaddr);
        CHECK(*w.entry == arch_page_entry(world[frame].object, level, READ | EXECUTE));
        refused("mapped already", ERR_IN_USE, frame, vaddr + GIB1, READ);
        CHECK_NUMBER("unmap", unmap(frame), 0);
        check_flush(vaddr);
        CHECK(*w.entry == 0 && frame_bits(&world[frame]) == bits_of[frame]);
        CHECK_NUMBER("unmap again", unmap(frame), ERR_NOT_MAPPED);
        CHECK_NUMBER("protect", protect(frame, READ), ERR_NOT_MAPPED);
        CHECK_NUMBER("map again", map(frame, vaddr, READ), 0);
        drop(frame);
        check_flush(vaddr);
        CHECK(*w.entry == 0);
    }
}

static void alignment(void)
{
    static const unsigned slots[] = {SMALL, MEDIUM, HUGE};
    stock();
    tables(0, 3);
    for (unsigned i = 0; i < 3; i++) {
        for (unsigned bit = 0; bit < bits_of[slots[i]]; bit++)
            refused("misaligned", ERR_MISALIGNED, slots[i], 5 * GIB1 + (1ull << bit), READ);
    }
    /* The last page of the lower half is never mapped, not even by a large frame that holds it. */
    refused("2 MiB reach USER_TOP", ERR_BAD_ARGUMENT, MEDIUM, (1ull << 47) - MIB2, READ);
    refused("1 GiB reach USER_TOP", ERR_BAD_ARGUMENT, HUGE, (1ull << 47) - GIB1, READ);
    refused("2 MiB at USER_TOP", ERR_BAD_ARGUMENT, MEDIUM, 1ull << 47, READ);
    CHECK_NUMBER("2 MiB below", map(MEDIUM, (1ull << 47) - 2 * MIB2, READ), ERR_NO_TABLE);
    CHECK_NUMBER("1 GiB below", map(HUGE, (1ull << 47) - 2 * GIB1, READ), ERR_NO_TABLE);
}

/* A large page where a page table is, and the reverse. */
static void page_or_table(void)
{
    stock();
    tables(0, 3);
    refused("2 MiB over a table", ERR_OCCUPIED, MEDIUM, 0, READ);
    refused("1 GiB over a table", ERR_OCCUPIED, HUGE, 0, READ);
    CHECK_NUMBER("2 MiB", map(MEDIUM, MIB2, READ), 0);
    CHECK_NUMBER("1 GiB", map(HUGE, GIB1, READ), 0);
    refused("4 KiB in 2 MiB", ERR_OCCUPIED, SMALL, MIB2 + 4096, READ);
    refused("4 KiB in 1 GiB", ERR_OCCUPIED, SMALL, GIB1 + 4096, READ);
    refused("2 MiB in 1 GiB", ERR_OCCUPIED, MEDIUM + 1, GIB1 + MIB2, READ);
    refused("2 MiB on 2 MiB", ERR_OCCUPIED, MEDIUM + 1, MIB2, READ);
    refused("1 GiB on 1 GiB", ERR_OCCUPIED, HUGE + 1, GIB1, READ);
    refused("table in 2 MiB", ERR_OCCUPIED, TABLE + 3, MIB2, 0);
    refused("table in 1 GiB", ERR_OCCUPIED, TABLE + 3, GIB1 + MIB2, 0);
    CHECK_NUMBER("unmap 2 MiB", unmap(MEDIUM), 0);
    CHECK_NUMBER("then a table", map(TABLE + 3, MIB2, 0), 0);
    CHECK_NUMBER("and a page", map(SMALL, MIB2, READ), 0);
    CHECK_NUMBER("unmap 1 GiB", unmap(HUGE), 0);
    CHECK_NUMBER("unmap the table", unmap(TABLE + 3), 0);
    CHECK_NUMBER("then 2 MiB again", map(MEDIUM, MIB2, READ), 0);
    CHECK_NUMBER("the page's mapping is gone", protect(SMALL, READ), ERR_NOT_MAPPED);
    CHECK_NUMBER("and is no more", unmap(SMALL), 0);
    CHECK(arch_walk(root(), MIB2, 1).level == 2 && *arch_walk(root(), MIB2, 1).entry != 0);
}

/* A copy has the size and no mapping. */
static void copies(void)
{
    stock();
    tables(0, 2);
    CHECK_NUMBER("map", map(MEDIUM, MIB2, READ | WRITE), 0);
    CHECK_NUMBER("copy", sys(SYS_CAP_COPY, at(1), 40, at(1), MEDIUM, READ, 0), 0);
    CHECK(frame_bits(&world[40]) == 21 && mapping_asid(world[40].data) == 0);
    CHECK_NUMBER("copy", map(40, 2 * MIB2, READ | WRITE), ERR_NO_RIGHT);
    CHECK_NUMBER("copy", map(40, 2 * MIB2, READ), 0);
    host_forget();
    drop(40);
    check_flush(2 * MIB2);
    CHECK_NUMBER("original", protect(MEDIUM, READ), 0);
}

/* SDM vol. 3, 12.12.3: PWT is bit 0 of the index in the PAT, PCD bit 1; the PAT bit of either size is never
 * set. */
static void cache(void)
{
    static const struct {
        unsigned attribute;
        uint64_t bits;
    } all[] = {{CACHE_WRITE_BACK, 0},
               {CACHE_WRITE_THROUGH, PTE_WRITE_THROUGH},
               {CACHE_UNCACHED, PTE_WRITE_THROUGH | PTE_CACHE_DISABLE},
               {CACHE_WRITE_COMBINING, PTE_CACHE_DISABLE}};
    const uint64_t attribute_bits = PTE_WRITE_THROUGH | PTE_CACHE_DISABLE;
    stock();
    tables(0, 3);
    fake_frame(DEVICE + 1, 21, 1ull << 43, SLOT_DEVICE);
    for (unsigned i = 0; i < 4; i++) {
        uint64_t *small = arch_walk(root(), 0, 1).entry, *large = arch_walk(root(), MIB2, 2).entry;
        CHECK_NUMBER("map", map(DEVICE, 0, READ | all[i].attribute), 0);
        CHECK_NUMBER("map", map(DEVICE + 1, MIB2, READ | WRITE | all[i].attribute), 0);
        CHECK((*small & attribute_bits) == all[i].bits && (*large & attribute_bits) == all[i].bits);
        CHECK(!(*small & 1 << 7) && !(*large & 1 << 12));
        for (unsigned k = 0; k < 4; k++) {
            CHECK_NUMBER("protect", protect(DEVICE + 1, READ | all[k].attribute), 0);
            CHECK(*large == arch_page_entry(1ull << 43, 2, READ | all[k].attribute));
            CHECK((*large & attribute_bits) == all[k].bits);
        }
        CHECK(unmap(DEVICE) == 0 && unmap(DEVICE + 1) == 0);
    }
    for (unsigned i = 1; i < 4; i++) {
        refused("RAM", ERR_BAD_ARGUMENT, SMALL, 0, READ | all[i].attribute);
        refused("RAM", ERR_BAD_ARGUMENT, MEDIUM, MIB2, READ | all[i].attribute);
    }
    static const uint64_t bad[] = {0x400, 0x1000, 1ull << 12, 1ull << 32, 1ull << 40, 1ull << 63, 1, 0x80};
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        refused("attributes", ERR_BAD_ARGUMENT, DEVICE, 0, READ | bad[i]);
        refused("attributes", ERR_BAD_ARGUMENT, DEVICE, 0, READ | CACHE_UNCACHED | bad[i]);
    }
    CHECK_NUMBER("map", map(SMALL, 0, READ), 0);
    check_refused("protect RAM", ERR_BAD_ARGUMENT, SYS_MEMORY_PROTECT, at(SMALL), READ | CACHE_UNCACHED, 0, 0,
                  0, 0);
    CHECK_NUMBER("copy", sys(SYS_CAP_COPY, at(1), 40, at(1), DEVICE, READ, 0), 0);
    CHECK_NUMBER("a copy is device memory, too", map(40, 4096, READ | CACHE_UNCACHED), 0);
}

/* All that an unmapped table held is gone, so it can go anywhere, even to another level. */
static void table_again(void)
{
    stock();
    tables(0, 3);
    CHECK_NUMBER("map", map(SMALL, 0, READ | WRITE), 0);
    host_forget();
    CHECK_NUMBER("unmap the lowest", unmap(TABLE + 2), 0);
    CHECK(host.flushes == 1 && host.flush[0].whole && host.flush[0].asid == world[SPACE].data);
    CHECK_NUMBER("level", arch_walk(root(), 0, 1).level, 2);
    const uint64_t *table = (const uint64_t *)(uintptr_t)world[TABLE + 2].object;
    for (unsigned i = 0; i < 512; i++)
        CHECK(table[i] == 0);
    CHECK_NUMBER("twice", unmap(TABLE + 2), ERR_NOT_MAPPED);
    CHECK_NUMBER("as a higher table of another space",
                 sys(SYS_MEMORY_MAP, at(TABLE + 2), at(OTHER), 1ull << 40, 0, 0, 0), 0);
    CHECK_NUMBER("level", mapping_level(world[TABLE + 2].data), 3);
    CHECK_NUMBER("the frame's mapping is gone", unmap(SMALL), 0);
}

/* The upper table goes first: the lower one is no longer reached, does not learn of it, and can be taken back. */
static void orphan(void)
{
    stock();
    tables(0, 3);
    CHECK_NUMBER("map", map(SMALL, 0, READ), 0);
    CHECK_NUMBER("delete the highest", drop(TABLE), 0);
    refused("still marked", ERR_IN_USE, TABLE + 1, GIB1, 0);
    host_forget();
    CHECK_NUMBER("unmap", unmap(TABLE + 2), 0);
    CHECK_NUMBER("unmap", unmap(TABLE + 1), 0);
    CHECK_NUMBER("nothing to flush", host.flushes, 0);
    CHECK(*(const uint64_t *)(uintptr_t)world[TABLE + 2].object == 0);
    CHECK(*(const uint64_t *)(uintptr_t)world[TABLE + 1].object == 0);
    CHECK_NUMBER("map again", map(TABLE + 2, 0, 0), 0);
    CHECK_NUMBER("map again", map(TABLE + 1, 0, 0), 0);
    CHECK_NUMBER("level", mapping_level(world[TABLE + 2].data), 3);
    CHECK_NUMBER("its space goes", drop(SPACE), 0);
    CHECK_NUMBER("unmap", unmap(TABLE + 1), 0);
}

static void address(void)
{
    stock();
    CHECK_NUMBER("small", sys(SYS_FRAME_ADDRESS, at(SMALL + 1), 0, 0, 0, 0, 0), (1ull << 40) + 4096);
    CHECK_NUMBER("large", sys(SYS_FRAME_ADDRESS, at(MEDIUM), 0, 0, 0, 0, 0), 1ull << 41);
    CHECK_NUMBER("device", sys(SYS_FRAME_ADDRESS, at(DEVICE), 0, 0, 0, 0, 0), 1ull << 43);
    CHECK_NUMBER("copy", sys(SYS_CAP_COPY, at(1), 40, at(1), SMALL, WRITE | EXECUTE, 0), 0);
    check_refused("no right", ERR_NO_RIGHT, SYS_FRAME_ADDRESS, at(40), 0, 0, 0, 0, 0);
    check_refused("a table", ERR_WRONG_TYPE, SYS_FRAME_ADDRESS, at(TABLE), 0, 0, 0, 0, 0);
    check_refused("nothing", ERR_BAD_CAP, SYS_FRAME_ADDRESS, at(60), 0, 0, 0, 0, 0);
}

int main(void)
{
    test_run("page: each size at its level", each_size);
    test_run("page: alignment, and the end of user memory", alignment);
    test_run("page: large pages and tables exclude each other", page_or_table);
    test_run("page: copies of large frames", copies);
    test_run("page: cache attributes", cache);
    test_run("page: an unmapped table is empty", table_again);
    test_run("page: tables below one that is gone", orphan);
    test_run("page: physical addresses", address);
    return test_end();
}
