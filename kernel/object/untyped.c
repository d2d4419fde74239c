#include "untyped.h"

#include "arch.h"
#include "cnode.h"
#include "delete.h"
#include "derive.h"
#include "endpoint.h"
#include "space.h"
#include "tcb.h"
#include "trace.h"

/* 0 where the maker chooses, or where retype makes none. */
#define TYPE(n, name, bits, doc) [n] = (bits),
static const uint8_t fixed_bits[TYPE_COUNT] = {
#include "abi_each.h"
};

unsigned object_bits(unsigned type, uint64_t size_bits)
{
    if (type < TYPE_COUNT && fixed_bits[type])
        return fixed_bits[type];
    switch (type) {
    case TYPE_UNTYPED:
        return size_bits >= UNTYPED_BITS_MIN && size_bits <= UNTYPED_BITS_MAX ? (unsigned)size_bits : 0;
    case TYPE_CNODE:
        return size_bits >= 1 && size_bits <= CNODE_RADIX_MAX ? (unsigned)(size_bits + SLOT_BITS) : 0;
    case TYPE_FRAME: return size_bits < 64 && arch_has_page((unsigned)size_bits) ? (unsigned)size_bits : 0;
    default: return 0;
    }
}

void object_make(struct slot *s, unsigned type, unsigned size_bits, uint64_t memory)
{
    void *object = (void *)(uintptr_t)memory;
    switch (type) {
    case TYPE_UNTYPED: slot_fill(s, type, 0, memory, untyped_data(size_bits, 0, 0)); break;
    case TYPE_CNODE: slot_fill(s, type, 0, memory, cnode_data(size_bits, 0, 0)); break;
    case TYPE_TCB:
        tcb_init(object);
        slot_fill(s, type, 0, memory, 0);
        break;
    case TYPE_ENDPOINT:
        endpoint_init(object);
        slot_fill(s, type, RIGHT_SEND | RIGHT_RECV | RIGHT_GRANT, ref_endpoint(object), 0);
        break;
    case TYPE_NOTIFICATION: slot_fill(s, type, RIGHT_SIGNAL | RIGHT_WAIT, memory, 0); break;
    case TYPE_ADDRESS_SPACE: slot_fill(s, type, 0, memory, space_create(object)); break;
    case TYPE_EXTENDED_STATE:
        arch_extended_init(object);
        slot_fill(s, type, 0, memory, 0);
        break;
    case TYPE_FRAME:
        slot_fill(s, type, RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE, memory,
                  mapping_data(0, 0, (size_bits - 12) / 9));
        break;
    default: slot_fill(s, type, 0, memory, 0); break;
    }
}

struct retype {
    struct slot *untyped, *to;
    unsigned type, size_bits, bits; /* bits: size of one object, as a power of two */
    uint64_t watermark, clean_end;  /* of the untyped, after the reset if there is one */
    uint64_t count, start, end;     /* offsets in the untyped of the first object and behind the last */
    bool clear, reset;
};

/* Of what takes long to make, fewer are made in one entry, by a power of two: docs/latency.md. */
static const uint8_t fewer_bits[TYPE_COUNT] = {[TYPE_ADDRESS_SPACE] = 4};

/* Destination: `count` empty slots from index r9 of the CNode r8. */
static long decide_slots(const struct tcb *caller, struct retype *r)
{
    long error;
    const struct slot *cnode = cap_lookup_type(caller, caller->r8, TYPE_CNODE, &error);
    if (!cnode)
        return error;
    uint64_t slots = 1ull << cnode_radix(cnode);
    if (r->count == 0 || r->count > (unsigned)RETYPE_COUNT_MAX >> fewer_bits[r->type] || caller->r9 >= slots ||
        r->count > slots - caller->r9)
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
    bool device = slot_flags(r->untyped) & SLOT_DEVICE;
    if (device && r->type != TYPE_FRAME && r->type != TYPE_UNTYPED)
        return ERR_WRONG_TYPE;
    r->clear = !device && r->type != TYPE_UNTYPED;
    r->watermark = untyped_watermark(r->untyped);
    r->clean_end = untyped_clean_end(r->untyped);
    r->reset = r->watermark != 0 && !slot_has_children(r->untyped);
    if (r->reset)
        r->watermark = r->clean_end = 0;
    uint64_t size = 1ull << r->bits, total = 1ull << untyped_bits(r->untyped);
    r->start = (r->watermark + size - 1) & ~(size - 1);
    if (r->start > total || r->count > (total - r->start) >> r->bits)
        return ERR_NO_MEMORY;
    r->end = r->start + (r->count << r->bits);
    if (r->clear && r->end - r->start > RETYPE_BYTES_MAX)
        return ERR_BAD_ARGUMENT;
    if (r->type == TYPE_ADDRESS_SPACE && space_ids_free() < r->count)
        return ERR_NO_MEMORY;
    return 0;
}

/* Makes [start, end) zero, in one entry a chunk, or part of one; what is done is noted in the untyped, so that
   the next entry goes on from there. False when there is more to do: after a whole chunk, also the objects. */
static bool clear_memory(const struct retype *r)
{
    const uint64_t chunk = 1ull << UNTYPED_CHUNK_BITS;
    uint64_t from = r->clean_end > r->watermark ? r->clean_end : r->watermark;
    bool at_once = r->end - r->start <= chunk;
    if (at_once && from < r->start)
        from = r->start; /* the gap before it need not be zero */
    if (from >= r->end)
        return true;
    uint64_t to = at_once ? r->end : (from + chunk) & ~(chunk - 1); /* within the untyped: it is chunks */
    arch_clear((void *)(uintptr_t)(r->untyped->object + from), to - from);
    if (at_once)
        return true;
    r->untyped->data = untyped_data(untyped_bits(r->untyped), r->watermark, to);
    return false;
}

static void make_objects(const struct retype *r)
{
    for (uint64_t i = 0; i < r->count; i++) {
        object_make(&r->to[i], r->type, r->size_bits, r->untyped->object + r->start + (i << r->bits));
        derive_insert(r->untyped, &r->to[i], SLOT_REVOCABLE | SLOT_FIRST_BADGED);
    }
}

/* rdi untyped, rsi type, rdx size bits, r8 CNode, r9 first index, r10 count (1 to RETYPE_COUNT_MAX). The memory
   is cleared first: nothing of its former life reaches the new owner. An untyped without children starts again
   from its beginning; but not before all that was dying is gone, whose memory may still be read. */
long untyped_retype(struct tcb *caller)
{
    struct retype r = {0};
    unsigned steps = STEPS_PER_ENTRY;
    long error = decide_retype(caller, &r);
    if (error)
        return error;
    /* ==== commit */
    if (r.reset) {
        if (!delete_dying(&steps))
            return RESTART;
        r.untyped->data = untyped_data(untyped_bits(r.untyped), 0, 0);
    }
    if (r.clear && !clear_memory(&r))
        return RESTART;
    r.untyped->data = untyped_data(untyped_bits(r.untyped), r.end, r.clean_end);
    make_objects(&r);
    trace(TRACE_RETYPE, r.type, r.count);
    return 0;
}
