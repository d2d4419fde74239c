/* Addresses at which cases with large frames, or with page tables of their own, map: nobody else uses
 * that gigabyte. */
#ifndef CONFORM_LARGE_H
#define CONFORM_LARGE_H

#include "frame/fault.h"

enum {
    RO = RIGHT_READ,
    RW = RIGHT_READ | RIGHT_WRITE,
    RX = RIGHT_READ | RIGHT_EXECUTE,
    PAGE = 4096,
    PAGE_BITS = 12,
    LARGE_BITS = 21,
    HUGE_BITS = 30,
    LARGE = 1 << LARGE_BITS,
};

static const uint64_t AREA = 0x2000000000; /* its tables belong to the case, all but the highest */

/* The words of memory that the case has mapped. */
static inline volatile uint64_t *words(uint64_t address)
{
    return (volatile uint64_t *)address; /* NOLINT: it has */
}

/* Makes the page tables that a frame of 2^bits bytes needs there, as objects of the case; their slots, the
   lowest last, in table[], which may be NULL. Returns how many had to be made. */
unsigned area_tables(cap_t space, uint64_t vaddr, unsigned bits, uint64_t table[3]);
/* The same, and maps the frame. */
void area_map(uint64_t frame, cap_t space, uint64_t vaddr, unsigned rights);

/* The boot info's entry for the device memory that holds paddr; NULL: there is none. */
const struct bootinfo_untyped *device_at(uint64_t paddr);
/* The untyped of 2^bits bytes of device memory at paddr, cut out of the one that holds it; 0: there is none. */
uint64_t device_untyped(uint64_t paddr, unsigned bits);
/* Slot of a frame of 2^bits bytes of device memory at paddr, cut out of what the boot info names. */
uint64_t device_frame(uint64_t paddr, unsigned bits);

#endif
