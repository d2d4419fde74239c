#ifndef BATON_BREAKPOINT_H
#define BATON_BREAKPOINT_H

#include <stdint.h>

/* Of a thread: for the debug registers. */
struct breakpoint {
    uint64_t address;
    uint8_t kind, length; /* BREAK_...; kind 0: none */
};

#endif
