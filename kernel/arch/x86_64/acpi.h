/* What ACPI says about the interrupt controllers, in its MADT (ACPI 6.4, 5.2.12), and of a timer, in its FADT
 * (5.2.9). */
#ifndef BATON_ACPI_H
#define BATON_ACPI_H

#include <stdint.h>

enum { ISA_LINES = 16, ACPI_IOAPICS = 32, ACPI_RSDP_BYTES = 36, PM_TIMER_HZ = 3579545 };

struct acpi_ioapic {
    uint32_t address, first; /* global number of its first pin */
};

struct acpi {
    unsigned ioapic_count, odd_entries; /* of the MADT, that were left out */
    struct acpi_ioapic ioapic[ACPI_IOAPICS];
    uint8_t rsdp
        [ACPI_RSDP_BYTES]; /* the root pointer; all 0: there is none. An old one has 20 bytes, and zeros after them */
    uint16_t pm_timer;       /* port of a counter of PM_TIMER_HZ, 24 bits or more wide; 0: there is none */
    uint32_t isa[ISA_LINES]; /* where the 16 ISA lines are connected: a global number, IRQ_LEVEL, IRQ_LOW */
};

/* `bytes` bytes of physical memory from `phys` on, or NULL where they cannot be read. */
typedef const uint8_t *acpi_memory(uint64_t phys, uint64_t bytes);

/* Reads both by the RSDP that the boot loader copied to `rsdp`, or, when that is 0 or not sound, by the one in
   the BIOS's areas. Returns NULL, or why there is no I/O APIC in the tables; then *to has one where PCs have
   it. An odd entry of the MADT is left out, and the others count; a FADT that is not there or not sound only
   leaves pm_timer 0. level: the ISA lines that the PICs take as level triggered, bit 0
   for line 0, which counts where the tables say nothing. */
const char *acpi_read(struct acpi *to, uint64_t rsdp, acpi_memory *memory, unsigned level);

#endif
