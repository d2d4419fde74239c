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

/* The flags of an entry for a page with these attributes, RIGHT_... | CACHE_...; 0 where they do not go together: READ is
   needed, and WRITE with EXECUTE is not to be had (W^X). A table: computing them is a good part of what a mapping costs. The
   CACHE_ number is a Gray code of the index in the PAT, so that bit 2 of the index, which has another place in large pages, is
   never needed: write-back 0, write-through 1, uncached 3, write-combining 2 (cpu_init puts it there). */
static inline uint64_t arch_page_flags(uint64_t attributes)
{
    enum { UNIT = RIGHT_READ, ALL = RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE | CACHE_WRITE_COMBINING };
#define ROWS(cache, flags)                                                                                     \
    [((cache) | RIGHT_READ) / UNIT] = (flags) | PTE_PRESENT | PTE_USER | PTE_NX,                               \
    [((cache) | RIGHT_READ | RIGHT_WRITE) / UNIT] = (flags) | PTE_PRESENT | PTE_USER | PTE_NX | PTE_WRITE,     \
    [((cache) | RIGHT_READ | RIGHT_EXECUTE) / UNIT] = (flags) | PTE_PRESENT | PTE_USER
    static const uint64_t flags_of[ALL / UNIT + 1] = {
        ROWS(CACHE_WRITE_BACK, 0),
        ROWS(CACHE_WRITE_THROUGH, PTE_WRITE_THROUGH),
        ROWS(CACHE_UNCACHED, PTE_WRITE_THROUGH | PTE_CACHE_DISABLE),
        ROWS(CACHE_WRITE_COMBINING, PTE_CACHE_DISABLE),
    };
#undef ROWS
    uint64_t known = attributes & ALL;
    bool all_known = known == attributes;
    __asm__("" : "+r"(known)); /* speculation gets past the test, but not out of the table */
    return all_known ? flags_of[known / UNIT] : 0;
}

/* pre: the attributes go together */
static inline uint64_t arch_page_entry(uint64_t phys, unsigned level, uint64_t attributes)
{
    return phys | arch_page_flags(attributes) | (level > 1 ? PTE_LARGE : 0);
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

/* Walks the tables of an address space towards the entry for vaddr at `level` (1: 4 KiB page, 4: the root). The
   walk ends above that where there is no lower table: at an entry that is not present, or is a large page. */
struct walk {
    uint64_t *entry;
    unsigned level;
};

static inline __attribute__((always_inline)) struct walk arch_walk(uint64_t *root, uint64_t vaddr,
                                                                   unsigned level)
{
    uint64_t *entry = &root[arch_table_index(vaddr, 4)];
    unsigned l = 4;
#pragma GCC unroll 3
    for (; l > 1; l--) {
        if (l == level || !arch_entry_table(*entry))
            break;
        uint64_t *table = (uint64_t *)arch_object(*entry & PTE_ADDRESS);
        entry = &table[arch_table_index(vaddr, l - 1)];
    }
    return (struct walk){entry, l};
}

#endif
