#include "object/space.h"

#include "abi/handlers.h"
#include "arch/arch.h"
#include "cap/words.h"
#include "debug/debug.h"
#include "debug/trace.h"
#include "object/cnode.h"
#include "thread/tcb.h"

static uint64_t *roots[SPACE_IDS];
/* By number; for one that no space has, a value that no mapping has, with the next free number in the low bits. */
enum { GENERATION_FREE = GENERATIONS };
static uint16_t generations[SPACE_IDS] = {GENERATION_FREE};
static unsigned ids_used = 1;
static unsigned id_last;

unsigned space_ids_free(void)
{
    return SPACE_IDS - ids_used;
}

uint64_t space_root(unsigned id)
{
    return id < SPACE_IDS ? (uintptr_t)roots[id] : 0;
}

uint64_t space_create(uint64_t *root)
{
    assert(space_ids_free() > 0);
    do {
        id_last = id_last % (SPACE_IDS - 1) + 1;
    } while (roots[id_last]);
    roots[id_last] = root;
    ids_used++;
    arch_space_init(root, id_last);
    generations[id_last] %= GENERATIONS;
    return id_last | (uint64_t)generations[id_last] << GENERATION_SHIFT;
}

static unsigned space_id(const struct slot *space)
{
    return (unsigned)space->data;
}

void space_release(const struct slot *space)
{
    arch_space_flush(roots[space_id(space)], space_id(space));
    roots[space_id(space)] = NULL;
    generations[space_id(space)] =
        (uint16_t)((generations[space_id(space)] + 1) % GENERATIONS | GENERATION_FREE);
    ids_used--;
}

static bool is_mapped(const struct slot *memory)
{
    return mapping_asid(memory->data) != 0;
}

/* The entry that maps a frame or table where its capability says, or NULL when that mapping is gone. Objects do
   not overlap: an entry with its physical address is its own, so at its level. */
static uint64_t *mapped_entry(const struct slot *memory)
{
    uint64_t where = memory->data, *root = roots[mapping_asid(where)];
    if (generations[mapping_asid(where)] != mapping_generation(where))
        return NULL;
    uint64_t *entry = arch_walk(root, mapping_vaddr(where), mapping_level(where) + 1).entry;
    bool maps = arch_entry_present(*entry) && arch_entry_phys(*entry) == arch_phys(memory->object);
    return maps ? entry : NULL;
}

static void frame_set_entry(const struct slot *frame, uint64_t *entry, uint64_t value)
{
    unsigned asid = mapping_asid(frame->data);
    uint64_t *root = roots[asid], vaddr = mapping_vaddr(frame->data);
    *entry = value;
    arch_flush_page(root, asid, vaddr);
}

void frame_unmap(struct slot *frame)
{
    uint64_t *entry = mapped_entry(frame);
    if (entry)
        frame_set_entry(frame, entry, 0);
    frame->data = mapping_none(frame->data);
}

void table_unmap(struct slot *table)
{
    uint64_t *entry = mapped_entry(table);
    unsigned asid = mapping_asid(table->data);
    table->data = 0;
    if (!entry)
        return;
    *entry = 0;
    arch_space_flush(roots[asid], asid);
}

struct map {
    struct slot *memory, *space;
    uint64_t vaddr, attributes; /* RIGHT_... | CACHE_... */
};

enum {
    MAP_RIGHTS = RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE,
    MAP_CACHE = CACHE_WRITE_COMBINING | CACHE_WRITE_THROUGH | CACHE_UNCACHED,
};

/* Rights: READ, and not WRITE with EXECUTE (W^X); a right that the capability lacks cannot be asked for. RAM is mapped
   write-back by the kernel, and a page with two memory types is undefined (SDM vol. 3, 12.12.4). */
static long decide_attributes(const struct map *m)
{
    unsigned rights = (unsigned)m->attributes & MAP_RIGHTS;
    if (m->attributes & ~(uint64_t)(MAP_RIGHTS | MAP_CACHE) || !(rights & RIGHT_READ) ||
        (rights & RIGHT_WRITE && rights & RIGHT_EXECUTE))
        return ERR_BAD_ARGUMENT;
    if (m->attributes & MAP_CACHE && !(slot_flags(m->memory) & SLOT_DEVICE))
        return ERR_BAD_ARGUMENT;
    if (rights & ~slot_rights(m->memory))
        return ERR_NO_RIGHT;
    return 0;
}

static uint64_t page_entry(const struct map *m)
{
    unsigned level = mapping_level(m->memory->data) + 1;
    return arch_page_entry(arch_phys(m->memory->object), level, (unsigned)m->attributes);
}

static long decide_space(const struct tcb *caller, struct map *m)
{
    long error;
    m->space = cap_lookup_type(caller, caller->rsi, TYPE_ADDRESS_SPACE, &error);
    if (!m->space)
        return error;
    return is_mapped(m->memory) ? ERR_IN_USE : 0;
}

static long map_frame(const struct tcb *caller, struct slot *frame)
{
    struct map m = {.memory = frame, .vaddr = caller->rdx, .attributes = caller->r8};
    unsigned level = mapping_level(frame->data) + 1;
    uint64_t size = 1ull << frame_bits(frame);
    long error = decide_space(caller, &m);
    if (error)
        return error;
    error = decide_attributes(&m);
    if (error)
        return error;
    if (m.vaddr > USER_TOP - size)
        return ERR_BAD_ARGUMENT;
    if (m.vaddr & (size - 1))
        return ERR_MISALIGNED;
    struct walk w = arch_walk((uint64_t *)(uintptr_t)m.space->object, m.vaddr, level);
    if (arch_entry_present(*w.entry))
        return ERR_OCCUPIED; /* by a page, of whatever size, or for a large one by a table */
    if (w.level != level)
        return ERR_NO_TABLE;
    /* ==== commit */
    *w.entry = page_entry(&m);
    frame->data = mapping_data(m.space->data, m.vaddr, level - 1);
    trace(TRACE_MAP, m.vaddr, frame->object);
    return 0;
}

/* A table goes where the highest one is missing on the way to the address. */
static __attribute__((noinline)) long map_table(const struct tcb *caller, struct slot *table)
{
    struct map m = {.memory = table, .vaddr = caller->rdx};
    long error = decide_space(caller, &m);
    if (error)
        return error;
    if (m.vaddr >= USER_TOP)
        return ERR_BAD_ARGUMENT;
    struct walk w = arch_walk((uint64_t *)(uintptr_t)m.space->object, m.vaddr, 2);
    if (arch_entry_present(*w.entry))
        return ERR_OCCUPIED; /* none is missing, or a large page is there */
    /* ==== commit */
    *w.entry = arch_table_entry(arch_phys(table->object));
    table->data = mapping_data(m.space->data, m.vaddr & ~4095ull, w.level - 1);
    trace(TRACE_MAP, m.vaddr, table->object);
    return 0;
}

/* rdi frame or page table, rsi address space, rdx virtual address, r8 attributes (nothing for a table). Errors:
   BAD_ARGUMENT for memory that would reach USER_TOP, and for attributes that do not go together; IN_USE when
   the capability is mapped already, OCCUPIED when the address is, MISALIGNED for an address that is no
   multiple of the frame's size. */
long sys_memory_map(struct tcb *caller)
{
    long error;
    struct slot *memory = cap_lookup_type(caller, caller->rdi, TYPE_FRAME, &error);
    if (memory)
        return map_frame(caller, memory);
    memory = cap_lookup_type(caller, caller->rdi, TYPE_PAGE_TABLE, &error);
    return memory ? map_table(caller, memory) : error;
}

/* A table may be mapped at another level next time, where its entries would be read as tables, so all of them
   go; the frames and tables below do not learn of it, as when it is deleted. */
static long unmap_table(struct slot *table)
{
    if (!is_mapped(table))
        return ERR_NOT_MAPPED;
    /* ==== commit */
    table_unmap(table);
    arch_clear((void *)(uintptr_t)table->object, 1u << TYPE_BITS_PAGE_TABLE);
    return 0;
}

/* rdi frame or page table. */
long sys_memory_unmap(struct tcb *caller)
{
    long error;
    struct slot *memory = cap_lookup_type(caller, caller->rdi, TYPE_FRAME, &error);
    if (!memory) {
        memory = cap_lookup_type(caller, caller->rdi, TYPE_PAGE_TABLE, &error);
        return memory ? unmap_table(memory) : error;
    }
    if (!is_mapped(memory))
        return ERR_NOT_MAPPED;
    /* ==== commit */
    frame_unmap(memory);
    return 0;
}

/* rdi frame, rsi attributes. Errors: as sys_memory_map; NOT_MAPPED also when its mapping went with a page table or
 * space.
 */
long sys_memory_protect(struct tcb *caller)
{
    long error;
    struct map m = {.attributes = caller->rsi};
    m.memory = cap_lookup_type(caller, caller->rdi, TYPE_FRAME, &error);
    if (!m.memory)
        return error;
    error = decide_attributes(&m);
    if (error)
        return error;
    uint64_t *entry = mapped_entry(m.memory);
    if (!entry)
        return ERR_NOT_MAPPED;
    /* ==== commit */
    frame_set_entry(m.memory, entry, page_entry(&m));
    return 0;
}

/* rdi frame. Result: its physical address. */
long sys_frame_address(struct tcb *caller)
{
    long error;
    const struct slot *frame = cap_lookup_type(caller, caller->rdi, TYPE_FRAME, &error);
    if (!frame)
        return error;
    if (!(slot_rights(frame) & RIGHT_READ))
        return ERR_NO_RIGHT;
    return (long)arch_phys(frame->object);
}
