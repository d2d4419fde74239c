/* The derivation tree of capabilities. */
#ifndef BATON_DERIVE_H
#define BATON_DERIVE_H

#include "cap/slot.h"
#include "cap/words.h"
#include "debug/checking.h"
#include "debug/debug.h"

/* Head of the list that holds all capabilities but saved replies; itself an empty slot. */
extern struct slot cap_list;

/* Fills an empty slot, and puts it on the derivation list right after the one that it comes from. Inline, and each
   word read and written once: every new capability comes through here. The flags say if its place is in a TCB.
 */
static inline void derive_fill(struct slot *from, struct slot *s, uint64_t kind, uint64_t object, uint64_t data,
                               unsigned flags)
{
    uint64_t next = from->next;
    struct slot *after = slot_next(from);
    entry_makes();
    s->object = object;
    s->data = data;
    s->prev = kind | ((uintptr_t)from & SLOT_LINK);
    s->next = (next & (SLOT_NEXT | SLOT_INHERITED)) | flags;
    from->next = (next & SLOT_FLAGS) | (uintptr_t)s;
    if (after)
        slot_redirect(&after->prev, from, s);
}

/* May there be a second capability like this one? An untyped's watermark lives in its one capability. A page table
   is mapped by one capability at one place, once: a second one could put it at another level, where its entries
   would be tables themselves. A reply is good for one answer. */
static inline bool slot_copyable(const struct slot *s)
{
    unsigned type = slot_type(s);
    return slot_usable(s) && type != TYPE_UNTYPED && type != TYPE_PAGE_TABLE && type != TYPE_REPLY;
}

/* pre: slot_copyable(from), `to` is empty, rights are a subset of those of `from`. The copy is not mapped. */
static inline void derive_copy(struct slot *to, struct slot *from, unsigned rights)
{
    unsigned type = slot_type(from);
    assert(!CHECKING || slot_empty(to)); /* what is being taken apart is not */
    uint64_t data = type == TYPE_FRAME ? mapping_none(from->data) : from->data;
    derive_fill(from, to, slot_kind(type, rights), from->object, data, slot_flags(to) & SLOT_PLACE);
}
/* pre: `to` is empty. `from` is empty afterwards; what was derived from it is derived from `to`. */
void derive_move(struct slot *to, struct slot *from);
/* Exchanges what two slots hold; either may be empty. */
void derive_swap(struct slot *a, struct slot *b);
static inline bool slot_same_object(const struct slot *a, const struct slot *b)
{
    return slot_type(a) == slot_type(b) && a->object == b->object;
}

/* The part of slot_is_parent() for an untyped: does it hold that object? No object straddles an untyped's end. */
static inline bool untyped_holds(const struct slot *untyped, const struct slot *s)
{
    return s->object - untyped->object < 1ull << untyped_bits(untyped);
}

/* The part for a parent with a badge. */
bool slot_same_line(const struct slot *parent, const struct slot *child);

/* Was `child` derived from `parent`? pre: child follows parent on the list, with only children between. */
static inline bool slot_is_parent(const struct slot *parent, const struct slot *child)
{
    if (!(slot_flags(parent) & SLOT_REVOCABLE))
        return false;
    if (slot_type(parent) == TYPE_UNTYPED)
        return untyped_holds(parent, child);
    if (!slot_same_object(parent, child)) /* a dying handler, too: others may stand behind it */
        return slot_type(parent) == TYPE_IRQ_CONTROL && slot_object_type(child) == TYPE_IRQ_HANDLER;
    return !(slot_flags(parent) & SLOT_BADGED) || slot_same_line(parent, child);
}

/* Has anything been derived from this capability that still exists? */
static inline bool slot_has_children(const struct slot *s)
{
    const struct slot *next = slot_next(s);
    slot_lives(s);
    return next && slot_is_parent(s, next);
}

/* The same for an untyped, which is always an original. */
static inline bool untyped_has_children(const struct slot *s)
{
    const struct slot *next = slot_next(s);
    return next && untyped_holds(s, next);
}

/* Is this the only capability to its object? All of those stand together on the list. */
static inline bool slot_last(const struct slot *s)
{
    const struct slot *before = slot_prev(s), *after = slot_next(s);
    return !(before && slot_same_object(before, s)) && !(after && slot_same_object(after, s));
}

/* Takes a slot off the list, if it is on it, and empties it. What it stood for is the caller's business (delete.h). */
static inline void derive_remove(struct slot *s)
{
    struct slot *before = slot_prev(s), *after = slot_next(s);
    if (before)
        slot_redirect(&before->next, s, after);
    if (after)
        slot_redirect(&after->prev, s, before);
    /* A slot without a badge may get this flag, too, from one whose badge is the word of none: it means nothing there. */
    if (after && slot_flags(s) & SLOT_FIRST_BADGED && slot_same_object(s, after) && s->data == after->data)
        slot_set_flags(after, slot_flags(after) | SLOT_FIRST_BADGED);
    *s = (struct slot){.next = s->next & SLOT_PLACE};
}

#endif
