/* When two states count as one. */
#ifndef BATON_LOCKSTEP_CANON_H
#define BATON_LOCKSTEP_CANON_H

#include <stdint.h>

/* numbers: a state, as view.c gives it. now: its time. */
uint64_t canon_key(const uint64_t *numbers, uint64_t now);
uint64_t canon_mix(uint64_t hash, uint64_t word);
/* All that the key is mixed from: two states count as one if these words are the same. How many there are. */
enum { CANON_SPELLED = 1 << 12 };
unsigned canon_spell(const uint64_t *numbers, uint64_t now, uint64_t *key, const uint64_t **words);

#endif
