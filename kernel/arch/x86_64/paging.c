/* Page tables (SDM vol. 3, 4.5): the kernel's own, made at boot, and the walk through users' ones and their entries.

   Kernel half: the image in 4 KiB pages, text read-only and executable, the rest never executable; RAM at
   PHYSMAP in the largest pages that fit, without the image, so that no alias of the text is writable.
   Everything there is global: one entry of the TLB serves every address space. */
#include "arch/x86_64/paging.h"

#include "abi/abi.h"
#include "arch/arch.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/layout.h"
#include "arch/x86_64/mitigate.h"
#include "cap/slot.h"
#include "cap/words.h"
#include "debug/debug.h"

#define CR3_KEEP_TLB (1ull << 63)

enum { MIB2 = 1 << 21, TABLE_ENTRIES = 512, UPPER_HALF = TABLE_ENTRIES / 2 };
#define GIB1 (1ull << 30)

extern char kernel_text_start[], kernel_text_end[], kernel_window_start[], kernel_window_end[];
extern char kernel_rodata_start[], kernel_rodata_end[], kernel_data_start[], kernel_end[];
extern char kernel_stack_guard[], entry_kpti_start[], entry_kpti_end[];

static uint64_t kernel_root[TABLE_ENTRIES] __attribute__((aligned(4096)));
/* KPTI: the upper half of address spaces, in which there is only the window. The kernel itself runs on its own root:
   it never needs the user's half, since it reaches user memory by PHYSMAP. */
static uint64_t window_root[TABLE_ENTRIES] __attribute__((aligned(4096)));
static const uint64_t *upper_half = &kernel_root[UPPER_HALF]; /* of every address space */

/* A table of the kernel's own: by its physical address while the boot tables are in use, later through
   PHYSMAP. */
static bool final_tables;

static uint64_t *table_at(uint64_t entry)
{
    uint64_t phys = entry & PTE_ADDRESS;
    return (uint64_t *)(final_tables ? arch_object(phys) : phys);
}

/* The entry for vaddr at `level` of the tables below this root, with tables made on the way. */
static uint64_t *entry_below(uint64_t *table, uint64_t vaddr, unsigned level)
{
    for (unsigned l = 4; l > level; l--) {
        uint64_t *entry = &table[arch_table_index(vaddr, l)];
        if (!(*entry & PTE_PRESENT))
            *entry = boot_page() | PTE_PRESENT | PTE_WRITE;
        table = table_at(*entry);
    }
    return &table[arch_table_index(vaddr, level)];
}

static void map_image(uint64_t *root, const char *start, const char *end, uint64_t flags)
{
    for (uint64_t v = (uintptr_t)start; v < (uintptr_t)end; v += 4096)
        *entry_below(root, v, 1) = (v - KERNEL_VMA) | flags | PTE_PRESENT | PTE_GLOBAL;
}

uint64_t kernel_image_end(void)
{
    return ((uintptr_t)kernel_end - KERNEL_VMA + MIB2 - 1) & ~(uint64_t)(MIB2 - 1);
}

static const struct region *ram;
static unsigned ram_count;

/* May there be a page of this size at p, which lies in the region? It is free of the kernel's image, and does not reach beyond
   the RAM: a page across two memory types would have an undefined one (SDM vol. 3, 12.11.4). */
static bool has_page(const struct region *r, uint64_t p, uint64_t size)
{
    bool in_image = p < kernel_image_end() && p + size > KERNEL_PHYS;
    return p % size == 0 && p + size <= r->end && !in_image;
}

/* RAM of one region in the largest pages that lie within it. */
static void map_region(const struct region *r)
{
    uint64_t flags = PTE_PRESENT | PTE_WRITE | PTE_GLOBAL | PTE_NX, size;
    for (uint64_t p = r->start; p < r->end; p += size) {
        size = cpu_features.page_1gib && has_page(r, p, GIB1) ? GIB1 : has_page(r, p, MIB2) ? MIB2 : 4096;
        unsigned level = size == GIB1 ? 3 : size == MIB2 ? 2 : 1;
        if (has_page(r, p, size))
            *entry_below(kernel_root, PHYSMAP + p, level) = p | flags | (level > 1 ? PTE_LARGE : 0);
    }
}

void paging_init(const struct region *regions, unsigned count)
{
    ram = regions, ram_count = count;
    map_image(kernel_root, kernel_text_start, kernel_text_end, 0);
    map_image(kernel_root, kernel_window_start, kernel_window_end, PTE_WRITE | PTE_NX);
    map_image(kernel_root, kernel_rodata_start, kernel_rodata_end, PTE_NX);
    map_image(kernel_root, kernel_data_start, kernel_end, PTE_WRITE | PTE_NX);
    *entry_below(kernel_root, (uintptr_t)kernel_stack_guard, 1) = 0;
    for (unsigned i = 0; i < count; i++)
        map_region(&ram[i]);
    if (mitigations & MITIGATE_KPTI) {
        map_image(window_root, entry_kpti_start, entry_kpti_end, 0);
        upper_half = &window_root[UPPER_HALF];
        map_image(window_root, kernel_window_start, kernel_window_end, PTE_WRITE | PTE_NX);
    }
    write_cr3((uintptr_t)kernel_root - KERNEL_VMA);
    final_tables = true;
}

/* What is the kernel's own: where the I/O APICs and the local APICs of a PC lie, and every page mapped below.
 */
enum { DEVICE_PAGES = 64 };
struct region device_kept[DEVICE_PAGES + 2] = {{0xfec00000, 0xfed00000}, {0xfee00000, 0xfef00000}};
unsigned device_kept_count = 2;

volatile uint32_t *paging_map_device(uint64_t phys)
{
    for (unsigned i = 0; i < ram_count; i++) {
        if (phys < ram[i].end && phys + 4096 > ram[i].start)
            return NULL;
    }
    uint64_t *entry = entry_below(kernel_root, PHYSMAP + phys, 1);
    *entry = phys | PTE_PRESENT | PTE_WRITE | PTE_GLOBAL | PTE_NX | PTE_WRITE_THROUGH | PTE_CACHE_DISABLE;
    if (device_kept_count == sizeof device_kept / sizeof device_kept[0])
        panic("more than %d pages of device registers", DEVICE_PAGES);
    device_kept[device_kept_count++] = (struct region){phys, phys + 4096};
    return (volatile uint32_t *)(PHYSMAP + phys);
}

uint64_t arch_kernel_cr3(void)
{
    return ((uintptr_t)kernel_root - KERNEL_VMA) | (cpu_features.pcid ? CR3_KEEP_TLB : 0);
}

uint64_t arch_space_cr3(const struct slot *space)
{
    uint64_t root = arch_phys(space->object);
    return cpu_features.pcid ? root | mapping_asid(space->data) | CR3_KEEP_TLB : root;
}

void arch_space_init(uint64_t *root, unsigned asid)
{
    if (cpu_features.pcid)
        invpcid(INVPCID_CONTEXT, asid, 0);
    arch_copy_words(&root[UPPER_HALF], upper_half, TABLE_ENTRIES - UPPER_HALF);
}

static bool current_space(const uint64_t *root)
{
    return (read_cr3() & PTE_ADDRESS) == arch_phys((uintptr_t)root);
}

void arch_space_flush(const uint64_t *root, unsigned asid)
{
    if (cpu_features.pcid)
        invpcid(INVPCID_CONTEXT, asid, 0);
    else if (current_space(root))
        write_cr3(read_cr3());
}

void arch_flush_page(const uint64_t *root, unsigned asid, uint64_t vaddr)
{
    if (current_space(root))
        invlpg(vaddr);
    else if (cpu_features.pcid)
        invpcid(INVPCID_ADDRESS, asid, vaddr);
}

bool arch_has_page(unsigned bits)
{
    return bits == 12 || bits == 21 || (bits == 30 && cpu_features.page_1gib);
}
