/* Frames in consecutive slots of a CNode, many in one entry: the tables are walked once each, and the TLB is told once. Each
   page is decided and done by itself. What is done is counted in the caller's registers, from which the next entry goes
   on; so they say, too, where an error stopped it. */
#include "abi/handlers.h"
#include "arch/arch.h"
#include "object/cnode.h"
#include "object/delete.h" /* restart() */
#include "object/frame.h"
#include "object/space.h"
#include "thread/tcb.h"

enum { PAGES_PER_ENTRY = 64 };

/* rdi CNode, rsi first index, r10 count. */
static struct slot *lookup(const struct tcb *caller, long *error)
{
    return cnode_range(caller, caller->rdi, caller->rsi, caller->r10, error);
}

static uint64_t this_time(const struct tcb *caller)
{
    return caller->r10 < PAGES_PER_ENTRY ? caller->r10 : PAGES_PER_ENTRY;
}

static long done(struct tcb *caller, uint64_t pages, long error)
{
    caller->rsi += pages;
    caller->r10 -= pages;
    if (error)
        return error;
    return caller->r10 ? restart() : 0;
}

/* rdi CNode, rsi first index, rdx address space, r8 virtual address of the first, r9 attributes, r10 count. */
long sys_memory_map_many(struct tcb *caller)
{
    long error;
    struct slot *first = lookup(caller, &error), *frame = first;
    if (!first)
        return error;
    struct place p = {.vaddr = caller->r8, .attributes = caller->r9, .flags = arch_page_flags(caller->r9)};
    p.space = cap_lookup_type(caller, caller->rdx, TYPE_ADDRESS_SPACE, &error);
    if (!p.space)
        return error;
    if (!p.flags)
        return ERR_BAD_ARGUMENT;
    const struct slot *end = first + this_time(caller);
    do {
        error = frame_slot_allows(frame, p.attributes);
        if (!error)
            error = frame_map(&p, frame);
    } while (!error && ++frame != end);
    caller->r8 = p.vaddr;
    return done(caller, (uint64_t)(frame - first), error);
}

/* What was changed last: the page's data word, and its entry if that is in a table of 4 KiB pages, or NULL. `stale`: the number of
   the space that the TLB must forget, or 0. */
struct change {
    uint64_t attributes, flags, last, *entry;
    unsigned stale;
};

static void forget(struct change *c, unsigned next)
{
    if (c->stale && c->stale != next)
        arch_space_flush(space_roots[c->stale], c->stale);
    c->stale = next;
}

/* NULL when the frame is not mapped, or its mapping is gone. */
static inline __attribute__((always_inline)) uint64_t *entry_of(struct change *c, const struct slot *frame)
{
    uint64_t *entry;
    if (c->entry && frame->data == c->last + 4096 && entry_has_next(c->entry)) {
        entry = entry_maps(c->entry[1], frame) ? c->entry + 1 : NULL;
        c->entry = entry;
    } else {
        entry = mapped_entry(frame);
        c->entry = mapping_level(frame->data) == 0 ? entry : NULL;
        if (entry)
            forget(c, mapping_asid(frame->data));
    }
    c->last = frame->data;
    return entry;
}

static inline __attribute__((always_inline)) long unmap_next(struct change *c, struct slot *s)
{
    if (slot_type(s) != TYPE_FRAME)
        return frame_refuses(s);
    uint64_t *entry = entry_of(c, s);
    if (!entry && !frame_mapped(s))
        return ERR_NOT_MAPPED;
    /* ==== commit */
    if (entry)
        *entry = 0;
    s->data = mapping_none(s->data);
    return 0;
}

static inline __attribute__((always_inline)) long protect_next(struct change *c, struct slot *s)
{
    long error = frame_slot_allows(s, c->attributes);
    if (error)
        return error;
    uint64_t *entry = entry_of(c, s);
    if (!entry)
        return ERR_NOT_MAPPED;
    /* ==== commit */
    *entry = frame_entry(s, c->flags);
    return 0;
}

static inline __attribute__((always_inline)) long change_many(struct tcb *caller, struct change c,
                                                              long (*next)(struct change *c, struct slot *s))
{
    long error;
    struct slot *first = lookup(caller, &error), *frame = first;
    if (!first)
        return error;
    if (!c.flags)
        return ERR_BAD_ARGUMENT;
    const struct slot *end = first + this_time(caller);
    do {
        error = next(&c, frame);
    } while (!error && ++frame != end);
    forget(&c, 0);
    return done(caller, (uint64_t)(frame - first), error);
}

/* rdi CNode, rsi first index, r10 count. */
long sys_memory_unmap_many(struct tcb *caller)
{
    return change_many(caller, (struct change){.flags = PTE_PRESENT}, unmap_next);
}

/* rdi CNode, rsi first index, r9 attributes, r10 count. */
long sys_memory_protect_many(struct tcb *caller)
{
    return change_many(caller, (struct change){.attributes = caller->r9, .flags = arch_page_flags(caller->r9)},
                       protect_next);
}
