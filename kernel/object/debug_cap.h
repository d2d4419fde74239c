/* Debug capabilities: the data word says what the holder may do with the console and the machine; minting takes away. */
#ifndef BATON_DEBUG_CAP_H
#define BATON_DEBUG_CAP_H

#include "cap/slot.h"

struct tcb;

/* The debug capability that rdi of the caller names, if it allows that (one of DEBUG_MAY_...); NULL and the error otherwise. */
const struct slot *debug_cap(const struct tcb *caller, uint64_t may, long *error);

#endif
