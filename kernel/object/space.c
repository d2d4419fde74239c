#include "space.h"

#include "arch.h"
#include "cnode.h"
#include "debug.h"
#include "tcb.h"
#include "trace.h"

static uint64_t *roots[SPACE_IDS];
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
    arch_space_init(root);
    return id_last;
}

static unsigned space_id(const struct slot *space)
{
    return (unsigned)space->data;
}

void space_release(const struct slot *space)
{
    arch_space_flush(roots[space_id(space)], space_id(space));
    roots[space_id(space)] = NULL;
    ids_used--;
}

/* The entry that maps a frame where its capability says, or NULL when that mapping is gone. */
static uint64_t *frame_entry(const struct slot *frame)
{
    uint64_t where = frame->data, *root = roots[mapping_asid(where)];
    unsigned missing;
    uint64_t *entry = root ? arch_walk(root, mapping_vaddr(where), 1, &missing) : NULL;
    bool maps = entry && arch_entry_present(*entry) && arch_entry_phys(*entry) == arch_phys(frame->object);
    return maps ? entry : NULL;
}

static void frame_set_entry(const struct slot *frame, uint64_t *entry, uint64_t value)
{
    unsigned asid = mapping_asid(frame->data);
    *entry = value;
    arch_flush_page(roots[asid], asid, mapping_vaddr(frame->data));
}

void frame_unmap(struct slot *frame)
{
    uint64_t *entry = frame_entry(frame);
    if (entry)
        frame_set_entry(frame, entry, 0);
    frame->data = 0;
}

void table_unmap(struct slot *table)
{
    uint64_t where = table->data, *root = roots[mapping_asid(where)];
    unsigned missing;
    table->data = 0;
    if (where == 0 || !root)
        return;
    uint64_t *entry = arch_walk(root, mapping_vaddr(where), mapping_level(where) + 1, &missing);
    if (!entry || !arch_entry_present(*entry) || arch_entry_phys(*entry) != arch_phys(table->object))
        return;
    *entry = 0;
    arch_space_flush(root, mapping_asid(where));
}

struct map {
    struct slot *memory, *space;
    uint64_t vaddr;
    unsigned rights;
};

/* rights: READ, and not WRITE with EXECUTE (W^X); what the capability lacks cannot be asked for. */
static long decide_rights(const struct map *m)
{
    if ((m->rights & ~(unsigned)(RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE)) || !(m->rights & RIGHT_READ) ||
        (m->rights & RIGHT_WRITE && m->rights & RIGHT_EXECUTE))
        return ERR_BAD_ARGUMENT;
    if (m->rights & ~slot_rights(m->memory))
        return ERR_NO_RIGHT;
    return 0;
}

static long map_frame(const struct map *m)
{
    unsigned missing;
    long error = decide_rights(m);
    if (error)
        return error;
    if (m->vaddr & 4095)
        return ERR_MISALIGNED;
    uint64_t *entry = arch_walk((uint64_t *)(uintptr_t)m->space->object, m->vaddr, 1, &missing);
    if (!entry)
        return ERR_NO_TABLE;
    if (arch_entry_present(*entry))
        return ERR_OCCUPIED;
    /* ==== commit */
    *entry = arch_page_entry(arch_phys(m->memory->object), m->rights);
    m->memory->data = mapping_data(space_id(m->space), m->vaddr, 0);
    trace(TRACE_MAP, m->vaddr, m->memory->object);
    return 0;
}

/* A table goes where the highest one is missing on the way to vaddr. */
static long map_table(const struct map *m)
{
    unsigned level = 0, above;
    uint64_t *root = (uint64_t *)(uintptr_t)m->space->object;
    if (arch_walk(root, m->vaddr, 1, &level))
        return ERR_OCCUPIED;
    uint64_t *entry = arch_walk(root, m->vaddr, level, &above);
    assert(entry && !arch_entry_present(*entry));
    /* ==== commit */
    *entry = arch_table_entry(arch_phys(m->memory->object));
    m->memory->data = mapping_data(space_id(m->space), m->vaddr & ~4095ull, level - 1);
    trace(TRACE_MAP, m->vaddr, m->memory->object);
    return 0;
}

/* rdi frame or page table, rsi address space, rdx virtual address, r8 rights. Errors: BAD_ARGUMENT for an
   address at or above USER_TOP, IN_USE when the capability is mapped already, OCCUPIED when the address is. */
long memory_map(struct tcb *caller)
{
    long error;
    struct map m = {
        .memory = cap_lookup(caller, caller->rdi), .vaddr = caller->rdx, .rights = (unsigned)caller->r8};
    if (!m.memory || slot_empty(m.memory))
        return ERR_BAD_CAP;
    if (slot_type(m.memory) != TYPE_FRAME && slot_type(m.memory) != TYPE_PAGE_TABLE)
        return ERR_WRONG_TYPE;
    m.space = cap_lookup_type(caller, caller->rsi, TYPE_ADDRESS_SPACE, &error);
    if (!m.space)
        return error;
    if (m.vaddr >= USER_TOP || caller->r8 > RIGHT_ALL)
        return ERR_BAD_ARGUMENT;
    if (m.memory->data != 0)
        return ERR_IN_USE;
    return slot_type(m.memory) == TYPE_FRAME ? map_frame(&m) : map_table(&m);
}

/* rdi frame. */
long memory_unmap(struct tcb *caller)
{
    long error;
    struct slot *frame = cap_lookup_type(caller, caller->rdi, TYPE_FRAME, &error);
    if (!frame)
        return error;
    if (frame->data == 0)
        return ERR_NOT_MAPPED;
    /* ==== commit */
    frame_unmap(frame);
    return 0;
}

/* rdi frame, rsi rights. Errors: as memory_map; NOT_MAPPED also when its mapping went with a page table or space. */
long memory_protect(struct tcb *caller)
{
    long error;
    struct map m = {.rights = (unsigned)caller->rsi};
    m.memory = cap_lookup_type(caller, caller->rdi, TYPE_FRAME, &error);
    if (!m.memory)
        return error;
    if (caller->rsi > RIGHT_ALL)
        return ERR_BAD_ARGUMENT;
    error = decide_rights(&m);
    if (error)
        return error;
    uint64_t *entry = frame_entry(m.memory);
    if (!entry)
        return ERR_NOT_MAPPED;
    /* ==== commit */
    frame_set_entry(m.memory, entry, arch_page_entry(arch_phys(m.memory->object), m.rights));
    return 0;
}
