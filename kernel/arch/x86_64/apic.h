/* The local APIC (SDM vol. 3, chapter 11). */
#ifndef BATON_APIC_H
#define BATON_APIC_H

#include <stdint.h>
#include "cpu.h"

enum { VECTOR_SPURIOUS = 0xff };

enum apic_register {
    APIC_ID = 0x20,
    APIC_TASK_PRIORITY = 0x80,
    APIC_EOI = 0xb0,
    APIC_SPURIOUS = 0xf0,
    APIC_LVT_TIMER = 0x320,
    APIC_LVT_LINT0 = 0x350,
    APIC_INITIAL = 0x380,
    APIC_CURRENT = 0x390,
    APIC_DIVIDE = 0x3e0,
};

enum { APIC_MASKED = 0x10000 }; /* in any entry of the local vector table */

/* Its registers; NULL in x2APIC mode, in which firmware may hand it over, and which not every CPU can leave
   (11.12). */
extern volatile uint32_t *apic;

static inline uint32_t apic_read(enum apic_register reg)
{
    return apic ? apic[reg / 4] : (uint32_t)rdmsr(MSR_X2APIC + reg / 16);
}

static inline void apic_write(enum apic_register reg, uint32_t value)
{
    if (apic)
        apic[reg / 4] = value;
    else
        wrmsr(MSR_X2APIC + reg / 16, value);
}

/* The interrupt in service has been handled. */
static inline void apic_eoi(void)
{
    apic_write(APIC_EOI, 0);
}

/* Turns it on, and silences the legacy PICs. */
void apic_init(void);
/* As messages to it carry it. */
uint32_t apic_id(void);

#endif
