/* System calls by the C path that do not just come back: the states, as changes of those of the footprint. */
#ifndef BARRIERS_CALLS_H
#define BARRIERS_CALLS_H

#include "abi/handlers.h"
#include "ways.h"

/* It enters where the trace has all calls enter. */
void traced(struct start *start);
/* It is a fault. */
void is_unknown(struct start *start);
/* CAP_CANCEL_BADGED wakes the partner, which is more urgent. pre: partner_sends */
void cancels_urgent(struct start *start);
/* RETYPE is to be made again. */
void restarts(struct start *start);
/* CAP_REVOKE takes the caller's address space away. */
void revokes_own_space(struct start *start);

/* Is it a call that keeps all registers but rax, rcx and r11? */
bool call_is_quick(const struct start *start);

#endif
