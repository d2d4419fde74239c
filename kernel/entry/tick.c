#include "arch/x86_64/apic.h"
#include "arch/x86_64/clock.h"
#include "arch/x86_64/cpu.h"
#include "entry/trap.h"
#include "object/timer.h"
#include "thread/sched.h"

void tick_interrupt(void)
{
    uint64_t now = rdtsc();
    apic_eoi();
    if (now >= clock_next_tick) {
        clock_ticked(now);
        sched_tick(); /* before timers: it is charged to the thread that was running */
    }
    uint64_t deadline = timer_first ? timer_first->deadline : TIMER_NEVER;
    clock_next(deadline <= now ? timer_fire(now) : deadline);
}
