/* The list that holds the derivation tree. */
#include "derive.h"

#include "irq.h"
#include "tcb.h"

struct slot cap_list __attribute__((aligned(32)));

void derive_insert(struct slot *from, struct slot *s, unsigned flags)
{
    struct slot *after = slot_next(from);
    s->prev |= (uintptr_t)from & SLOT_LINK; /* slot_fill left the links 0 */
    s->next |= (from->next & (SLOT_LINK | SLOT_DEVICE)) | flags;
    slot_set_next(from, s);
    if (after)
        slot_set_prev(after, s);
}

bool slot_copyable(const struct slot *s)
{
    unsigned type = slot_type(s);
    return type != TYPE_NULL && type != TYPE_UNTYPED && type != TYPE_PAGE_TABLE && type != TYPE_REPLY &&
           !slot_dying(s);
}

void derive_copy(struct slot *to, struct slot *from, unsigned rights)
{
    unsigned type = slot_type(from);
    bool mapping = type == TYPE_FRAME || type == TYPE_PAGE_TABLE;
    uint64_t data = mapping ? mapping_none(from->data) : from->data;
    slot_fill(to, type, rights, from->object, data);
    derive_insert(from, to, 0);
}

void derive_move(struct slot *to, struct slot *from)
{
    struct slot *before = slot_prev(from), *after = slot_next(from);
    uint64_t place = to->next & SLOT_PLACE;
    *to = *from;
    to->next = (to->next & ~(uint64_t)SLOT_PLACE) | place;
    if (before)
        slot_set_next(before, to);
    if (after)
        slot_set_prev(after, to);
    *from = (struct slot){.next = from->next & SLOT_PLACE};
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

static bool same_object(const struct slot *a, const struct slot *b)
{
    return slot_type(a) == slot_type(b) && a->object == b->object;
}

bool slot_is_parent(const struct slot *parent, const struct slot *child)
{
    if (!(slot_flags(parent) & SLOT_REVOCABLE))
        return false;
    if (slot_type(parent) == TYPE_UNTYPED)
        return child->object - parent->object < 1ull << untyped_bits(parent); /* objects straddle no untyped */
    if (!same_object(parent, child))
        return irq_is_parent(parent, child);
    if ((slot_type(parent) != TYPE_ENDPOINT && slot_type(parent) != TYPE_NOTIFICATION) || parent->data == 0)
        return true;
    return parent->data == child->data && !(slot_flags(child) & SLOT_FIRST_BADGED);
}

bool slot_has_children(const struct slot *s)
{
    const struct slot *next = slot_next(s);
    return next && slot_is_parent(s, next);
}

bool slot_first(const struct slot *s)
{
    const struct slot *before = slot_prev(s);
    return !(before && same_object(before, s));
}

/* All capabilities to one object stand together on the list. */
bool slot_last(const struct slot *s)
{
    const struct slot *before = slot_prev(s), *after = slot_next(s);
    return !(before && same_object(before, s)) && !(after && same_object(after, s));
}

void derive_remove(struct slot *s)
{
    struct slot *before = slot_prev(s), *after = slot_next(s);
    if (before)
        slot_set_next(before, after);
    if (after)
        slot_set_prev(after, before);
    if (after && slot_flags(s) & SLOT_FIRST_BADGED && same_object(s, after) && s->data == after->data)
        slot_set_flags(after, slot_flags(after) | SLOT_FIRST_BADGED);
    *s = (struct slot){.next = s->next & SLOT_PLACE};
}
