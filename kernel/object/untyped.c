#include "cap/words.h"
#include "object/untyped.h"

#include "abi/handlers.h"
#include "arch/arch.h"
#include "debug/trace.h"
#include "object/cnode.h"
#include "object/delete.h"
#include "object/derive.h"
#include "object/endpoint.h"
#include "object/space.h"
#include "thread/tcb.h"

/* 0 where the maker chooses, or where retype makes none. */
#define TYPE(n, name, bits, doc) [n] = (bits),
static const uint8_t fixed_bits[TYPE_COUNT] = {
#include "abi/abi_each.h"
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

/* The rights of the first capability to an object. */
static const uint8_t first_rights[TYPE_COUNT] = {
    [TYPE_ENDPOINT] = RIGHT_SEND | RIGHT_RECV | RIGHT_GRANT,
    [TYPE_NOTIFICATION] = RIGHT_SIGNAL | RIGHT_WAIT,
    [TYPE_FRAME] = RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE,
};

/* Not inline: in the loop that calls it, all types would share the registers. */
static __attribute__((noinline)) uint64_t init_other(unsigned type, unsigned size_bits, void *object)
{
    switch (type) {
    case TYPE_UNTYPED: return untyped_data(size_bits, 0, 0);
    case TYPE_CNODE: return cnode_data(size_bits, 0, 0);
    case TYPE_TCB: tcb_init(object); return 0;
    case TYPE_NOTIFICATION: return UNBADGED_BITS;
    case TYPE_ADDRESS_SPACE: return space_create(object);
    case TYPE_EXTENDED_STATE: arch_extended_init(object); return 0;
    case TYPE_FRAME: return mapping_data(0, 0, frame_level(size_bits));
    default: return 0;
    }
}

/* Makes the object, in cleared memory unless it is an endpoint. Result: the object word of its capability, and the data word. */
static inline uint64_t object_init(unsigned type, unsigned size_bits, uint64_t memory, uint64_t *data)
{
    void *object = (void *)(uintptr_t)memory;
    if (type != TYPE_ENDPOINT) {
        *data = init_other(type, size_bits, object);
        return memory;
    }
    endpoint_init(object);
    *data = 0;
    return ref_endpoint(object);
}

void object_make(struct slot *s, unsigned type, unsigned size_bits, uint64_t memory)
{
    uint64_t data, object = object_init(type, size_bits, memory, &data);
    slot_fill(s, type, first_rights[type], object, data);
}

struct retype {
    struct slot *untyped, *to, *to_end;
    unsigned type, size_bits, bits; /* bits: size of one object, as a power of two */
    uint64_t count, start, end; /* offsets in the untyped: of the first object, and of the end of the last */
    uint64_t bytes;             /* that are to be cleared */
    bool reset;
};

enum { CHUNK = 1 << UNTYPED_CHUNK_BITS, ADDRESS_SPACES_MAX = 16 }; /* they take long to make: docs/latency.md */

/* Destination: `count` empty slots from index r9 of the CNode r8. */
static long decide_slots(const struct tcb *caller, struct retype *r)
{
    long error;
    r->to = cnode_range(caller, caller->r8, caller->r9, r->count, &error);
    if (!r->to)
        return error;
    r->to_end = r->to + r->count;
    const struct slot *s = r->to_end;
    do {
        if (!slot_empty(--s))
            return ERR_OCCUPIED;
    } while (s != r->to);
    return 0;
}

_Static_assert((uint64_t)SLOTS_PER_CALL << UNTYPED_BITS_MAX < 1ull << 60,
               "the end of all objects does not wrap");

/* Where the objects lie, and whether the untyped starts again from its beginning for them. */
static long decide_memory(struct retype *r)
{
    uint64_t size = 1ull << r->bits, total = 1ull << untyped_bits(r->untyped);
    uint64_t watermark = untyped_watermark(r->untyped);
    r->reset = watermark != 0 && !untyped_has_children(r->untyped);
    r->start = r->reset ? 0 : (watermark + size - 1) & ~(size - 1);
    r->end = r->start + (r->count << r->bits);
    return r->end > total ? ERR_NO_MEMORY : 0;
}

static long decide_spaces(const struct retype *r)
{
    if (r->count > ADDRESS_SPACES_MAX)
        return ERR_BAD_ARGUMENT;
    return space_ids_free() < r->count ? ERR_NO_MEMORY : 0;
}

enum { NOT_CLEARED = 1 << TYPE_UNTYPED | 1 << TYPE_ENDPOINT };

/* How much of their memory is to be cleared: nothing of what they will not be in, nothing of a device's, and nothing of endpoints,
   which are made whole. */
static long decide_clear(struct retype *r)
{
    bool device = slot_flags(r->untyped) & SLOT_DEVICE;
    if (device && r->type != TYPE_FRAME && r->type != TYPE_UNTYPED)
        return ERR_WRONG_TYPE;
    r->bytes = device || NOT_CLEARED >> r->type & 1 ? 0 : r->end - r->start;
    return r->bytes > RETYPE_BYTES_MAX ? ERR_BAD_ARGUMENT : 0;
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
    long refused = decide_slots(caller, r);
    if (refused)
        return refused;
    refused = decide_memory(r);
    if (refused)
        return refused;
    refused = decide_clear(r);
    if (refused)
        return refused;
    return r->type == TYPE_ADDRESS_SPACE ? decide_spaces(r) : 0;
}

/* Makes the next chunk zero, if one chunk is not all; what is done is noted in the untyped, so that the
   next entry goes on from there. False when there is more to do: after the last chunk, the objects. */
static __attribute__((noinline, cold)) bool clear_chunk(struct slot *untyped, uint64_t end)
{
    uint64_t watermark = untyped_watermark(untyped), clean_end = untyped_clean_end(untyped);
    uint64_t from = clean_end > watermark ? clean_end : watermark;
    if (from >= end)
        return true;
    uint64_t to = (from + CHUNK) & ~(uint64_t)(CHUNK - 1); /* within the untyped: it is chunks */
    arch_clear((void *)(uintptr_t)(untyped->object + from), to - from);
    untyped->data = untyped_data(untyped_bits(untyped), watermark, to);
    return false;
}

/* What lies behind a thread control block in its memory nobody uses: for the last one it need not be cleared. */
enum { BEHIND_TCB = (1 << TYPE_BITS_TCB) - sizeof(struct tcb) };

/* False when there is more to clear. */
static bool clear_memory(const struct retype *r)
{
    if (r->bytes > CHUNK)
        return clear_chunk(r->untyped, r->end);
    uint64_t bytes = r->bytes - (r->type == TYPE_TCB ? BEHIND_TCB : 0);
    arch_clear((void *)(uintptr_t)(r->untyped->object + r->start), bytes);
    return true;
}

static void make_objects(const struct retype *r)
{
    uint64_t memory = r->untyped->object + r->start, kind = slot_kind(r->type, first_rights[r->type]);
    struct slot *s = r->to;
    for (;;) {
        uint64_t data, object = object_init(r->type, r->size_bits, memory, &data);
        derive_fill(r->untyped, s, kind, object, data, SLOT_REVOCABLE | SLOT_FIRST_BADGED);
        if (++s == r->to_end)
            return;
        memory += 1ull << r->bits;
    }
}

/* rdi untyped, rsi type, rdx size bits, r8 CNode, r9 first index, r10 count (1 to SLOTS_PER_CALL). The memory
   is cleared first: nothing from its former life reaches the new owner. An untyped without children starts
   again from its beginning; but not before everything dying is gone, whose memory may still be read. */
long sys_retype(struct tcb *caller)
{
    struct retype r = {0};
    long error = decide_retype(caller, &r);
    if (error)
        return error;
    if (r.reset && delete_pending())
        return delete_first(NULL, 0);
    /* ==== commit */
    trace(TRACE_RETYPE, r.type, r.count);
    if (r.reset)
        r.untyped->data = untyped_data(untyped_bits(r.untyped), 0, 0);
    if (r.bytes && !clear_memory(&r))
        return restart();
    untyped_take(r.untyped, r.end);
    make_objects(&r);
    return 0;
}
