#ifndef BATON_BREAKPOINT_H
#define BATON_BREAKPOINT_H

#include <stdint.h>

/* A thread's, for the debug registers. */
struct breakpoint {
    uint64_t address;
    uint8_t kind, length; /* BREAK_...; kind 0: none */
};

#endif
