/* The kernel's page tables. */
#ifndef BATON_PAGING_H
#define BATON_PAGING_H

#include <stdint.h>

/* Physical addresses [start, end), multiples of 4 KiB. */
struct region {
    uint64_t start, end;
};

/* Builds the final tables over this RAM, in order and without overlaps, and loads them. pre: the boot tables, which
   map the first 4 GiB at their physical addresses; the list stays where it is. */
void paging_init(const struct region *ram, unsigned count);
/* above: a cleared page for a table, which is never given back (boot/memory.c). */
uint64_t boot_page(void);
/* Physical end of the kernel's image, with its padding to whole large pages. */
uint64_t kernel_image_end(void);
/* One page of device registers, uncached, for the kernel's own use; NULL when it is RAM. pre: there is no address space yet, since
   these copy the upper half of the root once */
volatile uint32_t *paging_map_device(uint64_t phys);
/* Device registers that the kernel uses itself, that page among them: such memory is never given to ring 3. */
extern struct region device_kept[];
extern unsigned device_kept_count;

#endif
