/* What a program gets from its maker before it starts. */
#include "baton.h"

enum { PAGE = 4096 };

/* The kernel would refuse an index past the end too; this says which program's table is too small. */
static uint64_t take_slot(struct program *p)
{
    if (p->next_slot >= p->bi->slot_count)
        fail("all %u slots of the new program are full: give it a larger radix", p->bi->slot_count);
    return p->next_slot++;
}

void program_give_at(struct program *p, uint64_t index, uint64_t slot, unsigned rights, uint64_t badge)
{
    cap_t to = cap_at(p->cnode), self = cap_at(CAP_SELF_CNODE);
    must(badge == 0 ? cap_copy(to, index, self, slot, rights) : cap_mint(to, index, self, slot, rights, badge),
         "cannot give a capability to a program");
}

uint64_t program_give(struct program *p, uint64_t slot, unsigned rights, uint64_t badge)
{
    uint64_t index = take_slot(p);
    program_give_at(p, index, slot, rights, badge);
    return index;
}

uint64_t program_move(struct program *p, uint64_t slot)
{
    uint64_t index = take_slot(p);
    must(cap_move(cap_at(p->cnode), index, cap_at(CAP_SELF_CNODE), slot),
         "cannot move a capability to a program");
    return index;
}

bool program_give_untyped(struct program *p, struct bootinfo_untyped untyped)
{
    if (p->bi->untyped_count == BOOTINFO_UNTYPED_MAX)
        return false;
    untyped.slot = (uint32_t)program_move(p, untyped.slot);
    p->bi->untyped[p->bi->untyped_count++] = untyped;
    return true;
}

/* One page: the capability is copied here, mapped in the program and moved to it, because what is mapped must
   be named by an address of ours. */
static uint64_t give_page(struct program *p, uint64_t slot, uint64_t vaddr)
{
    cap_t self = cap_at(CAP_SELF_CNODE);
    uint64_t copy = slot_new();
    must(cap_copy(self, copy, self, slot, RIGHT_ALL), "cannot copy a module's frame");
    must(map_frame(copy, cap_at(p->space), vaddr, RIGHT_READ), "cannot map a module in a program");
    uint64_t index = program_move(p, copy);
    slot_free(copy);
    return index;
}

void program_give_modules(struct program *p, const struct bootinfo *bi)
{
    for (unsigned i = 0; i < bi->module_count; i++) {
        struct bootinfo_module *m = &p->bi->module[i];
        *m = bi->module[i];
        m->first_slot = (uint32_t)p->next_slot;
        for (uint32_t page = 0; page < m->frames; page++)
            give_page(p, bi->module[i].first_slot + page, m->vaddr + (uint64_t)page * PAGE);
    }
    p->bi->module_count = bi->module_count;
}
