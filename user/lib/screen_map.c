/* Frames of device memory at a given physical address. Untyped memory is given out from its beginning on, so
   a block is halved until a half is wanted as a whole, or not at all. */
#include "screen.h"

enum { PAGE_BITS = 12, LARGE_BITS = 21 };

struct wanted {
    uint64_t start, end, vaddr, attributes;
    uint64_t mapped; /* bytes, so far */
};

static long make(uint64_t untyped, unsigned type, unsigned bits, uint64_t slot)
{
    return retype(cap_at(untyped), type, bits, cap_at(CAP_SELF_CNODE), slot, 1);
}

/* A wanted block of the size of a page. */
static long map_block(struct wanted *w, uint64_t untyped, unsigned bits, uint64_t paddr)
{
    uint64_t frame = slot_new();
    long result = make(untyped, TYPE_FRAME, bits, frame);
    if (result >= 0)
        result =
            map_frame(frame, cap_at(CAP_SELF_SPACE), w->vaddr + (paddr - w->start), (unsigned)w->attributes);
    w->mapped += 1ull << bits;
    return result;
}

/* Two halves at most are neither: the one with the beginning and the one with the end. So this goes as deep as
   an address has bits. */
static long map_within(struct wanted *w, uint64_t untyped, unsigned bits, uint64_t paddr)
{
    uint64_t size = 1ull << bits;
    if (paddr >= w->end || paddr + size <= w->start)
        return 0;
    bool whole = paddr >= w->start && paddr + size <= w->end;
    if (bits == PAGE_BITS || (whole && bits == LARGE_BITS))
        return map_block(w, untyped, bits, paddr);
    for (unsigned half = 0; half < 2; half++) {
        uint64_t slot = slot_new();
        long result = make(untyped, TYPE_UNTYPED, bits - 1, slot);
        if (result >= 0)
            result = map_within(w, slot, bits - 1, paddr + half * (size / 2));
        if (result < 0)
            return result;
    }
    return 0;
}

const char *device_map(const struct bootinfo *bi, uint64_t paddr, uint64_t bytes, uint64_t attributes,
                       uint64_t *vaddr)
{
    const uint64_t page = 1ull << PAGE_BITS, large = 1ull << LARGE_BITS;
    struct wanted w = {.start = paddr & ~(page - 1),
                       .end = (paddr + bytes + page - 1) & ~(page - 1),
                       .attributes = attributes};
    /* At the same place in a large page as physically, so that large pages can be used. */
    uint64_t reserved = pages_reserve((w.end - w.start + 2 * large) / page);
    w.vaddr = ((reserved + large - 1) & ~(large - 1)) + (w.start & (large - 1));
    for (unsigned i = 0; i < bi->untyped_count; i++) {
        const struct bootinfo_untyped *u = &bi->untyped[i];
        long result = u->device ? map_within(&w, u->slot, u->size_bits, u->paddr) : 0;
        if (result < 0)
            return error_name(result);
    }
    *vaddr = w.vaddr + (paddr - w.start);
    return w.mapped == w.end - w.start ? NULL : "it does not lie in device memory";
}
