#include "object/cnode.h"

#include "abi/handlers.h"
#include "arch/arch.h"
#include "cap/words.h"
#include "debug/trace.h"
#include "object/derive.h"
#include "object/io_port.h"
#include "thread/tcb.h"

enum { GUARD_BITS_MAX = 16 };

struct slot *cap_lookup(const struct tcb *t, uint64_t address)
{
    uint64_t index = address & t->cspace_mask;
    uint64_t low = t->cspace_mask | ((1u << SLOT_BITS) - 1); /* the address bits that the root uses up */
    struct slot *s = (struct slot *)((uintptr_t)t->cspace + index);
    if (index == address)
        return s;
    if (address & ((1u << SLOT_BITS) - 1))
        return NULL;
    uint64_t path = address >> (64 - __builtin_clzll(low));
    while (path != 0) {
        if (slot_type(s) != TYPE_CNODE)
            return NULL;
        unsigned radix = cnode_radix(s), guard_bits = cnode_guard_bits(s);
        if ((path & ((1ull << guard_bits) - 1)) != cnode_guard_value(s))
            return NULL;
        path >>= guard_bits;
        s = &cnode_slots(s)[path & ((1ull << radix) - 1)];
        path >>= radix;
    }
    return s;
}

struct slot *cap_lookup_any_type(const struct tcb *t, uint64_t address, unsigned type, long *error)
{
    struct slot *s = cap_lookup(t, address);
    if (!s || slot_empty(s)) {
        *error = ERR_BAD_CAP;
        return NULL;
    }
    if (slot_type(s) != type) {
        *error = ERR_WRONG_TYPE;
        return NULL;
    }
    return s;
}

/* Source and destination of an operation that makes one slot from another: rdi, rsi destination CNode and
   index; rdx, r8 source. */
struct slot_pair {
    struct slot *to, *from;
};

static inline __attribute__((always_inline)) long decide_pair(const struct tcb *caller, struct slot_pair *p)
{
    long error = ERR_BAD_CAP;
    p->to = cnode_slot(caller, caller->rdi, caller->rsi, &error);
    if (!p->to)
        return error;
    p->from = cnode_slot(caller, caller->rdx, caller->r8, &error);
    if (!p->from)
        return error;
    if (!slot_usable(p->from))
        return ERR_BAD_CAP;
    if (!slot_empty(p->to))
        return ERR_OCCUPIED;
    return 0;
}

/* r9 is the mask of the rights that the copy may keep. Errors: WRONG_TYPE for what cannot be copied. */
long sys_cap_copy(struct tcb *caller)
{
    struct slot_pair p;
    long error = decide_pair(caller, &p);
    if (error)
        return error;
    if (!slot_copyable(p.from))
        return ERR_WRONG_TYPE;
    /* ==== commit */
    derive_copy(p.to, p.from, slot_rights(p.from) & (unsigned)caller->r9);
    trace(TRACE_DERIVE, (uintptr_t)p.from, (uintptr_t)p.to);
    return 0;
}

static long decide_guard(const struct slot *cnode, uint64_t *data)
{
    unsigned bits = (unsigned)*data & 0xff;
    uint64_t value = *data >> 8;
    if (bits > GUARD_BITS_MAX || value >> bits)
        return ERR_BAD_ARGUMENT;
    *data = cnode_data(cnode_radix(cnode), bits, value);
    return 0;
}

/* The data word of what has no badge, and that becomes narrower. */
static long decide_data(const struct slot *s, uint64_t *data)
{
    switch (slot_type(s)) {
    case TYPE_CNODE: return decide_guard(s, data);
    case TYPE_IO_PORT: return io_port_narrower(s, *data) ? 0 : ERR_BAD_ARGUMENT;
    case TYPE_DEBUG: return *data & ~s->data ? ERR_BAD_ARGUMENT : 0;
    default: return ERR_WRONG_TYPE;
    }
}

static bool has_badge(const struct slot *s)
{
    return slot_type(s) == TYPE_ENDPOINT || slot_type(s) == TYPE_NOTIFICATION;
}

/* Like sys_cap_copy, and r10 is the badge of an endpoint or notification (only where it has none yet) or the guard of
   a CNode (bits | value << 8), or a range of I/O ports within the range, or some of what a debug capability allows. Errors: WRONG_TYPE for other types;
   IN_USE when it has a badge. */
long sys_cap_mint(struct tcb *caller)
{
    struct slot_pair p;
    uint64_t data = caller->r10;
    long error = decide_pair(caller, &p);
    if (error)
        return error;
    bool badged = has_badge(p.from) && data != 0;
    if (!has_badge(p.from))
        error = decide_data(p.from, &data);
    else if (slot_flags(p.from) & SLOT_BADGED)
        error = ERR_IN_USE;
    else if (data == 0)
        data = p.from->data;
    if (error)
        return error;
    /* ==== commit */
    uint64_t kind = slot_kind(slot_type(p.from), slot_rights(p.from) & (unsigned)caller->r9);
    derive_fill(p.from, p.to, kind, p.from->object, data, badged ? SLOT_NEW_BADGE : 0);
    trace(TRACE_DERIVE, (uintptr_t)p.from, (uintptr_t)p.to);
    return 0;
}

long sys_cap_move(struct tcb *caller)
{
    struct slot_pair p;
    long error = decide_pair(caller, &p);
    if (error)
        return error;
    /* ==== commit */
    derive_move(p.to, p.from);
    return 0;
}

/* rdi, rsi one slot, rdx, r8 the other: they exchange what they hold; either may be empty. */
long sys_cap_swap(struct tcb *caller)
{
    long error = ERR_BAD_CAP;
    struct slot *a = cnode_slot(caller, caller->rdi, caller->rsi, &error);
    if (!a)
        return error;
    struct slot *b = cnode_slot(caller, caller->rdx, caller->r8, &error);
    if (!b)
        return error;
    if (slot_dying(a) || slot_dying(b))
        return ERR_BAD_CAP;
    /* ==== commit */
    if (a != b)
        derive_swap(a, b);
    return 0;
}

long sys_cap_identify(struct tcb *caller)
{
    const struct slot *s = cap_lookup(caller, caller->rdi);
    if (!s || slot_empty(s) || slot_dying(s))
        return ERR_BAD_CAP;
    return (long)slot_type(s);
}
