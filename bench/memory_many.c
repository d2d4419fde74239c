/* What do many frames cost in one entry? Frames of 4 KiB in consecutive slots, at consecutive addresses of this address space, whose
   page tables exist; before they are taken away or protected each has been used, so that the TLB knows it. */
#include "harness.h"
#include "shot.h"

enum { RW = RIGHT_READ | RIGHT_WRITE, SMALL = 12, PAGE = 4096, RADIX = 8, MANY = 256 };

static const uint64_t VADDR = 0x2000200000; /* the first of 512 pages with a table of their own */
static uint64_t untyped, cnode;             /* slots */

static bool zero(const struct benchmark *self, const char *what, long result)
{
    if (result != 0)
        BENCH_ERROR("%s: %s: %s", self->id, what, error_name(result));
    return result == 0;
}

static bool map(const struct benchmark *self)
{
    struct frames f = {0, VADDR, self->variant};
    return zero(self, "memory_map_many", memory_map_many(cap_at(cnode), &f, cap_at(CAP_SELF_SPACE), RW));
}

static bool unmap(const struct benchmark *self)
{
    struct frames f = {.count = self->variant};
    return zero(self, "memory_unmap_many", memory_unmap_many(cap_at(cnode), &f));
}

/* Each is a page of its own, and the TLB has it now. */
static bool used(const struct benchmark *self)
{
    for (uint64_t i = 0; i < self->variant; i++)
        *(volatile uint64_t *)(VADDR + i * PAGE) = i + 1; /* NOLINT: mapped */
    for (uint64_t i = 0; i < self->variant; i++) {
        if (*(volatile uint64_t *)(VADDR + i * PAGE) == i + 1) /* NOLINT: mapped */
            continue;
        BENCH_ERROR("%s: page %lu does not keep what is written", self->id, i);
        return false;
    }
    return true;
}

static bool prepare(const struct benchmark *self)
{
    untyped = object_new(TYPE_UNTYPED, SMALL + RADIX);
    cnode = object_new(TYPE_CNODE, RADIX);
    uint64_t probe = object_new(TYPE_FRAME, SMALL);
    if (!zero(self, "making the page table", map_frame(probe, cap_at(CAP_SELF_SPACE), VADDR, RW)))
        return false;
    object_delete(probe);
    return zero(self, "retype", retype(cap_at(untyped), TYPE_FRAME, SMALL, cap_at(cnode), 0, MANY)) &&
           map(self) && used(self);
}

static void finish(void)
{
    object_delete(cnode);
    object_delete(untyped);
}

static bool shot_map(const struct benchmark *self, uint64_t *ticks)
{
    if (!unmap(self))
        return false;
    shot_arguments(cap_at(cnode), 0, cap_at(CAP_SELF_SPACE), VADDR, RW, self->variant);
    SHOT(PLAIN_BODY, SYS_MEMORY_MAP_MANY);
    *ticks = shot_ticks();
    return zero(self, "the measured call", (long)shot.result) && used(self);
}

static bool shot_unmap(const struct benchmark *self, uint64_t *ticks)
{
    shot_arguments(cap_at(cnode), 0, 0, 0, 0, self->variant);
    SHOT(PLAIN_BODY, SYS_MEMORY_UNMAP_MANY);
    *ticks = shot_ticks();
    return zero(self, "the measured call", (long)shot.result) && map(self) && used(self);
}

static bool shot_protect(const struct benchmark *self, uint64_t *ticks)
{
    shot_arguments(cap_at(cnode), 0, 0, 0, RIGHT_READ, self->variant);
    SHOT(PLAIN_BODY, SYS_MEMORY_PROTECT_MANY);
    *ticks = shot_ticks();
    struct frames f = {.count = self->variant};
    return zero(self, "the measured call", (long)shot.result) &&
           zero(self, "memory_protect_many", memory_protect_many(cap_at(cnode), &f, RW)) && used(self);
}

#define MANY_OF(name, count, shot_function)                                                                    \
    {                                                                                                          \
        .id = name, .boot = BOOT_FAST, .variant = count, .prepare = prepare, .sample = shot_function,          \
        .finish = finish                                                                                       \
    }
static const struct benchmark list[] = {
    MANY_OF("mem.map_many/1", 1, shot_map),
    MANY_OF("mem.map_many/16", 16, shot_map),
    MANY_OF("mem.map_many/256", MANY, shot_map),
    MANY_OF("mem.unmap_many/1", 1, shot_unmap),
    MANY_OF("mem.unmap_many/16", 16, shot_unmap),
    MANY_OF("mem.unmap_many/256", MANY, shot_unmap),
    MANY_OF("mem.protect_many/1", 1, shot_protect),
    MANY_OF("mem.protect_many/16", 16, shot_protect),
    MANY_OF("mem.protect_many/256", MANY, shot_protect),
};
BENCHMARKS(155, memory_many, list);
