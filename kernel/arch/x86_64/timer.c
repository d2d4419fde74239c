/* The local APIC's timer (SDM vol. 3, 11.5.4), calibrated against channel 2 of the PIT. */
#include "timer.h"

#include "abi.h"
#include "apic.h"
#include "cpu.h"
#include "debug.h"

enum { APIC_PERIODIC = 0x20000, DIVIDE_BY_16 = 3 };

enum {
    PIT_HZ = 1193182,
    PIT_CHANNEL_2 = 0x42,
    PIT_COMMAND = 0x43,
    PIT_GATE = 0x61,
    CALIBRATE_HZ = 200, /* a window is one two-hundredth of a second */
    CALIBRATIONS = 5,
};

uint64_t tsc_hz;

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
