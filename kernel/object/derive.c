/* Derivation: the list that holds the tree, and deletion. */
#include "derive.h"

#include "arch.h"
#include "cnode.h"
#include "debug.h"
#include "endpoint.h"
#include "space.h"
#include "tcb.h"

void derive_insert(struct slot *from, struct slot *s, unsigned flags)
{
    struct slot *after = slot_next(from);
    slot_set_flags(s, slot_flags(s) | flags);
    slot_set_prev(s, from);
    slot_set_next(s, after);
    slot_set_next(from, s);
    if (after)
        slot_set_prev(after, s);
}

void derive_copy(struct slot *to, struct slot *from, unsigned rights)
{
    unsigned type = slot_type(from);
    uint64_t data = type == TYPE_FRAME || type == TYPE_PAGE_TABLE ? 0 : from->data;
    slot_fill(to, type, rights, from->object, data);
    derive_insert(from, to, 0);
}

void derive_move(struct slot *to, struct slot *from)
{
    struct slot *before = slot_prev(from), *after = slot_next(from);
    *to = *from;
    if (before)
        slot_set_next(before, to);
    if (after)
        slot_set_prev(after, to);
    *from = (struct slot){0};
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
        return false;
    if (slot_type(parent) != TYPE_ENDPOINT || parent->data == 0)
        return true;
    return parent->data == child->data && !(slot_flags(child) & SLOT_FIRST_BADGED);
}

bool slot_has_children(const struct slot *s)
{
    const struct slot *next = slot_next(s);
    return next && slot_is_parent(s, next);
}

/* All capabilities to one object stand together on the list. */
static bool last_of_object(const struct slot *s)
{
    const struct slot *before = slot_prev(s), *after = slot_next(s);
    return !(before && same_object(before, s)) && !(after && same_object(after, s));
}

/* What must end when this capability goes, and what when it was the last one to its object. */
static void finalise(struct slot *s, bool last)
{
    switch (slot_type(s)) {
    case TYPE_FRAME: frame_unmap(s); break;
    case TYPE_PAGE_TABLE: table_unmap(s); break;
    case TYPE_ADDRESS_SPACE:
        if (last)
            space_release(s);
        break;
    case TYPE_ENDPOINT:
        if (last)
            endpoint_cancel_all(endpoint_of(s->object));
        break;
    default: break;
    }
}

static void unlink_slot(struct slot *s)
{
    struct slot *before = slot_prev(s), *after = slot_next(s);
    if (before)
        slot_set_next(before, after);
    if (after)
        slot_set_prev(after, before);
    if (after && slot_flags(s) & SLOT_FIRST_BADGED && same_object(s, after) && s->data == after->data)
        slot_set_flags(after, slot_flags(after) | SLOT_FIRST_BADGED);
}

bool slot_deletable(const struct slot *s)
{
    unsigned type = slot_type(s);
    return !((type == TYPE_CNODE || type == TYPE_TCB) && last_of_object(s));
}

void slot_delete(struct slot *s)
{
    struct slot was = *s;
    bool last;
    if (slot_empty(s))
        return;
    last = last_of_object(s);
    unlink_slot(s);
    *s = (struct slot){0};
    finalise(&was, last);
}
