/* Memory before there is untyped memory: what the boot takes, and the rest for the root task. */
#include "arch.h"
#include "boot.h"
#include "debug.h"
#include "layout.h"
#include "memory.h"
#include "untyped.h"

enum { LOW_MEMORY_END = 0x100000, MIB2 = 1 << 21 };
#define IDENTITY_END 0x100000000ull /* the boot page tables reach no further */

extern char kernel_end[];

static struct boot_region free_memory[BOOT_REGIONS];
static unsigned free_count;
static bool in_physmap;

/* Takes [start, end) out of the free memory. */
static void exclude(uint64_t start, uint64_t end)
{
    for (unsigned i = 0; i < free_count; i++) {
        struct boot_region *r = &free_memory[i];
        if (start >= r->end || end <= r->start)
            continue;
        if (start > r->start && end < r->end) {
            if (free_count == BOOT_REGIONS)
                panic("more than %d regions of free memory", BOOT_REGIONS);
            free_memory[free_count++] = (struct boot_region){end, r->end};
            r->end = start;
        } else if (start > r->start) {
            r->end = start;
        } else {
            r->start = end < r->end ? end : r->end;
        }
    }
}

void boot_memory_init(struct boot_info *boot)
{
    uint64_t image_end = ((uintptr_t)kernel_end - KERNEL_VMA + MIB2 - 1) & ~(uint64_t)(MIB2 - 1);
    free_count = boot->region_count;
    for (unsigned i = 0; i < free_count; i++)
        free_memory[i] = boot->region[i];
    exclude(0, LOW_MEMORY_END);
    exclude(KERNEL_PHYS, image_end);
    for (unsigned i = 0; i < boot->module_count; i++)
        exclude(boot->module[i].start, (boot->module[i].end + 4095) & ~4095ull);
}

void boot_memory_in_physmap(void)
{
    in_physmap = true;
}

uint64_t boot_memory(unsigned bits)
{
    uint64_t size = 1ull << bits;
    for (unsigned i = 0; i < free_count; i++) {
        uint64_t end = free_memory[i].end < IDENTITY_END ? free_memory[i].end : IDENTITY_END;
        uint64_t start = (end - size) & ~(size - 1);
        if (end < size || start < free_memory[i].start || end <= free_memory[i].start)
            continue;
        exclude(start, start + size);
        arch_clear((void *)(in_physmap ? arch_object(start) : start), size);
        return start;
    }
    panic("out of memory at boot: no free block of 2^%u bytes", bits);
}

uint64_t boot_page(void)
{
    return boot_memory(12);
}

void boot_memory_rest(void (*give)(uint64_t paddr, unsigned bits))
{
    for (unsigned i = 0; i < free_count; i++) {
        uint64_t p = free_memory[i].start, end = free_memory[i].end;
        while (p < end) {
            unsigned bits = p ? (unsigned)__builtin_ctzll(p) : UNTYPED_BITS_MAX;
            while (p + (1ull << bits) > end)
                bits--;
            give(p, bits);
            p += 1ull << bits;
        }
    }
}
