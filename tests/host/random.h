/* Numbers that look random, and are the same from the same seed on every machine (xorshift64*). */
#ifndef BATON_RANDOM_H
#define BATON_RANDOM_H

#include <stdint.h>

/* Begins anew, with the seed of BATON_SEED in the environment if there is one; says which. */
uint64_t random_seed(void);
uint64_t random_next(void);
static inline unsigned random_below(unsigned n)
{
    return (unsigned)(random_next() % n);
}

#endif
