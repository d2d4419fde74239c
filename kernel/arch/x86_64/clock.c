/* The local APIC's timer (SDM vol. 3, 11.5.4), calibrated against channel 2 of the PIT, or, where the PIT
   has no clock (firmware may turn it off), against the ACPI power-management timer. It counts down once, to
   the next tick of the time slices or to the first deadline of a timer, whichever comes first. Time is the
   time-stamp counter. */
#include "arch/x86_64/clock.h"

#include "abi/abi.h"
#include "arch/arch.h"
#include "arch/x86_64/acpi.h"
#include "arch/x86_64/apic.h"
#include "arch/x86_64/cpu.h"
#include "debug/debug.h"

enum { DIVIDE_BY_1 = 11 };

enum {
    PIT_HZ = 1193182,
    PIT_CHANNEL_2 = 0x42,
    PIT_COMMAND = 0x43,
    PIT_GATE = 0x61,
    PIT_OUTPUT = 0x20,
    WINDOW = PIT_HZ / 200, /* five milliseconds */
    PM_WINDOW = 3 * WINDOW,
    PM_MASK = 0xffffff,
    CALIBRATIONS = 5,
    BETWEEN_LOOKS = 50,
};
_Static_assert(PM_TIMER_HZ / 3 == PIT_HZ - 1, "a third of the one rate is the other, but for rounding");
#define GIVE_UP (1ull << 32) /* ticks of the TSC: more than half a second */

uint64_t tsc_hz;
uint64_t clock_next_tick;
static uint64_t tick_period; /* in ticks of the TSC */
uint64_t clock_next_interrupt;
uint64_t clock_apic_ratio;

/* Some dozen nanoseconds: to look at a port takes the CPU a microsecond, and an emulator or a hypervisor a thousand instructions. */
static void pause_looking(void)
{
    for (int i = 0; i < BETWEEN_LOOKS; i++)
        __asm__ volatile("");
}

/* Waits WINDOW / PIT_HZ seconds. False: the output is high at once (as a missing port reads), or never is. */
static bool pit_wait(void)
{
    uint64_t start = rdtsc();
    outb(PIT_GATE, (uint8_t)((inb(PIT_GATE) & ~2) | 1));
    outb(PIT_COMMAND, 0xb0); /* channel 2, both bytes, mode 0: output rises at the end */
    outb(PIT_CHANNEL_2, (uint8_t)WINDOW);
    outb(PIT_CHANNEL_2, (uint8_t)(WINDOW >> 8));
    bool counts = !(inb(PIT_GATE) & PIT_OUTPUT);
    while (counts && !(inb(PIT_GATE) & PIT_OUTPUT)) {
        pause_looking();
        counts = rdtsc() - start < GIVE_UP;
    }
    return counts;
}

static bool pm_wait(uint16_t port)
{
    uint64_t begin = rdtsc();
    uint32_t start = arch_io_in(port, 4);
    while (((arch_io_in(port, 4) - start) & PM_MASK) < PM_WINDOW) {
        pause_looking();
        if (rdtsc() - begin >= GIVE_UP)
            return false;
    }
    return true;
}

/* Ticks of both clocks in one window, if it is shorter than those before: a hypervisor that does not run us for
   a while can only make a window longer. pm_timer 0: by the PIT. False: that timer does not tick. */
static bool calibrate(uint16_t pm_timer, uint32_t *apic_ticks, uint64_t *tsc_ticks)
{
    apic_write(APIC_INITIAL, 0xffffffff);
    uint32_t apic_start = apic_read(APIC_CURRENT);
    uint64_t tsc_start = rdtsc();
    if (!(pm_timer ? pm_wait(pm_timer) : pit_wait()))
        return false;
    uint32_t apic_now = apic_start - apic_read(APIC_CURRENT);
    uint64_t tsc_now = rdtsc() - tsc_start;
    if (tsc_now < *tsc_ticks) {
        *apic_ticks = apic_now;
        *tsc_ticks = tsc_now;
    }
    return true;
}

/* Rounded up, so that the interrupt is not early; an early one would only cost another. pre: at most a tick
 * ahead */
static void program(uint64_t time)
{
    uint64_t now = rdtsc(), ahead = time > now ? time - now : 0;
    clock_next_interrupt = time;
    apic_write(APIC_INITIAL, (uint32_t)(ahead * clock_apic_ratio >> CLOCK_RATIO_BITS) + 1);
}

void arch_interrupt_at(uint64_t time)
{
    if (time < clock_next_interrupt)
        program(time);
}

void clock_init(uint16_t pm_timer)
{
    apic_write(APIC_DIVIDE, DIVIDE_BY_1);
    uint32_t apic_ticks = 0;
    uint64_t tsc_ticks = ~0ull;
    for (int i = 0; i < CALIBRATIONS && calibrate(0, &apic_ticks, &tsc_ticks); i++)
        ;
    for (int i = 0; pm_timer && tsc_ticks == ~0ull && i < CALIBRATIONS; i++)
        calibrate(pm_timer, &apic_ticks, &tsc_ticks);
    if (tsc_ticks == ~0ull)
        panic("neither the PIT nor ACPI's timer counts: nothing tells how fast the time-stamp counter is");
    tsc_hz = tsc_ticks * PIT_HZ / WINDOW;
    tick_period = tsc_hz / TICK_HZ;
    clock_apic_ratio = ((uint64_t)apic_ticks << CLOCK_RATIO_BITS) / tsc_ticks;
    if (clock_apic_ratio == 0)
        panic("the local APIC's timer does not count");
    apic_write(APIC_LVT_TIMER, VECTOR_CLOCK);
    clock_next_tick = rdtsc() + tick_period;
    program(clock_next_tick);
}

/* Ticks do not drift: each is due a period after the last. Ticks that a hypervisor slept through are left out. */
void clock_ticked(uint64_t now)
{
    clock_next_tick += tick_period;
    if (clock_next_tick <= now)
        clock_next_tick = now + tick_period;
}

void clock_next(uint64_t deadline)
{
    program(deadline < clock_next_tick ? deadline : clock_next_tick);
}
