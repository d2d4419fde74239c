/* The data word of a capability, by type. For an endpoint it is the badge, 0 without one; for a notification the bits
   that its signal sets, which are the badge's, or UNBADGED_BITS; for the others what follows. */
#ifndef BATON_WORDS_H
#define BATON_WORDS_H

#include "cap/slot.h"

/* ---- data word of an untyped: bits 0-5 size bits; 6-46 watermark, in units of 64 bytes: what lies below is
   taken; 47-63 clean chunks: this many chunks of 64 KiB, from the one in which the watermark lies, are known to
   be zero from the watermark on */
enum { UNTYPED_UNIT_BITS = 6, UNTYPED_CHUNK_BITS = 16, UNTYPED_CHUNKS_SHIFT = 47 };

static inline unsigned untyped_bits(const struct slot *s)
{
    return (unsigned)(s->data & 0x3f);
}

static inline uint64_t untyped_watermark(const struct slot *s)
{
    return (s->data & ((1ull << UNTYPED_CHUNKS_SHIFT) - 1)) >> 6 << UNTYPED_UNIT_BITS;
}

/* Memory from the watermark up to here is zero; it may lie below the watermark. */
static inline uint64_t untyped_clean_end(const struct slot *s)
{
    uint64_t first = untyped_watermark(s) >> UNTYPED_CHUNK_BITS;
    return (first + (s->data >> UNTYPED_CHUNKS_SHIFT)) << UNTYPED_CHUNK_BITS;
}

/* clean_end: a multiple of a chunk, or anything below the watermark */
static inline uint64_t untyped_data(unsigned bits, uint64_t watermark, uint64_t clean_end)
{
    uint64_t first = watermark >> UNTYPED_CHUNK_BITS, end = clean_end >> UNTYPED_CHUNK_BITS;
    uint64_t chunks = end > first ? end - first : 0;
    return chunks << UNTYPED_CHUNKS_SHIFT | watermark |
           bits; /* the watermark's unit is where its low bits end */
}

/* What lies below `watermark` is taken; memory that was known to be zero above it still is. */
static inline void untyped_take(struct slot *s, uint64_t watermark)
{
    bool clean = __builtin_expect(s->data >> UNTYPED_CHUNKS_SHIFT != 0, 0);
    s->data = untyped_data(untyped_bits(s), watermark, clean ? untyped_clean_end(s) : 0);
}

/* ---- data word of a CNode: bits 0-7 radix, 8-15 guard bits, 16-63 guard value */
static inline unsigned cnode_radix(const struct slot *s)
{
    return (unsigned)(s->data & 0xff);
}

static inline unsigned cnode_guard_bits(const struct slot *s)
{
    return (unsigned)(s->data >> 8) & 0xff;
}

static inline uint64_t cnode_guard_value(const struct slot *s)
{
    return s->data >> 16;
}

static inline uint64_t cnode_data(unsigned radix, unsigned guard_bits, uint64_t guard)
{
    return guard << 16 | (uint64_t)guard_bits << 8 | radix;
}

static inline struct slot *cnode_slots(const struct slot *s)
{
    return (struct slot *)(uintptr_t)s->object;
}

/* ---- data word of an address space: bits 0-11 its number, 48-59 its generation, which is another each time
   that the number is given away. Of a frame or page table: the same of the space in which it is mapped, 0 when
   it is not; bits 12-47 page number; 60-63 level: of a mapped page table 1 to 3 (1: holds 4 KiB entries), of a
   frame 0 to 2 (4 KiB, 2 MiB, 1 GiB). So the entry that maps either is one level higher. */
enum { GENERATION_SHIFT = 48, GENERATIONS = 1 << 12 };

/* space: data word of an address space */
static inline uint64_t mapping_data(uint64_t space, uint64_t vaddr, unsigned level)
{
    return (uint64_t)level << 60 | vaddr | space;
}

static inline unsigned mapping_generation(uint64_t data)
{
    return (unsigned)(data >> GENERATION_SHIFT) % GENERATIONS;
}

static inline unsigned mapping_asid(uint64_t data)
{
    return (unsigned)data & 0xfff;
}

/* The same frame, not mapped. */
static inline uint64_t mapping_none(uint64_t data)
{
    return data >> 60 << 60;
}

static inline uint64_t mapping_vaddr(uint64_t data)
{
    return data & 0x0000fffffffff000ull;
}

static inline unsigned mapping_level(uint64_t data)
{
    return (unsigned)(data >> 60);
}

/* One entry of a table has 2^LEVEL_BITS entries in the table below it. */
enum { PAGE_BITS = 12, LEVEL_BITS = 9 };

static inline unsigned frame_bits(const struct slot *s)
{
    return PAGE_BITS + LEVEL_BITS * mapping_level(s->data);
}

/* pre: a frame has this size */
static inline unsigned frame_level(unsigned bits)
{
    return (bits - PAGE_BITS) / LEVEL_BITS;
}

#endif
