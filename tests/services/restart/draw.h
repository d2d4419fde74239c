/* Numbers that look random, and are the same in each run. */
#ifndef TEST_DRAW_H
#define TEST_DRAW_H

#include <stdint.h>

static uint64_t draw_state = 1; /* the seed, not 0 */

/* 48 bits (xorshift64*). */
static inline uint64_t draw(void)
{
    draw_state ^= draw_state >> 12;
    draw_state ^= draw_state << 25;
    draw_state ^= draw_state >> 27;
    return (draw_state * 0x2545f4914f6cdd1dul) >> 16;
}

/* A number that may be right, nearly right, or not at all. */
static inline uint64_t near(uint64_t limit)
{
    static const uint64_t odd[] = {0, 1, 0xffff, 0xffffffff, ~0ul, 1ul << 31, 1ul << 63};
    switch (draw() % 4) {
    case 0: return odd[draw() % (sizeof odd / sizeof *odd)];
    case 1: return limit + draw() % 3 - 1;
    default: return draw() % limit;
    }
}

#endif
