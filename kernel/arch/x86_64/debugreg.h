#ifndef BATON_DEBUGREG_H
#define BATON_DEBUGREG_H

#include <stdint.h>

struct breakpoint;

/* What DR6 says; it is cleared. */
uint64_t debug_take(void);
/* Why the thread with these BREAKPOINTS breakpoints got its debug exception in ring 3: bits of DR6 that concern it.
   post: with *rflags it does not meet the same execution breakpoint again when it goes on */
uint64_t debug_reason(const struct breakpoint *b, uint64_t *rflags);

#endif
