/* The local APIC's timer, which interrupts for ticks and for deadlines. Times are the TSC's. */
#ifndef BATON_CLOCK_H
#define BATON_CLOCK_H

#include <stdint.h>

enum { VECTOR_CLOCK = 0x20, CLOCK_RATIO_BITS = 32 };

/* When the next tick is due. */
extern uint64_t clock_next_tick;
/* The next interrupt comes not later than this. */
extern uint64_t clock_next_interrupt;
/* Counts of the APIC's timer in 2^CLOCK_RATIO_BITS ticks of the TSC. */
extern uint64_t clock_apic_ratio;
/* That tick has been. */
void clock_ticked(uint64_t now);
/* The next interrupt comes at this deadline, or with the next tick if that is earlier. */
void clock_next(uint64_t deadline);

#endif
