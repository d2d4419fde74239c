/* Physical addresses, and one entry of a page table (SDM vol. 3, 4.5). Inline, and the same for the host's
 * tests, whose tables are real ones. */
#ifndef BATON_PAGE_ENTRY_H
#define BATON_PAGE_ENTRY_H

#include <stdbool.h>
#include <stdint.h>
#include "abi/abi.h"
#include "arch/x86_64/layout.h"

/* An object's address in the kernel is its physical address plus this; the host's tests say 0. */
#ifndef OBJECT_BASE
#define OBJECT_BASE PHYSMAP
#endif

enum {
    PTE_PRESENT = 1 << 0,
    PTE_WRITE = 1 << 1,
    PTE_USER = 1 << 2,
    PTE_WRITE_THROUGH = 1 << 3, /* PWT: bit 0 of the index in the PAT */
    PTE_CACHE_DISABLE = 1 << 4, /* PCD: bit 1 */
    PTE_LARGE = 1 << 7,         /* at levels 2 and 3 */
    PTE_GLOBAL = 1 << 8,
};

#define PTE_NX (1ull << 63)
#define PTE_ADDRESS 0x000ffffffffff000ull

static inline uint64_t arch_phys(uint64_t object)
{
    return object - OBJECT_BASE;
}

static inline uint64_t arch_object(uint64_t phys)
{
    return phys + OBJECT_BASE;
}

static inline bool arch_entry_present(uint64_t entry)
{
    return entry & PTE_PRESENT;
}

/* Does it lead to another table? Only asked above level 1. The subtraction of PTE_PRESENT sets that bit if it
 * was clear. */
static inline bool arch_entry_table(uint64_t entry)
{
    return !((entry - PTE_PRESENT) & (PTE_PRESENT | PTE_LARGE));
}

static inline uint64_t arch_entry_phys(uint64_t entry)
{
    return entry & PTE_ADDRESS;
}

/* An entry at `level` for a page with these attributes: RIGHT_... | CACHE_... . The CACHE_ number is a Gray
   code of the index in the PAT, so that bit 2 of the index, which has another place in large pages, is never
   needed: write-back 0, write-through 1, uncached 3, write-combining 2 (cpu_init puts it there). */
static inline uint64_t arch_page_entry(uint64_t phys, unsigned level, unsigned attributes)
{
    unsigned cache = attributes >> CACHE_SHIFT, index = cache ^ cache >> 1;
    return phys | PTE_PRESENT | PTE_USER | (attributes & RIGHT_WRITE ? PTE_WRITE : 0) |
           (attributes & RIGHT_EXECUTE ? 0 : PTE_NX) | (uint64_t)index * PTE_WRITE_THROUGH |
           (level > 1 ? PTE_LARGE : 0);
}

/* The rights that arch_page_entry was given. */
static inline unsigned arch_entry_rights(uint64_t entry)
{
    return RIGHT_READ | (entry & PTE_WRITE ? (unsigned)RIGHT_WRITE : 0) |
           (entry & PTE_NX ? 0 : (unsigned)RIGHT_EXECUTE);
}

static inline uint64_t arch_table_entry(uint64_t phys)
{
    return phys | PTE_PRESENT | PTE_USER | PTE_WRITE;
}

static inline unsigned arch_table_index(uint64_t vaddr, unsigned level)
{
    return (unsigned)(vaddr >> (3 + 9 * level)) & 511;
}

#endif
