#ifndef BATON_DEBUGREG_H
#define BATON_DEBUGREG_H

#include <stdint.h>

struct tcb;

/* What DR6 says; it is cleared. */
uint64_t debug_take(void);
/* Why thread t got its debug exception: bits of DR6 that concern it. pre: it was running in ring 3; its
   registers are in t. post: it does not meet the same execution breakpoint again when it goes on */
uint64_t debug_reason(struct tcb *t);

#endif
