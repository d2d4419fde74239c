#include "untyped.h"

#include "arch.h"
#include "cnode.h"
#include "derive.h"
#include "endpoint.h"
#include "space.h"
#include "tcb.h"
#include "trace.h"

unsigned object_bits(unsigned type, uint64_t size_bits)
{
    switch (type) {
    case TYPE_UNTYPED:
        return size_bits >= UNTYPED_BITS_MIN && size_bits <= UNTYPED_BITS_MAX ? (unsigned)size_bits : 0;
    case TYPE_CNODE:
        return size_bits >= 1 && size_bits <= CNODE_RADIX_MAX ? (unsigned)(size_bits + SLOT_BITS) : 0;
    case TYPE_FRAME: return size_bits == 12 ? 12 : 0;
    case TYPE_TCB: return TYPE_BITS_TCB;
    case TYPE_ENDPOINT: return TYPE_BITS_ENDPOINT;
    case TYPE_ADDRESS_SPACE: return TYPE_BITS_ADDRESS_SPACE;
    case TYPE_PAGE_TABLE: return TYPE_BITS_PAGE_TABLE;
    default: return 0;
    }
}

void object_make(struct slot *s, unsigned type, unsigned size_bits, uint64_t memory)
{
    void *object = (void *)(uintptr_t)memory;
    switch (type) {
    case TYPE_UNTYPED: slot_fill(s, type, 0, memory, untyped_data(size_bits, 0)); break;
    case TYPE_CNODE: slot_fill(s, type, 0, memory, cnode_data(size_bits, 0, 0)); break;
    case TYPE_TCB:
        tcb_init(object);
        slot_fill(s, type, 0, memory, 0);
        break;
    case TYPE_ENDPOINT:
        endpoint_init(object);
        slot_fill(s, type, RIGHT_SEND | RIGHT_RECV | RIGHT_GRANT, ref_endpoint(object), 0);
        break;
    case TYPE_ADDRESS_SPACE: slot_fill(s, type, 0, memory, space_create(object)); break;
    case TYPE_FRAME: slot_fill(s, type, RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE, memory, 0); break;
    default: slot_fill(s, type, 0, memory, 0); break;
    }
}

struct retype {
    struct slot *untyped, *to;
    unsigned type, size_bits, bits; /* bits: size of one object, as a power of two */
    uint64_t count, start;          /* start: offset of the first object in the untyped */
};

/* Destination: `count` empty slots from index r9 of the CNode r8. */
static long decide_slots(const struct tcb *caller, struct retype *r)
{
    long error;
    const struct slot *cnode = cap_lookup_type(caller, caller->r8, TYPE_CNODE, &error);
    if (!cnode)
        return error;
    uint64_t slots = 1ull << cnode_radix(cnode);
    if (r->count == 0 || r->count > RETYPE_COUNT_MAX || caller->r9 >= slots || r->count > slots - caller->r9)
        return ERR_BAD_ARGUMENT;
    r->to = &cnode_slots(cnode)[index_nospec(caller->r9, slots)];
    for (uint64_t i = 0; i < r->count; i++) {
        if (!slot_empty(&r->to[i]))
            return ERR_OCCUPIED;
    }
    return 0;
}

static long decide_retype(const struct tcb *caller, struct retype *r)
{
    long error;
    r->untyped = cap_lookup_type(caller, caller->rdi, TYPE_UNTYPED, &error);
    if (!r->untyped)
        return error;
    r->bits = caller->rsi < TYPE_COUNT ? object_bits((unsigned)caller->rsi, caller->rdx) : 0;
    if (r->bits == 0)
        return ERR_BAD_ARGUMENT;
    r->type = (unsigned)caller->rsi;
    r->size_bits = (unsigned)caller->rdx;
    r->count = caller->r10;
    error = decide_slots(caller, r);
    if (error)
        return error;
    uint64_t size = 1ull << r->bits, total = 1ull << untyped_bits(r->untyped);
    r->start = (untyped_watermark(r->untyped) + size - 1) & ~(size - 1);
    if (r->start > total || r->count > (total - r->start) >> r->bits)
        return ERR_NO_MEMORY;
    if (r->type == TYPE_ADDRESS_SPACE && space_ids_free() < r->count)
        return ERR_NO_MEMORY;
    return 0;
}

/* rdi untyped, rsi type, rdx size bits, r8 CNode, r9 first index, r10 count (1 to RETYPE_COUNT_MAX). The
   memory is cleared first: nothing of its former life reaches the new owner. */
long untyped_retype(struct tcb *caller)
{
    struct retype r = {0};
    long error = decide_retype(caller, &r);
    if (error)
        return error;
    /* ==== commit */
    uint64_t end = r.start + (r.count << r.bits);
    r.untyped->data = untyped_data(untyped_bits(r.untyped), end);
    for (uint64_t i = 0; i < r.count; i++) {
        uint64_t memory = r.untyped->object + r.start + (i << r.bits);
        if (r.type != TYPE_UNTYPED)
            arch_clear((void *)(uintptr_t)memory, 1ull << r.bits);
        object_make(&r.to[i], r.type, r.size_bits, memory);
        derive_insert(r.untyped, &r.to[i], SLOT_REVOCABLE | SLOT_FIRST_BADGED);
    }
    trace(TRACE_RETYPE, r.type, r.count);
    return 0;
}
