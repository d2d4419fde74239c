#include "apic.h"

#include "cpu.h"
#include "paging.h"

enum { APIC_ENABLE = 0x100, APIC_BASE_X2APIC = 0x400, APIC_BASE_ENABLE = 0x800, XAPIC_ID_SHIFT = 24 };
#define APIC_BASE_ADDRESS 0xffffff000ull

volatile uint32_t *apic;

uint32_t apic_id(void)
{
    return apic ? apic_read(APIC_ID) >> XAPIC_ID_SHIFT : apic_read(APIC_ID);
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
    if (!(base & APIC_BASE_X2APIC))
        apic = paging_map_device(base & APIC_BASE_ADDRESS);
    apic_write(APIC_TASK_PRIORITY, 0); /* and firmware may have left one below which nothing comes through */
    apic_write(APIC_SPURIOUS, APIC_ENABLE | VECTOR_SPURIOUS);
    apic_write(APIC_LVT_LINT0, APIC_MASKED);
}
