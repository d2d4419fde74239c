/* The local APIC (SDM vol. 3, chapter 11). */
#ifndef BATON_APIC_H
#define BATON_APIC_H

#include <stdint.h>

enum { VECTOR_SPURIOUS = 0xff };

enum apic_register {
    APIC_ID = 0x20,
    APIC_EOI = 0xb0,
    APIC_SPURIOUS = 0xf0,
    APIC_LVT_TIMER = 0x320,
    APIC_LVT_LINT0 = 0x350,
    APIC_INITIAL = 0x380,
    APIC_CURRENT = 0x390,
    APIC_DIVIDE = 0x3e0,
};

enum { APIC_MASKED = 0x10000 }; /* in any entry of the local vector table */

/* Turns it on, and silences the legacy PICs. */
void apic_init(void);
uint32_t apic_read(enum apic_register reg);
void apic_write(enum apic_register reg, uint32_t value);
/* The interrupt in service has been handled. */
void apic_eoi(void);

#endif
