/* Memory before there is untyped memory: what the boot takes, and the rest for the root task. */
#include "arch/arch.h"
#include "arch/x86_64/layout.h"
#include "boot/boot.h"
#include "debug/debug.h"
#include "object/untyped.h"

enum { LOW_MEMORY_END = 0x100000 };
#define IDENTITY_END 0x100000000ull /* the boot page tables reach no further */
#define CHIPSET_START 0xfec00000ull /* from here to 4 GiB a PC has its APICs and firmware, whatever a memory map says */

static struct region free_memory[BOOT_REGIONS];
static unsigned free_count;
bool boot_memory_in_physmap;

static void exclude(uint64_t start, uint64_t end)
{
    regions_remove(free_memory, &free_count, start, end);
}

/* The first address that no object can have: the numbers of objects above UNTYPED_BITS_MAX would be those of
   other capabilities, too. */
static uint64_t addresses_end(unsigned physical_bits)
{
    return 1ull << (physical_bits < UNTYPED_BITS_MAX ? physical_bits : UNTYPED_BITS_MAX);
}

static uint64_t pages_end(const struct boot_module *m)
{
    return (m->end + 4095) & ~4095ull;
}

/* Regions are whole pages. */
static bool lies_in_ram(const struct boot_info *boot, const struct boot_module *m)
{
    for (unsigned i = 0; i < boot->region_count; i++) {
        if (m->start >= boot->region[i].start && m->end <= boot->region[i].end)
            return m->start <= m->end && (m->start >= kernel_image_end() || pages_end(m) <= KERNEL_PHYS);
    }
    return false;
}

/* The kernel reaches only what the map calls RAM, and gives each page of a module away once. */
static void check_module(const struct boot_info *boot, unsigned number)
{
    const struct boot_module *m = &boot->module[number], *other = boot->module;
    if (!lies_in_ram(boot, m))
        panic("boot module %s at %lx to %lx does not lie in free RAM", m->name, m->start, m->end);
    for (; other < m; other++) {
        if (m->start < pages_end(other) && other->start < pages_end(m))
            panic("boot modules %s and %s overlap, at %lx to %lx and %lx to %lx", other->name, m->name,
                  other->start, other->end, m->start, m->end);
    }
}

void boot_memory_init(struct boot_info *boot, unsigned physical_bits)
{
    regions_remove(boot->region, &boot->region_count, addresses_end(physical_bits), ~0ull);
    regions_remove(boot->region, &boot->region_count, CHIPSET_START, IDENTITY_END);
    for (unsigned i = 0; i < boot->module_count; i++)
        check_module(boot, i);
    free_count = boot->region_count;
    for (unsigned i = 0; i < free_count; i++)
        free_memory[i] = boot->region[i];
    exclude(0, LOW_MEMORY_END);
    exclude(KERNEL_PHYS, kernel_image_end());
    for (unsigned i = 0; i < boot->module_count; i++)
        exclude(boot->module[i].start, pages_end(&boot->module[i]));
}

uint64_t boot_memory(unsigned bits)
{
    uint64_t size = 1ull << bits;
    for (unsigned i = 0; i < free_count; i++) {
        uint64_t end = free_memory[i].end < IDENTITY_END ? free_memory[i].end : IDENTITY_END;
        uint64_t start = (end - size) & ~(size - 1);
        if (end < size || start < free_memory[i].start)
            continue;
        exclude(start, start + size);
        arch_clear((void *)(boot_memory_in_physmap ? arch_object(start) : start), size);
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

/* The list of what is free is made anew: it is given away. */
void boot_device_memory(const struct boot_info *boot, unsigned physical_bits,
                        void (*give)(uint64_t paddr, unsigned bits))
{
    free_count = 0;
    regions_add(free_memory, &free_count, 0, addresses_end(physical_bits));
    exclude(KERNEL_PHYS, kernel_image_end());
    for (unsigned i = 0; i < device_kept_count; i++)
        exclude(device_kept[i].start, device_kept[i].end);
    for (unsigned i = 0; i < boot->region_count; i++)
        exclude(boot->region[i].start, boot->region[i].end);
    boot_memory_rest(give);
}
