/* The local APIC (SDM vol. 3, chapter 11), and the I/O APICs (82093AA data sheet), which send lines of devices to its vectors. */
#ifndef BATON_APIC_H
#define BATON_APIC_H

#include <stdbool.h>
#include <stdint.h>
#include "arch/x86_64/cpu.h"

struct acpi;

enum { VECTOR_SPURIOUS = 0xff };

enum apic_register {
    APIC_ID = 0x20,
    APIC_VERSION = 0x30,
    APIC_TASK_PRIORITY = 0x80,
    APIC_EOI = 0xb0,
    APIC_SPURIOUS = 0xf0,
    APIC_IN_SERVICE = 0x100, /* the first of eight, of 32 vectors each */
    APIC_LVT_TIMER = 0x320,
    APIC_LVT_COUNTERS = 0x340,
    APIC_LVT_LINT0 = 0x350,
    APIC_LVT_ERROR = 0x370,
    APIC_INITIAL = 0x380,
    APIC_CURRENT = 0x390,
    APIC_DIVIDE = 0x3e0,
};

enum { APIC_MASKED = 0x10000 }; /* in any entry of the local vector table */

/* Its registers; NULL in x2APIC mode, in which firmware may hand it over and which not every CPU can leave
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

/* Is an interrupt of this vector being served? For 16 vectors only that tells it from the exception of
   that number: from a device that writes messages the local APIC takes any from 16 on (10.11.1 there). */
static inline bool apic_in_service(unsigned vector)
{
    return apic_read(APIC_IN_SERVICE + vector / 32 * 0x10) >> vector % 32 & 1;
}

/* Turns it on, and silences the legacy PICs. */
void apic_init(void);
/* As messages to it carry it. */
uint32_t apic_id(void);
/* Finds and masks all lines. What the objects need from the I/O APICs is in arch.h. pre: paging_init, apic_init */
void ioapic_init(const struct acpi *acpi);

#endif
