#include "apic.h"

#include "cpu.h"
#include "paging.h"

enum { APIC_ENABLE = 0x100, APIC_BASE_ENABLE = 0x800 };
#define APIC_BASE_ADDRESS 0xffffff000ull

static volatile uint32_t *apic;

uint32_t apic_read(enum apic_register reg)
{
    return apic[reg / 4];
}

void apic_write(enum apic_register reg, uint32_t value)
{
    apic[reg / 4] = value;
}

void apic_eoi(void)
{
    apic_write(APIC_EOI, 0);
}

/* Both PICs moved off the exception vectors, then every line masked: interrupts come by the APICs only. */
static void pic_silence(void)
{
    static const uint8_t setup[][2] = {{0x20, 0x11}, {0xa0, 0x11}, {0x21, 0xf0}, {0xa1, 0xf8}, {0x21, 4},
                                       {0xa1, 2},    {0x21, 1},    {0xa1, 1},    {0x21, 0xff}, {0xa1, 0xff}};
    for (unsigned i = 0; i < sizeof setup / sizeof setup[0]; i++)
        outb(setup[i][0], setup[i][1]);
}

void apic_init(void)
{
    pic_silence();
    uint64_t base = rdmsr(MSR_APIC_BASE);
    wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
    apic = paging_map_device(base & APIC_BASE_ADDRESS);
    apic_write(APIC_SPURIOUS, APIC_ENABLE | VECTOR_SPURIOUS);
    apic_write(APIC_LVT_LINT0, APIC_MASKED);
}
