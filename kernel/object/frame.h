/* Frames: memory that address spaces map. `attributes`: RIGHT_... | CACHE_...; `flags`: arch_page_flags() of them. Inline
   what frame.c does for one frame and frame_many.c for many. */
#ifndef BATON_FRAME_H
#define BATON_FRAME_H

#include "arch/arch.h"
#include "cap/words.h"
#include "debug/trace.h"

/* No effect when the frame is not mapped, or its address space is gone. */
void frame_unmap(struct slot *frame);

static inline bool frame_mapped(const struct slot *frame)
{
    return mapping_asid(frame->data) != 0;
}

/* Why a slot is not a frame with those rights. pre: it is not */
static inline long frame_refuses(const struct slot *s)
{
    if (slot_type(s) == TYPE_FRAME)
        return ERR_NO_RIGHT;
    return slot_empty(s) ? ERR_BAD_CAP : ERR_WRONG_TYPE;
}

enum { FRAME_CACHE = CACHE_WRITE_COMBINING | CACHE_WRITE_THROUGH | CACHE_UNCACHED };

/* 0, or why the frame cannot have them. A right that the capability lacks cannot be asked for. RAM is mapped write-back by the
   kernel, and a page with two memory types is undefined (SDM vol. 3, 12.12.4). */
static inline long frame_allows(const struct slot *frame, uint64_t attributes)
{
    if (attributes & FRAME_CACHE && !(slot_flags(frame) & SLOT_DEVICE))
        return ERR_BAD_ARGUMENT;
    return attributes & ~(uint64_t)FRAME_CACHE & ~(uint64_t)slot_rights(frame) ? ERR_NO_RIGHT : 0;
}

/* The same for a slot that may hold anything; type and rights in one comparison, the same for all of a loop. */
static inline long frame_slot_allows(const struct slot *s, uint64_t attributes)
{
    unsigned rights = (unsigned)attributes & ~(unsigned)FRAME_CACHE;
    if ((s->prev & slot_kind(0xff, rights)) != slot_kind(TYPE_FRAME, rights))
        return frame_refuses(s);
    return attributes & FRAME_CACHE && !(slot_flags(s) & SLOT_DEVICE) ? ERR_BAD_ARGUMENT : 0;
}

static inline uint64_t frame_entry(const struct slot *frame, uint64_t flags)
{
    return arch_phys(frame->object) | flags | (mapping_level(frame->data) ? PTE_LARGE : 0);
}

/* Does the table go on behind this entry? */
static inline bool entry_has_next(const uint64_t *entry)
{
    return (uintptr_t)(entry + 1) & 4095;
}

/* Where the next frame goes, and how. `entry`: that of the page before it, if its table goes on; or NULL. */
struct place {
    const struct slot *space;
    uint64_t vaddr, *entry, attributes, flags;
};

static inline __attribute__((always_inline)) long frame_map_at(struct place *p, struct slot *frame,
                                                               unsigned level)
{
    uint64_t size = 1ull << (PAGE_BITS + LEVEL_BITS * (level - 1));
    if (p->vaddr > USER_TOP - size)
        return ERR_BAD_ARGUMENT;
    if (p->vaddr & (size - 1))
        return ERR_MISALIGNED;
    struct walk w;
    if (level == 1 && p->entry)
        w = (struct walk){p->entry + 1, 1};
    else
        w = arch_walk((uint64_t *)(uintptr_t)p->space->object, p->vaddr, level);
    if (arch_entry_present(*w.entry))
        return ERR_OCCUPIED; /* by a page, of whatever size, or for a large one by a table */
    if (w.level != level)
        return ERR_NO_TABLE;
    /* ==== commit */
    *w.entry = frame_entry(frame, p->flags);
    frame->data = mapping_data(p->space->data, p->vaddr, level - 1);
    trace(TRACE_MAP, p->vaddr, frame->object);
    p->vaddr += size;
    p->entry = level == 1 && entry_has_next(w.entry) ? w.entry : NULL;
    return 0;
}

/* Maps a frame there that allows it, and goes on behind it; or an error. pre: p->flags is not 0 */
static inline __attribute__((always_inline)) long frame_map(struct place *p, struct slot *frame)
{
    if (frame->data == 0) /* of 4 KiB, and not mapped */
        return frame_map_at(p, frame, 1);
    return frame_mapped(frame) ? ERR_IN_USE : frame_map_at(p, frame, mapping_level(frame->data) + 1);
}

#endif
