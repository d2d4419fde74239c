/* Combinations counted through: each condition is one digit of a number, with as many values as its limit says. */
#ifndef EQUIV_DIGITS_H
#define EQUIV_DIGITS_H

#include <stdint.h>

static inline uint64_t digits_count(const unsigned *limit, unsigned digits)
{
    uint64_t n = 1;
    for (unsigned i = 0; i < digits; i++)
        n *= limit[i];
    return n;
}

static inline void digits_of(uint64_t number, const unsigned *limit, unsigned digits, unsigned *digit)
{
    for (unsigned i = 0; i < digits; i++) {
        digit[i] = (unsigned)(number % limit[i]);
        number /= limit[i];
    }
}

#endif
