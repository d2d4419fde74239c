/* The local APIC and its timer (SDM vol. 3, chapter 11), calibrated against channel 2 of the PIT. */
#include "timer.h"

#include "abi.h"
#include "arch.h"
#include "cpu.h"
#include "debug.h"
#include "paging.h"

enum {
    APIC_EOI = 0xb0,
    APIC_SPURIOUS = 0xf0,
    APIC_LVT_TIMER = 0x320,
    APIC_LVT_LINT0 = 0x350,
    APIC_INITIAL = 0x380,
    APIC_CURRENT = 0x390,
    APIC_DIVIDE = 0x3e0,
    APIC_ENABLE = 0x100,
    APIC_MASKED = 0x10000,
    APIC_PERIODIC = 0x20000,
    DIVIDE_BY_16 = 3,
};

enum {
    PIT_HZ = 1193182,
    PIT_CHANNEL_2 = 0x42,
    PIT_COMMAND = 0x43,
    PIT_GATE = 0x61,
    CALIBRATE_HZ = 200, /* a window is one two-hundredth of a second */
    CALIBRATIONS = 5,
};

uint64_t tsc_hz;
static volatile uint32_t *apic;

static uint32_t apic_read(unsigned reg)
{
    return apic[reg / 4];
}

static void apic_write(unsigned reg, uint32_t value)
{
    apic[reg / 4] = value;
}

/* Both PICs moved off the exception vectors, then every line masked: interrupts come by the APICs only. */
static void pic_silence(void)
{
    static const uint8_t setup[][2] = {{0x20, 0x11}, {0xa0, 0x11}, {0x21, 0xf0}, {0xa1, 0xf8}, {0x21, 4},
                                       {0xa1, 2},    {0x21, 1},    {0xa1, 1},    {0x21, 0xff}, {0xa1, 0xff}};
    for (unsigned i = 0; i < sizeof setup / sizeof setup[0]; i++)
        outb(setup[i][0], setup[i][1]);
}

/* Waits 1 / CALIBRATE_HZ seconds. */
static void pit_wait(void)
{
    unsigned count = PIT_HZ / CALIBRATE_HZ;
    outb(PIT_GATE, (uint8_t)((inb(PIT_GATE) & ~2) | 1));
    outb(PIT_COMMAND, 0xb0); /* channel 2, both bytes, mode 0: output rises at the end */
    outb(PIT_CHANNEL_2, (uint8_t)count);
    outb(PIT_CHANNEL_2, (uint8_t)(count >> 8));
    while (!(inb(PIT_GATE) & 0x20))
        ;
}

/* Ticks of both clocks in one window, if they are fewer than before: a hypervisor that does not run us for a
   while can only make a window longer. */
static void calibrate(uint32_t *apic_ticks, uint64_t *tsc_ticks)
{
    apic_write(APIC_INITIAL, 0xffffffff);
    uint32_t apic_start = apic_read(APIC_CURRENT);
    uint64_t tsc_start = rdtsc();
    pit_wait();
    uint32_t apic_now = apic_start - apic_read(APIC_CURRENT);
    uint64_t tsc_now = rdtsc() - tsc_start;
    if (apic_now < *apic_ticks)
        *apic_ticks = apic_now;
    if (tsc_now < *tsc_ticks)
        *tsc_ticks = tsc_now;
}

void timer_init(void)
{
    pic_silence();
    uint64_t base = rdmsr(MSR_APIC_BASE);
    wrmsr(MSR_APIC_BASE, base | 0x800);
    apic = paging_map_device(base & 0xffffff000);
    apic_write(APIC_SPURIOUS, APIC_ENABLE | VECTOR_SPURIOUS);
    apic_write(APIC_LVT_LINT0, APIC_MASKED);
    apic_write(APIC_DIVIDE, DIVIDE_BY_16);
    apic_write(APIC_LVT_TIMER, APIC_MASKED);
    uint32_t apic_ticks = 0xffffffff;
    uint64_t tsc_ticks = ~0ull;
    for (int i = 0; i < CALIBRATIONS; i++)
        calibrate(&apic_ticks, &tsc_ticks);
    tsc_hz = tsc_ticks * CALIBRATE_HZ;
    if (apic_ticks == 0)
        panic("the local APIC's timer does not count");
    apic_write(APIC_LVT_TIMER, APIC_PERIODIC | VECTOR_TIMER);
    apic_write(APIC_INITIAL, (uint32_t)((uint64_t)apic_ticks * CALIBRATE_HZ / TICK_HZ));
}

void timer_eoi(void)
{
    apic_write(APIC_EOI, 0);
}
