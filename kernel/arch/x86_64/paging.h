/* The kernel's page tables. */
#ifndef BATON_PAGING_H
#define BATON_PAGING_H

#include <stdint.h>

struct boot_info;

/* Builds the final tables from the memory map and loads them. pre: the boot tables, which map the first
   4 GiB at their physical addresses. */
void paging_init(const struct boot_info *boot);
/* One page of device registers, uncached, for the kernel's own use; NULL when it is RAM. */
volatile uint32_t *paging_map_device(uint64_t phys);

#endif
