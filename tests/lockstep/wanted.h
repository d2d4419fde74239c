/* What the specification says of a state: its numbers, piece by piece. */
#ifndef BATON_LOCKSTEP_WANTED_H
#define BATON_LOCKSTEP_WANTED_H

#include <stdbool.h>
#include <stdint.h>
#include "memo.h"

enum { NUMBERS_MOST = 1 << 14, PIECES_MOST = 1 << 11 };

struct wanted {
    struct leaf pieces;
    uint32_t question; /* what nobody has said yet */
    unsigned count, first[PIECES_MOST + 1];
    uint64_t numbers[NUMBERS_MOST];
};

/* The numbers of that row; false: something has not been said yet. pieces: the question of which pieces there are. */
bool wanted_read(struct wanted *w, uint32_t pieces, const uint32_t *row);
/* The same where the row differs from that of `before` in these places only: the rest of the numbers is its. Where the pieces begin
   is not noted. */
bool wanted_read_after(struct wanted *w, uint32_t pieces, const uint32_t *row, const struct wanted *before,
                       const uint64_t *changed);

#endif
