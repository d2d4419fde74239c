/* Sets of pages, kept as sorted lists. */
#include "boot/boot.h"
#include "debug/debug.h"

static void insert(struct region *list, unsigned *count, unsigned at, struct region r)
{
    if (*count == BOOT_REGIONS) {
        kprintf("baton: too many regions of memory: %lx to %lx is left out\n", r.start, r.end);
        return;
    }
    for (unsigned i = (*count)++; i > at; i--)
        list[i] = list[i - 1];
    list[at] = r;
}

static void take(struct region *list, unsigned *count, unsigned at)
{
    --*count;
    for (unsigned i = at; i < *count; i++)
        list[i] = list[i + 1];
}

void regions_add(struct region *list, unsigned *count, uint64_t start, uint64_t end)
{
    unsigned i = 0;
    if (start >= end)
        return;
    while (i < *count && list[i].end < start)
        i++;
    while (i < *count && list[i].start <= end) { /* it overlaps or touches: it becomes part of that */
        start = list[i].start < start ? list[i].start : start;
        end = list[i].end > end ? list[i].end : end;
        take(list, count, i);
    }
    insert(list, count, i, (struct region){start, end});
}

void regions_remove(struct region *list, unsigned *count, uint64_t start, uint64_t end)
{
    unsigned i = 0;
    while (i < *count && list[i].end <= start)
        i++;
    while (start < end && i < *count && list[i].start < end) {
        struct region old = list[i];
        take(list, count, i);
        if (old.start < start)
            insert(list, count, i++, (struct region){old.start, start});
        if (old.end > end)
            insert(list, count, i++, (struct region){end, old.end});
    }
}
