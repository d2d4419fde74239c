/* The list that holds the derivation tree. */
#include "object/derive.h"

#include "object/irq.h"
#include "thread/tcb.h"

struct slot cap_list __attribute__((aligned(32)));

void derive_move(struct slot *to, struct slot *from)
{
    struct slot *before = slot_prev(from), *after = slot_next(from);
    uint64_t place = to->next & SLOT_PLACE;
    entry_makes();
    *to = (struct slot){from->object, from->data, from->prev, (from->next & ~(uint64_t)SLOT_PLACE) | place};
    *from = (struct slot){.next = from->next & SLOT_PLACE};
    if (before)
        slot_redirect(&before->next, from, to);
    if (after)
        slot_redirect(&after->prev, from, to);
    if (slot_type(to) == TYPE_REPLY)
        tcb_of(to->object)->wait = (uintptr_t)to | REF_SLOT;
}

void derive_swap(struct slot *a, struct slot *b)
{
    _Alignas(32) struct slot held = {0}; /* on the list for a moment, so aligned as a slot must be */
    derive_move(&held, a);
    derive_move(a, b);
    derive_move(b, &held);
}

/* Is the child of that badge's line? A data word alone does not say whether there is a badge: a notification
   without one has the bits in it that a signal sets, and a badge may have the same. pre: same object, the
   parent has a badge */
bool slot_same_line(const struct slot *parent, const struct slot *child)
{
    return parent->data == child->data &&
           (slot_flags(child) & (SLOT_BADGED | SLOT_FIRST_BADGED)) == SLOT_BADGED;
}
