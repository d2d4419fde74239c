#include "arch/x86_64/apic.h"

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/paging.h"
#include "debug/debug.h"

enum { APIC_ENABLE = 0x100, APIC_BASE_X2APIC = 0x400, APIC_BASE_ENABLE = 0x800, XAPIC_ID_SHIFT = 24 };
enum { APIC_VECTORS = 256, LAST_ENTRY_WITH_COUNTERS = 4 /* by the version register */ };
#define APIC_BASE_ADDRESS 0xffffff000ull

volatile uint32_t *apic;

uint32_t apic_id(void)
{
    return apic ? apic_read(APIC_ID) >> XAPIC_ID_SHIFT : apic_read(APIC_ID);
}

/* Nothing that was left on may come. LINT1 brings NMIs, the thermal sensor may be firmware's: they stay. */
static void mask_sources(void)
{
    apic_write(APIC_LVT_TIMER, APIC_MASKED);
    apic_write(APIC_INITIAL, 0);
    apic_write(APIC_LVT_LINT0, APIC_MASKED);
    apic_write(APIC_LVT_ERROR, APIC_MASKED);
    if ((apic_read(APIC_VERSION) >> 16 & 0xff) >= LAST_ENTRY_WITH_COUNTERS)
        apic_write(APIC_LVT_COUNTERS, APIC_MASKED);
}

/* What ran before may have taken interrupts and never ended them: none of their priority or below would come
   again, and a vector of an exception would be taken for one. An EOI ends the most urgent one (11.8.5). */
static void end_all_in_service(void)
{
    for (unsigned i = 0; i < APIC_VECTORS; i++) {
        uint32_t any = 0;
        for (unsigned v = 0; v < APIC_VECTORS; v += 32)
            any |= apic_read(APIC_IN_SERVICE + v / 32 * 0x10);
        if (!any)
            return;
        apic_eoi();
    }
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
    if (!cpu_features.apic) /* without one the register below need not exist (SDM vol. 3, 11.4.2) */
        panic("this CPU has no local APIC, or firmware has switched it off");
    pic_silence();
    uint64_t base = rdmsr(MSR_APIC_BASE);
    wrmsr(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
    if (!(base & APIC_BASE_X2APIC))
        apic = paging_map_device(base & APIC_BASE_ADDRESS);
    apic_write(APIC_TASK_PRIORITY, 0); /* and firmware may have set one below which nothing comes through */
    apic_write(APIC_SPURIOUS, APIC_ENABLE | VECTOR_SPURIOUS);
    mask_sources();
    end_all_in_service();
}
