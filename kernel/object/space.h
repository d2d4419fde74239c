/* Address spaces and the page tables under them; frame.h: what they map. An address space has a number
   (ASID, which is its PCID where the CPU has those); a mapping remembers the number, never the object, so
   it can outlive the address space without pointing at memory that has become something else. */
#ifndef BATON_SPACE_H
#define BATON_SPACE_H

#include "arch/arch.h"
#include "cap/words.h"

struct tcb;

enum { SPACE_IDS = 4096 }; /* PCIDs are 12 bits (SDM vol. 3, 4.10.1); 0 is the kernel's own */

/* Gives a cleared page the kernel's half and a number: the data word of its capability.
   pre: space_ids_free() > 0 */
uint64_t space_create(uint64_t *root);
unsigned space_ids_free(void);
void space_release(const struct slot *space);

/* By number: the root, and the generation; space.c alone writes them. */
extern uint64_t *space_roots[SPACE_IDS];
extern uint16_t space_generations[SPACE_IDS];

/* Objects do not overlap: an entry with the physical address of a frame or table is its own, so at its level. */
static inline bool entry_maps(uint64_t entry, const struct slot *memory)
{
    return arch_entry_present(entry) && arch_entry_phys(entry) == arch_phys(memory->object);
}

/* The entry that maps it where its capability says, or NULL when that mapping is gone. */
static inline uint64_t *mapped_entry(const struct slot *memory)
{
    uint64_t where = memory->data, *root = space_roots[mapping_asid(where)];
    if (space_generations[mapping_asid(where)] != mapping_generation(where))
        return NULL;
    unsigned level = mapping_level(where) + 1;
    uint64_t *entry = level == 1 ? arch_walk(root, mapping_vaddr(where), 1).entry
                                 : arch_walk(root, mapping_vaddr(where), level).entry;
    return entry_maps(*entry, memory) ? entry : NULL;
}

/* The calls memory_map and memory_unmap for a page table; table_unmap has no effect when the table is not mapped, or its
   address space is gone. */
long table_map(const struct tcb *caller, struct slot *table);
long table_take(struct slot *table);
void table_unmap(struct slot *table);

#endif
