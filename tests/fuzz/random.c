#include "fuzz.h"

static uint64_t state;

void random_seed(uint64_t seed)
{
    state = seed * 0x9e3779b97f4a7c15ull + 1;
}

/* xorshift64* (Vigna) */
uint64_t random64(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545f4914f6cdd1dull;
}

uint64_t below(uint64_t n)
{
    return (random64() >> 33) * n >> 31;
}

bool one_in(uint64_t n)
{
    return below(n) == 0;
}

uint64_t edge(void)
{
    static const uint64_t edges[] = {0,
                                     1,
                                     12,
                                     255,
                                     256,
                                     4096,
                                     USER_TOP - 4096,
                                     USER_TOP,
                                     1ull << 47,
                                     1ull << 63,
                                     ~0ull,
                                     0xffff800000200000,
                                     0xffffffff80200000};
    return edges[below(sizeof edges / sizeof edges[0])] + below(3) - 1;
}
