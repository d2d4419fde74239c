/* Times as ticks of the time-stamp counter. */
#ifndef BATON_TICKS_H
#define BATON_TICKS_H

#include <stdint.h>

/* Ticks in this many nanoseconds, rounded up; UINT64_MAX when they are more. */
uint64_t ticks_of(uint64_t ns, uint64_t hz);

#endif
