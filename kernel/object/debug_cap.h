/* Debug capabilities: the data word says what the holder may do with the console and the machine; minting takes away. */
#ifndef BATON_DEBUG_CAP_H
#define BATON_DEBUG_CAP_H

#include "cap/slot.h"

struct tcb;

/* 0 when rdi of the caller is a debug capability that allows it (one of DEBUG_MAY_...), or an error. */
long debug_cap_decide(const struct tcb *caller, uint64_t may);

#endif
