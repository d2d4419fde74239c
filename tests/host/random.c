#include "random.h"

#include <stdio.h>
#include <stdlib.h>

static uint64_t random_state;

uint64_t random_seed(void)
{
    const char *given = getenv("BATON_SEED");
    random_state = given ? strtoull(given, NULL, 0) : 20261121;
    printf("BATON_SEED=%llu\n", (unsigned long long)random_state);
    random_state |= 1;
    return random_state;
}

uint64_t random_next(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * 0x2545f4914f6cdd1dull;
}
