#include "object/space.h"

#include "arch/arch.h"
#include "cap/words.h"
#include "debug/debug.h"
#include "debug/trace.h"
#include "object/cnode.h"
#include "thread/tcb.h"

uint64_t *space_roots[SPACE_IDS];
/* By number; for one that no space has, a value that no mapping has, with the next free number in the low bits. */
enum { GENERATION_FREE = GENERATIONS };
uint16_t space_generations[SPACE_IDS] = {GENERATION_FREE};
static unsigned ids_used = 1;
static unsigned id_last;

unsigned space_ids_free(void)
{
    return SPACE_IDS - ids_used;
}

uint64_t space_create(uint64_t *root)
{
    assert(space_ids_free() > 0);
    do {
        id_last = id_last % (SPACE_IDS - 1) + 1;
    } while (space_roots[id_last]);
    space_roots[id_last] = root;
    ids_used++;
    arch_space_init(root, id_last);
    space_generations[id_last] %= GENERATIONS;
    return id_last | (uint64_t)space_generations[id_last] << GENERATION_SHIFT;
}

void space_release(const struct slot *space)
{
    unsigned id = mapping_asid(space->data);
    arch_space_flush(space_roots[id], id);
    space_roots[id] = NULL;
    space_generations[id] = (uint16_t)((space_generations[id] + 1) % GENERATIONS | GENERATION_FREE);
    ids_used--;
}

void table_unmap(struct slot *table)
{
    uint64_t *entry = mapped_entry(table);
    unsigned asid = mapping_asid(table->data);
    table->data = 0;
    if (!entry)
        return;
    *entry = 0;
    arch_space_flush(space_roots[asid], asid);
}

/* A table goes where the highest one is missing on the way to the address. */
long table_map(const struct tcb *caller, struct slot *table)
{
    long error;
    uint64_t vaddr = caller->rdx;
    const struct slot *space = cap_lookup_type(caller, caller->rsi, TYPE_ADDRESS_SPACE, &error);
    if (!space)
        return error;
    if (mapping_asid(table->data))
        return ERR_IN_USE;
    if (vaddr >= USER_TOP)
        return ERR_BAD_ARGUMENT;
    struct walk w = arch_walk((uint64_t *)(uintptr_t)space->object, vaddr, 2);
    if (arch_entry_present(*w.entry))
        return ERR_OCCUPIED; /* none is missing, or a large page is there */
    /* ==== commit */
    *w.entry = arch_table_entry(arch_phys(table->object));
    table->data = mapping_data(space->data, vaddr & ~4095ull, w.level - 1);
    trace(TRACE_MAP, vaddr, table->object);
    return 0;
}

/* A table may be mapped at another level next time, where its entries would be read as tables, so all of them
   go; the frames and tables below do not learn of it, as when it is deleted. */
long table_take(struct slot *table)
{
    if (!mapping_asid(table->data))
        return ERR_NOT_MAPPED;
    /* ==== commit */
    table_unmap(table);
    arch_clear((void *)(uintptr_t)table->object, 1u << TYPE_BITS_PAGE_TABLE);
    return 0;
}
