/* What do the operations on a mapped frame cost? A frame of 4 KiB and one of 2 MiB, in this address space, at
   an address whose page tables exist; before it is taken away or protected the page has been used, so that the
   TLB knows it. */
#include "harness.h"
#include "shot.h"

enum { RW = RIGHT_READ | RIGHT_WRITE, SMALL = 12, LARGE = 21, WORD = 0x600d };

static const uint64_t VADDR = 0x2000000000; /* alone in its gigabyte */
static uint64_t frame;                      /* slot; mapped at VADDR when the sample begins, except for map */

static bool zero(const struct benchmark *self, const char *what, long result)
{
    if (result != 0)
        BENCH_ERROR("%s: %s: %s", self->id, what, error_name(result));
    return result == 0;
}

static long map(void)
{
    return memory_map(cap_at(frame), cap_at(CAP_SELF_SPACE), VADDR, RW);
}

/* The page is there: what is written into it comes back, and the TLB has it now. */
static bool used(const struct benchmark *self)
{
    volatile uint64_t *word = (volatile uint64_t *)VADDR; /* NOLINT: mapped just now */
    *word += WORD;
    if (*word != 0)
        return true;
    BENCH_ERROR("%s: the page does not keep what is written", self->id);
    return false;
}

static bool prepare(const struct benchmark *self)
{
    frame = object_new(TYPE_FRAME, self->variant);
    return zero(self, "mapping the frame", map_frame(frame, cap_at(CAP_SELF_SPACE), VADDR, RW)) && used(self);
}

/* The tables stay for the next benchmark; a table of 4 KiB pages would be in the way of a page of 2 MiB, so
   those of 2 MiB come first, and leave none. */
static void finish(void)
{
    object_delete(frame);
}

static bool shot_map(const struct benchmark *self, uint64_t *ticks)
{
    if (!zero(self, "memory_unmap", memory_unmap(cap_at(frame))))
        return false;
    shot_arguments(cap_at(frame), cap_at(CAP_SELF_SPACE), VADDR, RW, 0, 0);
    SHOT(PLAIN_BODY, SYS_MEMORY_MAP);
    *ticks = shot_ticks();
    return zero(self, "the measured call", (long)shot.result) && used(self);
}

static bool shot_unmap(const struct benchmark *self, uint64_t *ticks)
{
    shot_arguments(cap_at(frame), 0, 0, 0, 0, 0);
    SHOT(PLAIN_BODY, SYS_MEMORY_UNMAP);
    *ticks = shot_ticks();
    return zero(self, "the measured call", (long)shot.result) && zero(self, "memory_map", map()) && used(self);
}

static bool shot_protect(const struct benchmark *self, uint64_t *ticks)
{
    shot_arguments(cap_at(frame), RIGHT_READ, 0, 0, 0, 0);
    SHOT(PLAIN_BODY, SYS_MEMORY_PROTECT);
    *ticks = shot_ticks();
    return zero(self, "the measured call", (long)shot.result) &&
           zero(self, "memory_protect", memory_protect(cap_at(frame), RW)) && used(self);
}

#define MEMORY(name, bits, shot_function)                                                                      \
    {                                                                                                          \
        .id = name, .boot = BOOT_FAST, .variant = bits, .prepare = prepare, .sample = shot_function,           \
        .finish = finish                                                                                       \
    }
static const struct benchmark list[] = {
    MEMORY("mem.map_unmap/2m/map", LARGE, shot_map),     MEMORY("mem.map_unmap/2m/unmap", LARGE, shot_unmap),
    MEMORY("mem.protect/2m", LARGE, shot_protect),       MEMORY("mem.map_unmap/4k/map", SMALL, shot_map),
    MEMORY("mem.map_unmap/4k/unmap", SMALL, shot_unmap), MEMORY("mem.protect/4k", SMALL, shot_protect),
};
BENCHMARKS(150, memory, list);
