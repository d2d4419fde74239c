/* The machine's untyped memory. Objects are made in the order of the image: those at a physical address first, by address, then
   the largest first, so that no memory is lost to alignment. The tool (plan.py, class Memory) divides a model of the
   machine in the same way, and so knows what fits. */
#include "root.h"

enum { POOL_MOST = 1024, RETYPE_MOST = 256, SPACES_MOST = 16 };

static struct piece {
    uint64_t paddr, used; /* used: bytes from its beginning on that are taken */
    uint32_t slot;
    uint8_t bits;
    bool device;
} pool[POOL_MOST];
static unsigned pool_count;
static uint32_t next_slot, end_slot, more_slots, more_count;
unsigned own_radix;

uint32_t own_slot(void)
{
    if (next_slot == end_slot) {
        next_slot = more_slots, end_slot = more_slots + more_count;
        more_count = 0;
    }
    if (next_slot == end_slot)
        fail("the root task's capability table is full");
    return next_slot++;
}

void own_slots_more(uint32_t first, uint32_t count)
{
    more_slots = first, more_count = count;
}

static void add_piece(struct piece p)
{
    if (pool_count == POOL_MOST)
        fail("the memory is in more than %d pieces", POOL_MOST);
    pool[pool_count++] = p;
}

void memory_take(const struct bootinfo *bi)
{
    next_slot = bi->first_free_slot;
    end_slot = bi->slot_count;
    own_radix = (unsigned)__builtin_ctz(bi->slot_count);
    for (unsigned i = 0; i < bi->untyped_count; i++) {
        const struct bootinfo_untyped *u = &bi->untyped[i];
        add_piece((struct piece){u->paddr, 0, u->slot, (uint8_t)u->size_bits, u->device != 0});
    }
}

static uint64_t size_of(const struct piece *p)
{
    return 1ull << p->bits;
}

#define TYPE(n, name, bits, doc) [n] = (bits),
static const uint8_t fixed_bits[TYPE_COUNT] = {
#include "abi_each.h"
};

static unsigned bits_of(const struct image_object *o)
{
    return fixed_bits[o->type] != 0 ? fixed_bits[o->type]
           : o->type == TYPE_CNODE  ? o->size_bits + (unsigned)SLOT_BITS
                                    : o->size_bits;
}

/* Where in the piece the next object of that size begins. */
static uint64_t aligned(const struct piece *p, unsigned bits)
{
    return (p->used + (1ull << bits) - 1) & ~((1ull << bits) - 1);
}

static uint64_t room(const struct piece *p, unsigned bits)
{
    uint64_t from = aligned(p, bits);
    return from < size_of(p) ? (size_of(p) - from) >> bits : 0;
}

static long take(struct piece *p, const struct image_object *o, unsigned bits, uint32_t slot, uint64_t count)
{
    uint64_t most = o->type == TYPE_ADDRESS_SPACE ? SPACES_MOST : bits > 24 ? 1 : RETYPE_MOST;
    for (uint64_t n; count != 0; count -= n, slot += (uint32_t)n) {
        n = count < most ? count : most;
        long result = retype(cap_at(p->slot), o->type, o->size_bits, cap_at(STORE), slot, n);
        if (result < 0)
            return result;
        trace_note(o, p->paddr + aligned(p, bits), n, bits);
        p->used = aligned(p, bits) + (n << bits);
    }
    return 0;
}

static _Noreturn void no_memory(const struct image *image, const struct image_object *o, uint64_t count,
                                unsigned bits)
{
    fail("no memory for '%s': %lu KiB are missing", image->names + o->name, (count << bits) / 1024);
}

/* Cuts off what lies below the address: it stays for others. The pieces are kept, because an untyped without children begins again. */
static void skip_to(struct piece *p, uint64_t offset)
{
    while (p->used < offset) {
        unsigned bits = p->used != 0 ? (unsigned)__builtin_ctzl(p->used) : p->bits - 1u;
        while (1ull << bits > offset - p->used)
            bits--;
        struct piece below = {p->paddr + p->used, 0, own_slot(), (uint8_t)bits, p->device};
        must(retype(cap_at(p->slot), TYPE_UNTYPED, bits, cap_at(CAP_SELF_CNODE), below.slot, 1),
             "cannot divide the memory");
        p->used += 1ull << bits;
        if (!p->device)
            add_piece(below);
    }
}

static bool holds(const struct piece *p, uint64_t from, uint64_t bytes)
{
    return from >= p->paddr + p->used && from - p->paddr <= size_of(p) &&
           bytes <= size_of(p) - (from - p->paddr);
}

/* One object after the other: a region may reach over several untypeds. */
static void make_at(const struct image *image, const struct image_object *o, unsigned bits)
{
    for (uint32_t i = 0; i < o->count; i++) {
        uint64_t from = o->phys + ((uint64_t)i << bits);
        struct piece *p = pool;
        while (p < pool + pool_count && !holds(p, from, 1ull << bits))
            p++;
        if (p == pool + pool_count)
            fail("'%s': nobody may have the memory at 0x%lx: it is the kernel's, taken, or not there",
                 image->names + o->name, from);
        skip_to(p, from - p->paddr);
        must(take(p, o, bits, o->first + i, 1), image->names + o->name);
    }
}

static void make_anywhere(const struct image *image, const struct image_object *o, unsigned bits)
{
    uint32_t slot = o->first;
    uint64_t count = o->count;
    for (struct piece *p = pool; p < pool + pool_count && count != 0; p++) {
        uint64_t n = p->device ? 0 : room(p, bits);
        if ((o->flags & OBJECT_CONTIGUOUS) != 0 && n < count)
            continue;
        n = n < count ? n : count;
        must(n != 0 ? take(p, o, bits, slot, n) : 0, image->names + o->name);
        slot += (uint32_t)n;
        count -= n;
    }
    if (count != 0)
        no_memory(image, o, count, bits);
}

void memory_make(const struct image *image, const struct image_object *o)
{
    unsigned bits = bits_of(o);
    if ((o->flags & OBJECT_LATER) != 0)
        return;
    if ((o->flags & OBJECT_AT) != 0)
        make_at(image, o, bits);
    else
        make_anywhere(image, o, bits);
}

/* Before all others, in the largest piece. */
void memory_make_store(unsigned radix)
{
    struct piece *p = pool;
    while (p < pool + pool_count && (p->device || room(p, radix + (unsigned)SLOT_BITS) == 0))
        p++;
    if (p == pool + pool_count)
        fail("no memory for the system's capabilities");
    must(retype(cap_at(p->slot), TYPE_CNODE, radix, cap_at(CAP_SELF_CNODE), STORE, 1), "cannot make the store");
    p->used = aligned(p, radix + (unsigned)SLOT_BITS) + (1ull << (radix + (unsigned)SLOT_BITS));
}
