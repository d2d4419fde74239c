/* What the boot loader told us, in one form for multiboot 1 and 2, and memory for what the kernel needs before
   there is retype. */
#ifndef BATON_BOOT_H
#define BATON_BOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi/bootinfo.h"
#include "arch/x86_64/paging.h"

enum { BOOT_REGIONS = 256, BOOT_MODULES = 16, BOOT_CMDLINE = 256, BOOT_NAME = 32 };

struct boot_module {
    uint64_t start, end; /* physical; end is start plus its size */
    char name[BOOT_NAME];
};

struct boot_info {
    char cmdline[BOOT_CMDLINE];
    uint64_t rsdp;               /* where the loader left a copy of ACPI's root pointer; 0: nowhere */
    const uint8_t *root_pointer; /* BOOTINFO_RSDP_MAX bytes: what was found of it, there or elsewhere */
    struct bootinfo_screen screen;
    struct bootinfo_counter counter[PMU_EVENTS];
    unsigned region_count, module_count;
    struct region region[BOOT_REGIONS]; /* RAM, in order, without overlaps */
    struct boot_module module[BOOT_MODULES];
};

/* multiboot.c: reads what the loader left at `info`. Panics when it is neither multiboot 1 nor 2, or says more
   than the tables hold. */
void multiboot_read(struct boot_info *boot, uint32_t magic, uint32_t info);
/* One more module for the root task. Panics when there are BOOT_MODULES already, or when it does not begin with a page. */
void add_module(struct boot_info *boot, uint64_t start, uint64_t end, const char *string);
/* The value of key=value on the kernel's command line, as far as it fits; the last one when there are several;
   false when there is none. */
bool cmdline_get(const struct boot_info *boot, const char *key, char *value, size_t size);

/* regions.c: lists of at most BOOT_REGIONS regions, in order, no two of which overlap or touch, none empty. What does
   not fit is left out, in a line. */
void regions_add(struct region *list, unsigned *count, uint64_t start, uint64_t end);
void regions_remove(struct region *list, unsigned *count, uint64_t start, uint64_t end);

/* memory.c. RAM beyond what the CPU can address, by its physical_bits, is forgotten. Panics when a module does not lie in RAM. */
void boot_memory_init(struct boot_info *boot, unsigned physical_bits);
/* Cleared memory of 2^bits bytes, aligned to that, that is never given back: its physical address. Panics
   when there is none. pre: 12 <= bits */
uint64_t boot_memory(unsigned bits);
/* Set when the final page tables are loaded: physical memory is no longer at its own addresses. */
extern bool boot_memory_in_physmap;
/* Calls give(paddr, bits) for all memory that is left, in blocks aligned to their size; boot_memory may not be called
   afterwards. */
void boot_memory_rest(void (*give)(uint64_t paddr, unsigned bits));
/* The same, after it, for all physical addresses of this many bits that are not RAM by the memory map, nor kept by the kernel. */
void boot_device_memory(const struct boot_info *boot, unsigned physical_bits,
                        void (*give)(uint64_t paddr, unsigned bits));

/* root.c: makes the root task from module 0 and gives it everything. */
void root_create(const struct boot_info *boot, bool fastpath, bool trace);

#endif
