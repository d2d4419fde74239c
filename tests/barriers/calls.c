/* States in which a system call by the C path does not just come back. */
#include "calls.h"

#include <string.h>
#include "boot.h"
#include "cap/words.h"
#include "image.h"
#include "object/derive.h"
#include "states.h"

enum { OTHER = INDEX + 1, FREE = INDEX + 2, BEYOND = 0x1000, MEMORY = 0x100000 };

static struct slot *slot(unsigned i)
{
    return &arena->root[0][i];
}

/* The first slot that a call names is its CNode, in which rsi is the index. */
static void in_cnode(struct start *start, unsigned index)
{
    slot_fill(slot(INDEX), TYPE_CNODE, 0, (uintptr_t)arena->root[0], cnode_data(ROOT_RADIX, 0, 0));
    start->registers.general[RSI] = index;
}

/* One slot after the other, as if made from the one before it; nothing else is on the list. */
static void link_two(struct slot *first, struct slot *second)
{
    *kernel.cap_list = (struct slot){.next = (uintptr_t)first};
    slot_set_prev(first, (const struct slot *)kernel.cap_list_address);
    slot_set_next(first, second);
    slot_set_prev(second, first);
    slot_set_next(second, NULL);
}

void traced(struct start *start)
{
    start->entry = image_symbol("syscall_entry_traced");
}

void is_unknown(struct start *start)
{
    start->faults = true;
}

void cancels_urgent(struct start *start)
{
    const unsigned all = RIGHT_SEND | RIGHT_RECV | RIGHT_GRANT;
    struct endpoint *ep = &arena->endpoint[0];
    struct tcb *t = thread(PARTNER);
    in_cnode(start, OTHER);
    t->priority = t->ceiling = BENCH_PRIORITY + 1;
    t->send_badge = BEYOND;
    thread(SELF)->resume = RESUME_IRET; /* as an interrupt has left it */
    state_finish();
    slot_fill(slot(OTHER), TYPE_ENDPOINT, all, ref_endpoint(ep), t->send_badge);
}

/* An untyped that starts again, while something is dying: an empty CNode. */
void restarts(struct start *start)
{
    uint64_t *g = start->registers.general;
    start->again = true;
    in_cnode(start, OTHER);
    g[RDI] = OTHER << SLOT_BITS, g[RSI] = TYPE_ENDPOINT;
    g[R8] = INDEX << SLOT_BITS, g[R9] = FREE, g[R10] = 1;
    slot_fill(slot(OTHER), TYPE_UNTYPED, 0, MEMORY, untyped_data(16, 4096, 0));
    slot_fill(&arena->inner[0], TYPE_CNODE | TYPE_DYING, 0, (uintptr_t)arena->root[1] | 1, 0);
    link_two(&arena->inner[0], slot(OTHER));
    *(uint64_t *)image_at(image_variable("top")) = (uintptr_t)&arena->inner[0];
}

/* The caller's address space is revoked, and with it what the caller holds of it. */
void revokes_own_space(struct start *start)
{
    struct tcb *t = thread(SELF);
    struct slot *held = &t->slots[TCB_SPACE];
    in_cnode(start, OTHER);
    slot_fill(slot(OTHER), TYPE_ADDRESS_SPACE, 0, MEMORY, 1);
    slot_fill(held, TYPE_ADDRESS_SPACE, 0, MEMORY, 1);
    slot_set_flags(held, SLOT_IN_TCB);
    link_two(slot(OTHER), held);
    slot_set_flags(slot(OTHER), SLOT_REVOCABLE);
}

bool call_is_quick(const struct start *start)
{
    return start->vector == VECTOR_NONE && start->registers.general[RAX] - QUICK_FIRST < QUICK_CALLS;
}
