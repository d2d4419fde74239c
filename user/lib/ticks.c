#include "ticks.h"

static const uint64_t SECOND = 1000000000;

/* In two parts, so that nothing that fits overflows on the way: below 18 GHz the product of the second one is
 * less than 2^64. */
uint64_t ticks_of(uint64_t ns, uint64_t hz)
{
    uint64_t whole, rest = (ns % SECOND * hz + SECOND - 1) / SECOND;
    if (__builtin_mul_overflow(ns / SECOND, hz, &whole) || whole > UINT64_MAX - rest)
        return UINT64_MAX;
    return whole + rest;
}
