/* What a stale mapping record can still do, and what it cannot: docs/threat-model.md says so, "Stale mapping records". A change
   of either is found here. */
#include "arch/arch.h"
#include "cap/words.h"
#include "object/derive.h"
#include "object/space.h"
#include "world.h"

enum { SPACE = 10, TABLE = 11, TABLES = 6, FRAME = 20, OTHER = 21, COPY = 50, NARROW = 51 };
enum { READ = RIGHT_READ, WRITE = RIGHT_WRITE, EXECUTE = RIGHT_EXECUTE };
#define AT 0x400000ull

static void retype(unsigned type, unsigned to, unsigned count)
{
    CHECK_NUMBER("retype", sys(SYS_RETYPE, at(SLOT_UNTYPED), type, 12, at(SLOT_CNODE), to, count), 0);
}

static long map(unsigned memory, unsigned rights)
{
    return sys(SYS_MEMORY_MAP, at(memory), at(SPACE), AT, rights, 0, 0);
}

static long protect(unsigned memory, unsigned rights)
{
    return sys(SYS_MEMORY_PROTECT, at(memory), rights, 0, 0, 0, 0);
}

static uint64_t entry(void)
{
    return *arch_walk((uint64_t *)(uintptr_t)world[SPACE].object, AT, 1).entry;
}

/* A space with two frames, the first of which has two copies; the first is mapped. */
static void stock(void)
{
    world_reset();
    world_caller(3, 10);
    world_object(SLOT_UNTYPED, TYPE_UNTYPED, 18);
    retype(TYPE_ADDRESS_SPACE, SPACE, 1);
    retype(TYPE_PAGE_TABLE, TABLE, TABLES);
    retype(TYPE_FRAME, FRAME, 2);
    derive_copy(&world[COPY], &world[FRAME], READ | WRITE);
    derive_copy(&world[NARROW], &world[FRAME], READ);
    for (unsigned i = 0; i < 3; i++)
        CHECK_NUMBER("table", map(TABLE + i, 0), 0);
}

/* The table that holds the entry goes, and another comes; then this is mapped there. */
static void by_another_table(unsigned memory)
{
    CHECK_NUMBER("delete", sys(SYS_CAP_DELETE, at(SLOT_CNODE), TABLE + 2, 0, 0, 0, 0), 0);
    CHECK_NUMBER("table", map(TABLE + 3, 0), 0);
    CHECK_NUMBER("map", map(memory, READ), 0);
}

static void below_a_table_another_frame(void)
{
    stock();
    CHECK_NUMBER("map", map(FRAME, READ), 0);
    by_another_table(OTHER);
    uint64_t there = entry();
    CHECK_NUMBER("protect", protect(FRAME, READ | WRITE), ERR_NOT_MAPPED);
    CHECK_NUMBER("unmap", sys(SYS_MEMORY_UNMAP, at(FRAME), 0, 0, 0, 0, 0), 0);
    CHECK(entry() == there);
}

/* The very frame: its mapping can be changed, but to no right that the stale capability lacks, and be ended. */
static void below_a_table_the_same_frame(void)
{
    stock();
    CHECK_NUMBER("map", map(NARROW, READ), 0);
    by_another_table(COPY);
    CHECK_NUMBER("protect", protect(NARROW, READ | WRITE), ERR_NO_RIGHT);
    CHECK_NUMBER("protect", protect(NARROW, READ | EXECUTE), ERR_NO_RIGHT);
    CHECK(entry() == arch_page_entry(arch_phys(world[COPY].object), 1, READ));
    stock();
    CHECK_NUMBER("map", map(FRAME, READ), 0);
    by_another_table(COPY);
    CHECK_NUMBER("protect", protect(FRAME, READ | EXECUTE), 0);
    CHECK(entry() == arch_page_entry(arch_phys(world[COPY].object), 1, READ | EXECUTE));
    CHECK_NUMBER("unmap", sys(SYS_MEMORY_UNMAP, at(FRAME), 0, 0, 0, 0, 0), 0);
    CHECK(!arch_entry_present(entry()));
    CHECK_NUMBER("protect", protect(COPY, READ), ERR_NOT_MAPPED);
}

/* ---- numbers of address spaces. A page that serves as the root of all that are held. */
static uint64_t *page;

static uint64_t create(void)
{
    return space_create(page);
}

static void release(uint64_t data)
{
    space_release(&(struct slot){.object = (uintptr_t)page, .data = data});
}

/* How many spaces come and go until one has the number and the generation of the first, if nobody else has any. 0: not within `most`. */
static unsigned long repeats(unsigned long most)
{
    uint64_t first = create();
    release(first);
    for (unsigned long n = 1; n <= most; n++) {
        uint64_t next = create();
        release(next);
        if (next == first)
            return n;
    }
    return 0;
}

/* With all other numbers held, the one that is left repeats after as many spaces as there are generations, and not before. */
static void numbers(void)
{
    static uint64_t held[SPACE_IDS];
    world_reset();
    page = host_memory(4096);
    CHECK_NUMBER("free numbers take turns", repeats(20ul * SPACE_IDS), 0);
    unsigned count = space_ids_free() - 1;
    for (unsigned i = 0; i < count; i++)
        held[i] = create();
    for (unsigned i = 0; i < GENERATIONS; i++) { /* each is what the record of a mapping says */
        uint64_t space = create(), mapping = mapping_data(space, 0x7ffffffff000, 2);
        CHECK_NUMBER("generation", mapping_generation(mapping), space_generations[mapping_asid(space)]);
        release(space);
        CHECK(mapping_generation(mapping) != space_generations[mapping_asid(space)]);
    }
    CHECK_NUMBER("one number", repeats(2ul * GENERATIONS), GENERATIONS);
    for (unsigned i = 0; i < count; i++)
        release(held[i]);
}

int main(void)
{
    test_run("stale: another frame below another table", below_a_table_another_frame);
    test_run("stale: the same frame below another table", below_a_table_the_same_frame);
    test_run("stale: a number of a space comes round", numbers);
    return test_end();
}
