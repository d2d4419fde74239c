/* What the cases of timers share. */
#ifndef CONFORM_TIMER_H
#define CONFORM_TIMER_H

#include "frame/notification.h"

/* Each entry takes very long: in the checking build, and under KVM, where a hypervisor works at each interrupt.
 */
bool machine_slow(void);
/* Under TCG a thousand instructions are a thousand ticks of the clock; no CPU does that. clock=loose on the
   command line says that the guest is stopped meanwhile, or interrupted. */
bool counts_instructions(void);
/* This many microseconds in ticks of the clock; ten times as many on a slow machine. */
uint64_t microseconds(uint64_t n);
/* Slot of a new timer that signals this; not set. */
uint64_t timer(cap_t notification);
/* Sets it this many microseconds ahead; returns its deadline. */
uint64_t set_ahead(uint64_t timer, uint64_t us);
/* Spins until the clock has passed that time and the timers before it had time to fire: LATE_US. */
void spin_past(uint64_t deadline);
/* Generous: exact bounds are in timer/latency.c. */
enum { LATE_US = 1000 };

/* Waits at a notification, then notes the time and the bits; as a step of an actor: plan_function(who,
 * note_wait, n). */
struct wake {
    uint64_t time, bits;
};
enum { WAKES = 64 };
extern struct wake wakes[WAKES];
extern volatile unsigned wake_count;
void note_wait(uint64_t notification);

#endif
