/* The I/O APICs (82093AA data sheet): lines of devices to vectors of the CPU. What the objects need from them
   is in arch.h. */
#ifndef BATON_IOAPIC_H
#define BATON_IOAPIC_H

struct acpi;

/* Finds and masks all lines. pre: paging_init, apic_init */
void ioapic_init(const struct acpi *acpi);

#endif
