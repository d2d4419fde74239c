/* A call that takes longer than a time slice, so that the timer cuts it, and what runs meanwhile: guests of the runner's
   priority whose slice is a tick. */
#ifndef CONFORM_CUT_H
#define CONFORM_CUT_H

#include "frame/guest.h"

extern struct cut {
    volatile uint64_t spins;         /* of guest 1 */
    volatile uint64_t before, after; /* the same when the call began, and when it had ended */
    volatile uint64_t ended;
    volatile long result;
    uint64_t threads; /* slot of the memory that both guests' TCBs are made from */
} cut;

/* Guest 0 makes the call, and stops. Each time that the runner's yield returns, the timer has cut it. */
struct guest *cut_begin(long (*call)(void));
/* Guest 1 spins until the call has ended. */
void cut_spin(void);
/* Waits for the end of the call, which must have succeeded. */
void cut_end(void);

#endif
