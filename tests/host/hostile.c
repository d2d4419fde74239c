#include "hostile.h"

#include "arch/arch.h"
#include "cap/words.h"
#include "object/derive.h"
#include "thread/sched.h"

struct tcb *thread[THREADS];
struct endpoint *endpoint[ENDPOINTS];

void hostile_reset(void)
{
    world_reset();
    world_object(SLOT_UNTYPED, TYPE_UNTYPED, MEMORY_BITS);
    for (unsigned i = 0; i < ENDPOINTS; i++) {
        endpoint[i] = world_object(FIRST_EP + i, TYPE_ENDPOINT, 0);
        world_object(FIRST_SPACE + i, TYPE_ADDRESS_SPACE, 0);
    }
    world_object(SMALL_CNODE, TYPE_CNODE, 2);
    for (unsigned i = 0; i < THREADS; i++) {
        thread[i] = world_thread(FIRST_TCB + i, 10 + i / 2);
        derive_copy(&thread[i]->slots[TCB_SPACE], &world[FIRST_SPACE], 0);
        tcb_slots_changed(thread[i]);
        sched_wake(thread[i]);
    }
    for (unsigned i = 0; i < 10; i++)
        world_object(TABLES + i, TYPE_PAGE_TABLE, 0);
    for (unsigned i = 0; i < 4; i++)
        world_object(FRAMES + i, TYPE_FRAME, 12);
}

long hostile_map(unsigned slot, uint64_t vaddr, unsigned rights)
{
    return sys(SYS_MEMORY_MAP, at(slot), at(FIRST_SPACE), vaddr, rights, 0, 0);
}

/* Is there a capability of this type to it in any CNode to which the shared one leads? */
static bool held(unsigned type, uint64_t object)
{
    const struct slot shared = {.object = (uintptr_t)world, .data = cnode_data(WORLD_RADIX, 0, 0)};
    const struct slot *cnode[WORLD_SLOTS] = {&shared};
    for (unsigned count = 1, i = 0; i < count; i++) {
        for (unsigned k = 0; k < 1u << cnode_radix(cnode[i]); k++) {
            const struct slot *s = &cnode_slots(cnode[i])[k];
            bool known = slot_type(s) != TYPE_CNODE || count == WORLD_SLOTS;
            for (unsigned n = 0; n < count && !known; n++)
                known = cnode[n]->object == s->object;
            if (!known)
                cnode[count++] = s;
            if (slot_type(s) == type && s->object == object)
                return true;
        }
    }
    return false;
}

/* Does the CPU, walking from this table, ever take memory of a frame for a table? Level 1 tables hold frames.
 */
static void check_tables(const uint64_t *table, unsigned level)
{
    for (unsigned i = 0; i < (level == 4 ? 256 : 512); i++) {
        if (!(table[i] & 1))
            continue;
        uint64_t object = arch_entry_phys(table[i]);
        bool frame = held(TYPE_FRAME, object), page_table = held(TYPE_PAGE_TABLE, object);
        CHECK(level == 1 ? frame : page_table);
        if (level > 1 && page_table)
            check_tables((const uint64_t *)(uintptr_t)object, level - 1);
    }
}

void hostile_check_tables(void)
{
    for (unsigned i = 0; i < 2; i++) {
        if (slot_type(&world[FIRST_SPACE + i]) == TYPE_ADDRESS_SPACE)
            check_tables((const uint64_t *)(uintptr_t)world[FIRST_SPACE + i].object, 4);
    }
}
