/* A capability slot: 32 bytes, and all code that knows where its bits are.

   object  the object: a kernel address; for endpoints a tagged reference (tcb.h)
   data    by type: words.h
   prev    bits 0-47: the slot before it in the derivation list; byte 6: type; byte 7: rights
   next    bits 5-63: the slot after it; bits 0-4: flags

   The derivation list is the derivation tree in preorder: what was derived from a slot follows it. Which
   is whose parent is decided by slot_is_parent() from the slots themselves (derive.c), so no depth is
   stored and deleting a slot in the middle moves nothing. */
#ifndef BATON_SLOT_H
#define BATON_SLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "abi/abi.h"

struct slot {
    uint64_t object;
    uint64_t data;
    uint64_t prev;
    uint64_t next;
};

enum {
    SLOT_REVOCABLE = 1,       /* an original: what is derived from it goes when it is revoked */
    SLOT_FIRST_BADGED = 2,    /* the first with this badge: it is not of the line before it */
    SLOT_IN_TCB = 4,          /* lies inside a TCB, which caches what it holds */
    SLOT_DEVICE = 8,          /* device memory: never becomes a kernel object, never cleared */
    SLOT_BADGED = 16,         /* an endpoint or notification with a badge: no other can be given */
    SLOT_PLACE = SLOT_IN_TCB, /* of the slot itself, not of what it holds */
    SLOT_FLAGS = 0x1f,
    SLOT_TYPE_SHIFT = 48,
    SLOT_RIGHTS_SHIFT = 56,
};

/* What a copy has, too; what a capability has that was just given its badge. */
#define SLOT_INHERITED (SLOT_DEVICE | SLOT_BADGED)
#define SLOT_NEW_BADGE (SLOT_REVOCABLE | SLOT_FIRST_BADGED | SLOT_BADGED)

enum { UNBADGED_BITS = 1 }; /* what a signal by a capability without a badge sets */

#define SLOT_LINK 0x0000ffffffffffe0ull /* the part of a link that is kept where other bits stand above it */
#define SLOT_NEXT (~(uint64_t)SLOT_FLAGS)

_Static_assert(sizeof(struct slot) == 32, "capability addresses are slot indices times 32 (SLOT_BITS)");

static inline unsigned slot_type(const struct slot *s)
{
    return (unsigned)(s->prev >> SLOT_TYPE_SHIFT) & 0xff;
}

static inline unsigned slot_rights(const struct slot *s)
{
    return (unsigned)(s->prev >> SLOT_RIGHTS_SHIFT);
}

/* Types from here on are internal: the type of an object with this bit is one that is being taken apart
   (delete.c). No operation works on such a capability. */
enum { TYPE_DYING = 0x80 };

static inline bool slot_dying(const struct slot *s)
{
    return slot_type(s) & TYPE_DYING;
}

/* The type of its object, whether that is being taken apart or not. */
static inline unsigned slot_object_type(const struct slot *s)
{
    return slot_type(s) & ~(unsigned)TYPE_DYING;
}

static inline bool slot_empty(const struct slot *s)
{
    return slot_type(s) == TYPE_NULL;
}

/* Does it hold a capability that operations work on, neither nothing nor a dying one? TYPE_DYING is the sign.
 */
static inline bool slot_usable(const struct slot *s)
{
    return (int8_t)slot_type(s) > TYPE_NULL;
}

/* The slot whose SLOT_LINK bits are the low ones of the word: addresses are canonical. */
static inline struct slot *slot_link(uint64_t word)
{
    return (struct slot *)(uintptr_t)((int64_t)(word << 16) >> 16);
}

static inline struct slot *slot_prev(const struct slot *s)
{
    return slot_link(s->prev);
}

static inline struct slot *slot_next(const struct slot *s)
{
    return (struct slot *)(uintptr_t)(s->next & SLOT_NEXT);
}

static inline unsigned slot_flags(const struct slot *s)
{
    return (unsigned)s->next & SLOT_FLAGS;
}

static inline void slot_set_prev(struct slot *s, const struct slot *to)
{
    s->prev = (s->prev & ~SLOT_LINK) | ((uintptr_t)to & SLOT_LINK);
}

static inline void slot_set_next(struct slot *s, const struct slot *to)
{
    s->next = (s->next & SLOT_FLAGS) | (uintptr_t)to;
}

/* A link to `from`, in a word of another slot, leads to `to` from now on; its other bits stay. */
static inline void slot_redirect(uint64_t *word, const struct slot *from, const struct slot *to)
{
    *word ^= (uintptr_t)from ^ (uintptr_t)to; /* all slots have the same 16 upper bits of their address */
}

static inline void slot_set_flags(struct slot *s, unsigned flags)
{
    s->next = (s->next & SLOT_NEXT) | flags;
}

/* Type and rights, where they stand in `prev`. */
static inline uint64_t slot_kind(unsigned type, unsigned rights)
{
    return (uint64_t)type << SLOT_TYPE_SHIFT | (uint64_t)rights << SLOT_RIGHTS_SHIFT;
}

/* Fills an empty slot; it is on no list yet. */
static inline void slot_fill(struct slot *s, unsigned type, unsigned rights, uint64_t object, uint64_t data)
{
    s->object = object;
    s->data = data;
    s->prev = slot_kind(type, rights);
    s->next &= SLOT_PLACE;
}

#endif
