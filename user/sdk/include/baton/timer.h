/* <timer id="..."/>: a kernel timer that notifies its component on channel `id` once, at a deadline. Time is what the
   time-stamp counter says; <memory_region prefill_bootinfo="x86_tsc_freq"> tells how many of its ticks a second has. */
#ifndef BATON_SDK_TIMER_H
#define BATON_SDK_TIMER_H

#include <microkit.h>

/* In the slots of virtual machines, which do not exist here. */
#define BATON_BASE_TIMER_CAP BASE_VCPU_CAP

#ifdef __cplusplus
extern "C" {
#endif

extern seL4_Word microkit_timers;

static inline seL4_Word baton_timer_now(void)
{
    seL4_Uint32 low, high;
    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (seL4_Word)high << 32 | low;
}

/* A deadline that has passed notifies at once; one that is set takes the place of the last. */
void baton_timer_set(unsigned int id, seL4_Word deadline);
void baton_timer_cancel(unsigned int id);

#ifdef __cplusplus
}
#endif

#endif
