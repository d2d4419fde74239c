/* The machine's own kernel/arch/x86_64/paging.c and a CPU that forgets nothing unasked: a TLB with tags, and a
   cache of page directory entries (SDM vol. 3, 4.10). Whatever the kernel does to a space, running or not,
   no access may find what was there before. With PCIDs and without, with a kernel that runs in its caller's
   space and with one that has its own (KPTI). */
#include "paging_names.h"
#include "arch/x86_64/cpu.h"
#include "world.h"

enum { ENTRIES = 64, PCID_BITS = 12, SMALL = 12, TABLE_SHIFT = 21 };

static struct cached {
    bool used;
    unsigned tag, shift; /* of a page, or of what one table maps */
    uint64_t place, entry;
} held[ENTRIES];
static uint64_t cr3;
static bool pcid, kpti;
static unsigned filled; /* how often it had to look */

static unsigned tag(void)
{
    return pcid ? (unsigned)cr3 & ((1u << PCID_BITS) - 1) : 0;
}

/* Of that tag: translations of that page and all of the upper levels; or, without a page, everything. */
static void drop(unsigned of, bool all, uint64_t vaddr)
{
    for (unsigned i = 0; i < ENTRIES; i++) {
        struct cached *c = &held[i];
        if (c->tag == of && (all || c->shift != SMALL || c->place == vaddr >> SMALL))
            c->used = false;
    }
}

static void look_ahead(void);

static uint64_t cpu_read_cr3(void)
{
    return cr3;
}

static void cpu_write_cr3(uint64_t value)
{
    CHECK(pcid || !(value >> 63)); /* a reserved bit then */
    cr3 = value & ~(1ull << 63);
    if (!(value >> 63))
        drop(tag(), true, 0);
    look_ahead();
}

static void cpu_invlpg(uint64_t vaddr)
{
    drop(tag(), false, vaddr);
    look_ahead();
}

static void cpu_invpcid(enum invpcid_type type, uint64_t of, uint64_t vaddr)
{
    CHECK(pcid); /* else the instruction is not there */
    drop((unsigned)of, type == INVPCID_CONTEXT, vaddr);
    look_ahead();
}

/* Its instructions are those above. */
#define read_cr3 cpu_read_cr3
#define write_cr3 cpu_write_cr3
#define invlpg cpu_invlpg
#define invpcid cpu_invpcid
#define device_kept paging_device_kept
#define device_kept_count paging_device_kept_count
#include "arch/x86_64/paging.c" /* NOLINT */

struct cpu_features cpu_features;
uint32_t mitigations;
char kernel_text_start[1], kernel_text_end[1], kernel_window_start[1], kernel_window_end[1];
char kernel_rodata_start[1], kernel_rodata_end[1], kernel_data_start[1], kernel_end[1];
char kernel_stack_guard[1], entry_kpti_start[1], entry_kpti_end[1];

uint64_t boot_page(void)
{
    return 0;
}

static const struct host_tlb machine = {paging_space_init, paging_space_flush, paging_flush_page};

static struct cached *find(unsigned shift, uint64_t vaddr)
{
    for (unsigned i = 0; i < ENTRIES; i++) {
        if (held[i].used && held[i].tag == tag() && held[i].shift == shift && held[i].place == vaddr >> shift)
            return &held[i];
    }
    return NULL;
}

static uint64_t keep(unsigned shift, uint64_t vaddr, uint64_t entry)
{
    for (unsigned i = 0; i < ENTRIES; i++) {
        if (held[i].used)
            continue;
        held[i] = (struct cached){true, tag(), shift, vaddr >> shift, entry};
        filled++;
        return entry;
    }
    CHECK_STRING("the cache", "too small", NULL);
    return entry;
}

/* What the tables in memory say about a page: its entry, or 0; and the entry of its table. */
static uint64_t walked(uint64_t *root, uint64_t vaddr, unsigned level)
{
    struct walk w = arch_walk(root, vaddr, level);
    return w.level == level && arch_entry_present(*w.entry) ? *w.entry : 0;
}

/* The CPU translates by what it has, and keeps what it learns. */
static uint64_t translated(uint64_t *root, uint64_t vaddr)
{
    const struct cached *page = find(SMALL, vaddr), *directory = find(TABLE_SHIFT, vaddr);
    if (page)
        return page->entry;
    uint64_t table = directory ? directory->entry : walked(root, vaddr, 2);
    if (!table)
        return 0;
    if (!directory)
        keep(TABLE_SHIFT, vaddr, table);
    uint64_t entry = ((uint64_t *)(uintptr_t)(table & PTE_ADDRESS))[vaddr >> SMALL & 511];
    return entry & PTE_PRESENT ? keep(SMALL, vaddr, entry) : 0;
}

static const uint64_t where = 0x40000000, beside = 0x40001000;
static bool looks_ahead; /* both spaces are there */

/* The CPU may at any time learn what the tables say to which CR3 leads; the worst time is when it has just been told to forget. */
static void look_ahead(void)
{
    uint64_t *root = (uint64_t *)(uintptr_t)(cr3 & PTE_ADDRESS);
    if (!looks_ahead || root == (uint64_t *)(uintptr_t)(paging_kernel_cr3() & PTE_ADDRESS))
        return;
    translated(root, where);
    translated(root, beside);
}

/* A thread of that space accesses the page, and the kernel is entered again. An exit to the space that runs
 * loads no CR3. */
static void access(unsigned space, uint64_t vaddr)
{
    uint64_t *root = (uint64_t *)(uintptr_t)world[space].object, wanted = paging_space_cr3(&world[space]);
    if (cr3 != (wanted & ~(1ull << 63)))
        cpu_write_cr3(wanted);
    CHECK_NUMBER("what the CPU has of a page, and what its table says", translated(root, vaddr),
                 walked(root, vaddr, 1));
    if (kpti)
        cpu_write_cr3(paging_kernel_cr3());
}

/* ---- two spaces with tables and a page at the same address */
enum {
    ONE = 10,
    TWO = 20,
    TABLES = 1,
    FRAME = 4,
    OTHER = 5,
    STOCK = 6,
    PAGE_OF_ONE = 60 /* room for one object, again and again */
};
static long make(unsigned memory, unsigned type, unsigned slot)
{
    return sys(SYS_RETYPE, at(memory), type, 12, at(SLOT_CNODE), slot, 1);
}

static long map(unsigned memory, unsigned space, uint64_t vaddr)
{
    return sys(SYS_MEMORY_MAP, at(memory), at(space), vaddr, RIGHT_READ | RIGHT_WRITE, 0, 0);
}

static long remove_cap(unsigned slot)
{
    return sys(SYS_CAP_DELETE, at(SLOT_CNODE), slot, 0, 0, 0, 0);
}

static void stock(unsigned space)
{
    static const unsigned types[STOCK] = {TYPE_ADDRESS_SPACE, TYPE_PAGE_TABLE, TYPE_PAGE_TABLE,
                                          TYPE_PAGE_TABLE,    TYPE_FRAME,      TYPE_FRAME};
    for (unsigned i = 0; i < STOCK; i++)
        CHECK_NUMBER("retype", make(SLOT_UNTYPED, types[i], space + i), 0);
    for (unsigned i = 0; i < 3; i++)
        CHECK_NUMBER("map a table", map(space + TABLES + i, space, where), 0);
    CHECK_NUMBER("map", map(space + FRAME, space, where), 0);
    CHECK_NUMBER("map", map(space + OTHER, space, beside), 0);
}

/* ---- what the kernel does to the first of them */
static void unmaps_a_page(void)
{
    CHECK_NUMBER("unmap", sys(SYS_MEMORY_UNMAP, at(ONE + FRAME), 0, 0, 0, 0, 0), 0);
}

static void protects_a_page(void)
{
    CHECK_NUMBER("protect", sys(SYS_MEMORY_PROTECT, at(ONE + FRAME), RIGHT_READ, 0, 0, 0, 0), 0);
}

static void deletes_a_page(void)
{
    CHECK_NUMBER("delete", remove_cap(ONE + FRAME), 0);
}

static void replaces_a_page(void)
{
    unmaps_a_page();
    CHECK_NUMBER("unmap", sys(SYS_MEMORY_UNMAP, at(ONE + OTHER), 0, 0, 0, 0, 0), 0);
    CHECK_NUMBER("map", map(ONE + OTHER, ONE, where), 0);
}

static void unmaps_a_table(void)
{
    CHECK_NUMBER("unmap", sys(SYS_MEMORY_UNMAP, at(ONE + TABLES + 2), 0, 0, 0, 0, 0), 0);
}

static void deletes_an_upper_table(void)
{
    CHECK_NUMBER("delete", remove_cap(ONE + TABLES), 0);
}

/* Another space gets the number, when all others have been given away. */
static void gives_the_number_again(void)
{
    uint64_t number = world[ONE].data & ((1u << PCID_BITS) - 1);
    uint64_t *root = (uint64_t *)(uintptr_t)world[ONE].object;
    CHECK_NUMBER("delete", remove_cap(ONE), 0);
    if (!kpti && (cr3 & PTE_ADDRESS) == (uintptr_t)root)
        CHECK(translated(root, where)); /* ahead of time, as a CPU may while CR3 says so */
    looks_ahead = false;                /* the exit loads another: no thread has this space any more */
    for (unsigned i = 0; i < 2 << PCID_BITS; i++) {
        CHECK_NUMBER("retype", make(PAGE_OF_ONE, TYPE_ADDRESS_SPACE, ONE), 0);
        if ((world[ONE].data & ((1u << PCID_BITS) - 1)) == number)
            return;
        CHECK_NUMBER("delete", remove_cap(ONE), 0);
    }
    CHECK_STRING("the number", "does not come again", NULL);
}

/* Many at once: both pages of the first; then a page of each, in neighbouring slots. */
enum { NEXT_SLOT = ONE + STOCK, ATTRIBUTES = RIGHT_READ };

static void unmaps_two_pages(void)
{
    CHECK_NUMBER("unmap", sys(SYS_MEMORY_UNMAP_MANY, at(SLOT_CNODE), ONE + FRAME, 0, 0, 0, 2), 0);
}

static void protects_two_pages(void)
{
    CHECK_NUMBER("protect", sys(SYS_MEMORY_PROTECT_MANY, at(SLOT_CNODE), ONE + FRAME, 0, 0, ATTRIBUTES, 2), 0);
}

static void pages_of_both_stand_together(void)
{
    CHECK_NUMBER("move", sys(SYS_CAP_MOVE, at(SLOT_CNODE), NEXT_SLOT, at(SLOT_CNODE), TWO + FRAME, 0, 0), 0);
}

static void unmaps_a_page_of_each(void)
{
    pages_of_both_stand_together();
    CHECK_NUMBER("unmap", sys(SYS_MEMORY_UNMAP_MANY, at(SLOT_CNODE), ONE + OTHER, 0, 0, 0, 2), 0);
}

static void protects_a_page_of_each(void)
{
    pages_of_both_stand_together();
    CHECK_NUMBER("protect", sys(SYS_MEMORY_PROTECT_MANY, at(SLOT_CNODE), ONE + OTHER, 0, 0, ATTRIBUTES, 2), 0);
}

/* The number that the next space gets has all bits set: none may be left out anywhere. */
static void give_numbers_away(void)
{
    uint64_t last;
    do {
        CHECK_NUMBER("retype", make(PAGE_OF_ONE, TYPE_ADDRESS_SPACE, ONE), 0);
        last = world[ONE].data & ((1u << PCID_BITS) - 1);
        CHECK_NUMBER("delete", remove_cap(ONE), 0);
    } while (last != (1u << PCID_BITS) - 2);
}

static void both_are_made(void)
{
    memset(held, 0, sizeof held);
    cr3 = 0;
    world_reset();
    host.tlb = &machine;
    world_caller(3, 10);
    world_object(SLOT_UNTYPED, TYPE_UNTYPED, 20);
    world_object(PAGE_OF_ONE, TYPE_UNTYPED, 12);
    if (pcid)
        give_numbers_away();
    stock(ONE);
    stock(TWO);
}

static void both_go(void)
{
    host.tlb = NULL;
    remove_cap(ONE);
    remove_cap(TWO);
    remove_cap(NEXT_SLOT);
}

/* Both spaces have been used; the kernel was entered from the one or from the other. */
static void seen_by_nobody(void (*change)(void), bool of_the_running)
{
    for (unsigned kind = 0; kind < 4; kind++) {
        pcid = cpu_features.pcid = kind & 1;
        kpti = kind & 2;
        both_are_made();
        const unsigned order[] = {of_the_running ? TWO : ONE, of_the_running ? ONE : TWO};
        for (unsigned i = 0; i < 4; i++)
            access(order[i / 2], i % 2 ? beside : where);
        looks_ahead = !kpti;
        change();
        looks_ahead = false;
        for (unsigned i = 0; i < 4; i++)
            access(order[1 - i / 2], i % 2 ? beside : where); /* first the one that CR3 may still say */
        both_go();
    }
}

/* With PCIDs a switch forgets nothing: neither that of the space nor, with KPTI, those of the entry and of the exit. */
static void a_switch_keeps_what_is_known(void)
{
    for (unsigned kind = 0; kind < 2; kind++) {
        pcid = cpu_features.pcid = true;
        kpti = kind;
        both_are_made();
        for (unsigned round = 0; round < 3; round++) {
            filled = 0;
            access(ONE, where);
            access(TWO, where);
            CHECK_NUMBER("translations that had to be looked up again", filled, round ? 0 : 4);
        }
        both_go();
    }
}

#define BOTH(change)                                                                                           \
    static void change##_of_the_running_space(void)                                                            \
    {                                                                                                          \
        seen_by_nobody(change, true);                                                                          \
    }                                                                                                          \
    static void change##_of_another_space(void)                                                                \
    {                                                                                                          \
        seen_by_nobody(change, false);                                                                         \
    }
BOTH(unmaps_a_page)
BOTH(unmaps_two_pages)
BOTH(protects_two_pages)
BOTH(unmaps_a_page_of_each)
BOTH(protects_a_page_of_each)
BOTH(protects_a_page)
BOTH(deletes_a_page)
BOTH(replaces_a_page)
BOTH(unmaps_a_table)
BOTH(deletes_an_upper_table)
BOTH(gives_the_number_again)

#define RUN_BOTH(change)                                                                                       \
    test_run("tlb/" #change "_of_the_running_space", change##_of_the_running_space);                           \
    test_run("tlb/" #change "_of_another_space", change##_of_another_space)

int main(void)
{
    test_run("tlb/a_switch_keeps_what_is_known", a_switch_keeps_what_is_known);
    RUN_BOTH(unmaps_a_page);
    RUN_BOTH(unmaps_two_pages);
    RUN_BOTH(protects_two_pages);
    RUN_BOTH(unmaps_a_page_of_each);
    RUN_BOTH(protects_a_page_of_each);
    RUN_BOTH(protects_a_page);
    RUN_BOTH(deletes_a_page);
    RUN_BOTH(replaces_a_page);
    RUN_BOTH(unmaps_a_table);
    RUN_BOTH(deletes_an_upper_table);
    RUN_BOTH(gives_the_number_again);
    return test_end();
}
