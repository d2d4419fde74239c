/* kernel/object/space.c: mappings in real page tables, numbers of address spaces, and what the CPU is told to
 * forget. */
#include "arch/arch.h"
#include "cap/words.h"
#include "object/derive.h"
#include "object/space.h"
#include "thread/sched.h"
#include "world.h"

enum { SPACE = 10, TABLE = 11, FRAME = 16, READ = RIGHT_READ, WRITE = RIGHT_WRITE, EXECUTE = RIGHT_EXECUTE };

/* An untyped in SLOT_UNTYPED; a space in slot 10, tables in 11 to 15, frames in 16 to 19, all from it. */
static void stock(void)
{
    static const unsigned types[] = {TYPE_ADDRESS_SPACE, TYPE_PAGE_TABLE, TYPE_PAGE_TABLE, TYPE_PAGE_TABLE,
                                     TYPE_PAGE_TABLE,    TYPE_PAGE_TABLE, TYPE_FRAME,      TYPE_FRAME,
                                     TYPE_FRAME,         TYPE_FRAME};
    world_reset();
    world_caller(3, 10);
    world_object(SLOT_UNTYPED, TYPE_UNTYPED, 18);
    world_object(9, TYPE_ENDPOINT, 0);
    for (unsigned i = 0; i < 10; i++)
        CHECK_NUMBER("retype", sys(SYS_RETYPE, at(SLOT_UNTYPED), types[i], 12, at(SLOT_CNODE), SPACE + i, 1),
                     0);
}

static long drop(unsigned slot)
{
    return sys(SYS_CAP_DELETE, at(SLOT_CNODE), slot, 0, 0, 0, 0);
}

static long map(unsigned memory, uint64_t vaddr, unsigned rights)
{
    return sys(SYS_MEMORY_MAP, at(memory), at(SPACE), vaddr, rights, 0, 0);
}

static void map_tables(uint64_t vaddr)
{
    for (unsigned i = 0; i < 3; i++)
        CHECK_NUMBER("map table", map(TABLE + i, vaddr, 0), 0);
}

static uint64_t *root(void)
{
    return (uint64_t *)(uintptr_t)world[SPACE].object;
}

/* The entry that translates vaddr, or 0. */
static uint64_t translation(uint64_t vaddr)
{
    struct walk w = arch_walk(root(), vaddr, 1);
    return arch_entry_present(*w.entry) ? *w.entry : 0;
}

/* The level of the entry that lacks a table on the way to vaddr; 1: none is missing. */
static unsigned missing_at(uint64_t vaddr)
{
    struct walk w = arch_walk(root(), vaddr, 1);
    CHECK(w.level == 1 || !arch_entry_present(*w.entry));
    return w.level;
}

static void check_flush(bool whole, unsigned asid, uint64_t vaddr)
{
    CHECK_NUMBER("flushes", host.flushes, 1);
    CHECK_NUMBER("of the whole space", host.flush[0].whole, whole);
    CHECK_NUMBER("of the space", host.flush[0].asid, asid);
    CHECK_NUMBER("of the page", host.flush[0].vaddr, vaddr);
    CHECK(host.flush[0].root == root());
    host_forget();
}

static const uint64_t addresses[] = {0,          0x1000,     0x1ff000,       0x200000,
                                     0x3ffff000, 0x40000000, 0x7fffffffe000, 0x555555555000};
enum { ADDRESSES = sizeof addresses / sizeof addresses[0] };

/* Tables appear from the top; then the frame, with exactly the rights asked for; then all of it goes again. */
static void map_unmap(void)
{
    static const unsigned rights[] = {READ, READ | WRITE, READ | EXECUTE};
    for (unsigned i = 0; i < ADDRESSES * 3; i++) {
        uint64_t vaddr = addresses[i / 3];
        unsigned right = rights[i % 3];
        stock();
        unsigned asid = (unsigned)world[SPACE].data;
        for (unsigned level = 4; level > 1; level--) {
            CHECK_NUMBER("frame without tables", map(FRAME, vaddr, right), ERR_NO_TABLE);
            CHECK_NUMBER("missing level", missing_at(vaddr), level);
            CHECK_NUMBER("map table", map(TABLE + 4 - level, vaddr | 0xabc, 0xff), 0);
            CHECK(world[TABLE + 4 - level].data == mapping_data(world[SPACE].data, vaddr, level - 1));
        }
        CHECK_NUMBER("one table too many", map(TABLE + 3, vaddr, 0), ERR_OCCUPIED);
        CHECK_NUMBER("map", map(FRAME, vaddr, right), 0);
        CHECK(translation(vaddr) == arch_page_entry(world[FRAME].object, 1, right));
        CHECK(world[FRAME].data == mapping_data(world[SPACE].data, vaddr, 0));
        CHECK_NUMBER("flushes while mapping", host.flushes, 0);
        CHECK_NUMBER("unmap", sys(SYS_MEMORY_UNMAP, at(FRAME), 0, 0, 0, 0, 0), 0);
        check_flush(false, asid, vaddr);
        CHECK(translation(vaddr) == 0 && world[FRAME].data == 0);
        CHECK_NUMBER("unmap again", sys(SYS_MEMORY_UNMAP, at(FRAME), 0, 0, 0, 0, 0), ERR_NOT_MAPPED);
        CHECK_NUMBER("map again", map(FRAME, vaddr, right), 0);
        for (unsigned k = 0; k < 3; k++) { /* the tables, the lowest first */
            CHECK_NUMBER("delete table", drop(TABLE + 2 - k), 0);
            check_flush(true, asid, 0);
            CHECK_NUMBER("missing level", missing_at(vaddr), 2 + k);
        }
        CHECK_NUMBER("unmap below no table", sys(SYS_MEMORY_UNMAP, at(FRAME), 0, 0, 0, 0, 0), 0);
        CHECK(host.flushes == 0 && world[FRAME].data == 0);
        drop(SPACE);
    }
}

static void refused(void)
{
    static const unsigned bad_rights[] = {
        0, WRITE, EXECUTE, WRITE | EXECUTE, READ | WRITE | EXECUTE, READ | RIGHT_SEND, 0x80};
    stock();
    map_tables(0x400000);
    for (unsigned i = 0; i < sizeof bad_rights / sizeof bad_rights[0]; i++)
        check_refused("rights", ERR_BAD_ARGUMENT, SYS_MEMORY_MAP, at(FRAME), at(SPACE), 0x400000, bad_rights[i],
                      0, 0);
    const uint64_t beyond[] = {USER_TOP,           USER_TOP + 4096,    1ull << 47,
                               0xffff800000000000, 0xffffffff80000000, ~0ull << 12};
    for (unsigned i = 0; i < sizeof beyond / sizeof beyond[0]; i++) {
        check_refused("no user address", ERR_BAD_ARGUMENT, SYS_MEMORY_MAP, at(FRAME), at(SPACE), beyond[i],
                      READ, 0, 0);
        check_refused("table there", ERR_BAD_ARGUMENT, SYS_MEMORY_MAP, at(TABLE + 3), at(SPACE), beyond[i], 0,
                      0, 0);
    }
    check_refused("rights above a byte", ERR_BAD_ARGUMENT, SYS_MEMORY_MAP, at(FRAME), at(SPACE), 0x400000,
                  1ull << 32 | READ, 0, 0);
    check_refused("misaligned", ERR_MISALIGNED, SYS_MEMORY_MAP, at(FRAME), at(SPACE), 0x400008, READ, 0, 0);
    check_refused("no memory", ERR_WRONG_TYPE, SYS_MEMORY_MAP, at(9), at(SPACE), 0x400000, READ, 0, 0);
    check_refused("nothing", ERR_BAD_CAP, SYS_MEMORY_MAP, at(60), at(SPACE), 0x400000, READ, 0, 0);
    check_refused("no space", ERR_WRONG_TYPE, SYS_MEMORY_MAP, at(FRAME), at(9), 0x400000, READ, 0, 0);
    check_refused("space nowhere", ERR_BAD_CAP, SYS_MEMORY_MAP, at(FRAME), at(60), 0x400000, READ, 0, 0);
    CHECK_NUMBER("map", map(FRAME, 0x400000, READ), 0);
    check_refused("mapped already", ERR_IN_USE, SYS_MEMORY_MAP, at(FRAME), at(SPACE), 0x401000, READ, 0, 0);
    check_refused("table mapped already", ERR_IN_USE, SYS_MEMORY_MAP, at(TABLE), at(SPACE), 0x80000000, 0, 0,
                  0);
    check_refused("address taken", ERR_OCCUPIED, SYS_MEMORY_MAP, at(FRAME + 1), at(SPACE), 0x400000, READ, 0,
                  0);
    check_refused("unmap an endpoint", ERR_WRONG_TYPE, SYS_MEMORY_UNMAP, at(9), 0, 0, 0, 0, 0);
    check_refused("unmap nothing", ERR_BAD_CAP, SYS_MEMORY_UNMAP, at(60), 0, 0, 0, 0, 0);
    check_refused("unmap a table that is not mapped", ERR_NOT_MAPPED, SYS_MEMORY_UNMAP, at(TABLE + 4), 0, 0, 0,
                  0, 0);
    check_refused("unmap what is not mapped", ERR_NOT_MAPPED, SYS_MEMORY_UNMAP, at(FRAME + 1), 0, 0, 0, 0, 0);
    drop(SPACE);
}

/* A narrower copy maps no more than it may; it is another mapping, and its end leaves the first one alone. */
static void copies(void)
{
    static const unsigned all[] = {READ, READ | WRITE, READ | EXECUTE};
    for (unsigned have = 0; have < 8; have++) {
        stock();
        map_tables(0x400000);
        CHECK_NUMBER("map", map(FRAME, 0x400000, READ | WRITE), 0);
        CHECK_NUMBER("copy", sys(SYS_CAP_COPY, at(1), 40, at(1), FRAME, have * READ, 0), 0);
        for (unsigned i = 0; i < 3; i++) {
            long wanted = all[i] & ~(have * READ) ? ERR_NO_RIGHT : 0;
            CHECK_NUMBER("map copy", map(40, 0x401000, all[i]), wanted);
            if (wanted)
                continue;
            CHECK(translation(0x401000) == arch_page_entry(world[FRAME].object, 1, all[i]));
            CHECK_NUMBER("unmap copy", sys(SYS_MEMORY_UNMAP, at(40), 0, 0, 0, 0, 0), 0);
            CHECK(translation(0x401000) == 0 && translation(0x400000) != 0);
        }
        host_forget();
        drop(40);
        CHECK(host.flushes == 0 && translation(0x400000) != 0);
        unsigned asid = (unsigned)world[SPACE].data;
        drop(FRAME);
        CHECK(translation(0x400000) == 0);
        check_flush(false, asid, 0x400000);
        drop(SPACE);
    }
}

/* A mapping outlives its space: when it ends it must touch nothing, even if the number has been given away again.
 */
static void stale(void)
{
    stock();
    unsigned asid = (unsigned)world[SPACE].data;
    map_tables(0x400000);
    CHECK_NUMBER("map", map(FRAME, 0x400000, READ), 0);
    CHECK_NUMBER("copy of the space", sys(SYS_CAP_COPY, at(1), 50, at(1), SPACE, 0, 0), 0);
    host_forget();
    drop(SPACE);
    CHECK_NUMBER("flushes while a copy lives", host.flushes, 0);
    world[SPACE] = world[50];
    check_refused("still mapped", ERR_IN_USE, SYS_MEMORY_MAP, at(FRAME), at(SPACE), 0x401000, READ, 0, 0);
    unsigned before = space_ids_free();
    const uint64_t *gone = root();
    world[SPACE] = (struct slot){0};
    drop(50);
    CHECK(space_ids_free() == before + 1 && host.flushes == 1 && host.flush[0].whole);
    CHECK(host.flush[0].asid == asid && host.flush[0].root == gone);
    host_forget();
    CHECK_NUMBER("unmap", sys(SYS_MEMORY_UNMAP, at(FRAME), 0, 0, 0, 0, 0), 0);
    CHECK(world[FRAME].data == 0);
    drop(TABLE);
    CHECK_NUMBER("flushes of a space that is gone", host.flushes, 0);
}

/* Another space with the same number, another frame at the same address: neither is touched. */
static void number_reused(void)
{
    stock();
    unsigned asid = (unsigned)world[SPACE].data;
    map_tables(0x400000);
    CHECK_NUMBER("map", map(FRAME, 0x400000, READ), 0);
    drop(SPACE);
    struct slot other = {0};
    do { /* until the number comes round */
        if (!slot_empty(&other))
            space_release(&other);
        memset(host_memory(4096), 0, 8);
        uint64_t *page = (uint64_t *)(uintptr_t)world[FRAME + 3].object;
        slot_fill(&other, TYPE_ADDRESS_SPACE, 0, (uintptr_t)page, space_create(page));
    } while (mapping_asid(other.data) != asid);
    slot_fill(&world[SPACE], TYPE_ADDRESS_SPACE, 0, other.object, other.data);
    CHECK_NUMBER("table", map(TABLE + 3, 0x400000, 0), 0);
    CHECK_NUMBER("table", map(TABLE + 4, 0x400000, 0), 0);
    CHECK_NUMBER("retype", sys(SYS_RETYPE, at(SLOT_UNTYPED), TYPE_PAGE_TABLE, 12, at(SLOT_CNODE), 50, 1), 0);
    CHECK_NUMBER("table", map(50, 0x400000, 0), 0);
    CHECK_NUMBER("map", map(FRAME + 1, 0x400000, READ), 0);
    host_forget();
    CHECK_NUMBER("unmap the old one", sys(SYS_MEMORY_UNMAP, at(FRAME), 0, 0, 0, 0, 0), 0);
    for (unsigned i = 0; i < 3; i++)
        drop(TABLE + i);
    CHECK(translation(0x400000) == arch_page_entry(world[FRAME + 1].object, 1, READ));
    CHECK_NUMBER("flushes", host.flushes, 0);
    space_release(&world[SPACE]);
    world[SPACE] = (struct slot){0};
}

/* The same frame at the same address in a space with the same number, by another capability: the record of the
   first says nothing about that mapping. */
static void same_frame_in_a_later_space(void)
{
    enum { LATER = 50, COPY = 51 };
    stock();
    unsigned asid = (unsigned)world[SPACE].data;
    map_tables(0x400000);
    CHECK_NUMBER("map", map(FRAME, 0x400000, READ), 0);
    drop(SPACE);
    uint64_t *page = (uint64_t *)(uintptr_t)world[FRAME + 3].object, data;
    while (data = space_create(page), mapping_asid(data) != asid)
        space_release(&(struct slot){.object = (uintptr_t)page, .data = data});
    slot_fill(&world[SPACE], TYPE_ADDRESS_SPACE, 0, (uintptr_t)page, data);
    derive_copy(&world[COPY], &world[FRAME], RIGHT_READ);
    CHECK_NUMBER("table", map(TABLE + 3, 0x400000, 0), 0);
    CHECK_NUMBER("table", map(TABLE + 4, 0x400000, 0), 0);
    CHECK_NUMBER("retype", sys(SYS_RETYPE, at(SLOT_UNTYPED), TYPE_PAGE_TABLE, 12, at(SLOT_CNODE), LATER, 1), 0);
    CHECK_NUMBER("table", map(LATER, 0x400000, 0), 0);
    CHECK_NUMBER("map", map(COPY, 0x400000, READ), 0);
    uint64_t there = translation(0x400000);
    CHECK_NUMBER("protect", sys(SYS_MEMORY_PROTECT, at(FRAME), READ | RIGHT_EXECUTE, 0, 0, 0, 0),
                 ERR_NOT_MAPPED);
    CHECK_NUMBER("unmap", sys(SYS_MEMORY_UNMAP, at(FRAME), 0, 0, 0, 0, 0), 0);
    CHECK(there && translation(0x400000) == there);
    CHECK_NUMBER("protect its own", sys(SYS_MEMORY_PROTECT, at(COPY), READ, 0, 0, 0, 0), 0);
    space_release(&world[SPACE]);
    world[SPACE] = (struct slot){0};
}

/* All 4095 numbers, each once; then none; one comes back and is the one that is given away. */
static void exhaustion(void)
{
    static uint64_t *page[SPACE_IDS];
    static bool taken[SPACE_IDS];
    world_reset();
    world_caller(3, 10);
    world_object(SLOT_UNTYPED, TYPE_UNTYPED, 16);
    memset(taken, 0, sizeof taken);
    CHECK_NUMBER("free at first", space_ids_free(), SPACE_IDS - 1);
    for (unsigned i = 1; i < SPACE_IDS; i++) {
        uint64_t *p = host_memory(4096);
        uint64_t id = mapping_asid(space_create(p));
        CHECK(id > 0 && id < SPACE_IDS && !taken[id]);
        CHECK_NUMBER("forgotten before it is used", host.numbered, id);
        taken[id] = true;
        page[id] = p;
        CHECK(p[256] != 0 && p[255] == 0);
    }
    CHECK_NUMBER("free", space_ids_free(), 0);
    check_refused("none left", ERR_NO_MEMORY, SYS_RETYPE, at(SLOT_UNTYPED), TYPE_ADDRESS_SPACE, 0, at(1), 10,
                  1);
    CHECK_NUMBER("but other objects", sys(SYS_RETYPE, at(SLOT_UNTYPED), TYPE_ENDPOINT, 0, at(1), 12, 1), 0);
    struct slot one = {.object = (uintptr_t)page[77], .data = 77};
    space_release(&one);
    check_refused("two of one", ERR_NO_MEMORY, SYS_RETYPE, at(SLOT_UNTYPED), TYPE_ADDRESS_SPACE, 0, at(1), 10,
                  2);
    CHECK_NUMBER("the last", sys(SYS_RETYPE, at(SLOT_UNTYPED), TYPE_ADDRESS_SPACE, 0, at(1), 10, 1), 0);
    CHECK_NUMBER("number", mapping_asid(world[10].data), 77);
    CHECK_ENDS(space_create(page[1]), 127, "PANIC");
    for (unsigned i = 1; i < SPACE_IDS; i++)
        space_release(&(struct slot){.object = (uintptr_t)page[i], .data = i});
    CHECK_NUMBER("free in the end", space_ids_free(), SPACE_IDS - 1);
}

int main(void)
{
    test_run("space: all 4095 numbers", exhaustion);
    test_run("space: map and unmap at every level", map_unmap);
    test_run("space: every error, nothing changes", refused);
    test_run("space: copies of frames", copies);
    test_run("space: mappings outlive the space", stale);
    test_run("space: a number that is given away again", number_reused);
    test_run("space: the same frame in a later space", same_frame_in_a_later_space);
    return test_end();
}
