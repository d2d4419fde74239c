/* bench/evict.c on this machine's own CPU, which has caches: a load after evict() must take longer than one
   before it. How much is not checked: what else runs here is not known. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "evict.h"
#include "harness.h"
#include "shot.h"

enum { SLOTS = 1 << 14, MEMORY_BITS = 28 }; /* evict() takes half of it at most */

struct shot shot;
void (*shot_hook)(bool before);
static struct bootinfo boot = {.untyped_count = 1, .untyped = {{.size_bits = MEMORY_BITS}}};
const struct bootinfo *suite_boot = &boot;
static struct evictor told;
static uint64_t next_slot = 16;
static struct {
    unsigned bits;
    void *at;
} frame[SLOTS];

void fail(const char *format, ...)
{
    printf("not ok evict: %s\n", format);
    exit(1);
}

void must(long result, const char *what)
{
    if (result != 0)
        fail("%s", what);
}

uint64_t slot_new(void)
{
    return next_slot < SLOTS ? next_slot++ : (fail("no slot"), 0);
}

void slot_free(uint64_t slot)
{
    (void)slot;
}

long object_try(unsigned type, unsigned size_bits, uint64_t slot)
{
    frame[slot].bits = type == TYPE_FRAME ? size_bits : 0;
    return 0;
}

uint64_t object_new(unsigned type, unsigned size_bits)
{
    uint64_t slot = slot_new();
    object_try(type, size_bits, slot);
    return slot;
}

long map_frame(uint64_t slot, cap_t space, uint64_t vaddr, unsigned rights)
{
    (void)space, (void)rights;
    size_t bytes = (size_t)1 << frame[slot].bits;
    int how = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_POPULATE;
    frame[slot].at = mmap((void *)(uintptr_t)vaddr, bytes, PROT_READ | PROT_WRITE, how, -1, 0);
    if (frame[slot].at != (void *)(uintptr_t)vaddr)
        return -1;
    for (size_t i = 0; i < bytes; i += 4096)
        ((char *)frame[slot].at)[i] = 1; /* memory of its own: all zero pages are one */
    return 0;
}

long host_protect(cap_t cap, unsigned rights)
{
    uint64_t slot = cap >> SLOT_BITS;
    return mprotect(frame[slot].at, (size_t)1 << frame[slot].bits,
                    rights == (RIGHT_READ | RIGHT_EXECUTE) ? PROT_READ | PROT_EXEC : PROT_NONE);
}

void event_cold(const struct evictor *e)
{
    told = *e;
}

int main(void)
{
    evict_open();
    printf("evict: cache %lu, walk %lu, pages %lu, code %lu, a load takes %lu and %lu\n", told.cache, told.walk,
           told.pages, told.code, told.hit, told.miss);
    bool works = told.miss > told.hit + told.hit / 2 && told.walk >= 1 << 21 && told.pages > 4000 &&
                 told.code == 512 << 10;
    printf(works ? "ok evict: a load after it takes longer\n"
                 : "not ok evict: a load after it does not take longer\n");
    return !works;
}
