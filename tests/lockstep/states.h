/* The states that were found, in the order in which they were: how each was come to, and its key. */
#ifndef BATON_LOCKSTEP_STATES_H
#define BATON_LOCKSTEP_STATES_H

#include <stdbool.h>
#include <stdint.h>

struct found {
    uint64_t key;
    uint32_t before, input;
};

/* Room for so many. file: what they are kept in, too, or -1; `there` of them are in it. */
void states_begin(uint64_t most, int file, uint64_t there);
void states_end(void);
uint64_t states_count(void);
/* false: there is one with that key already. */
bool states_add(struct found found);
bool states_has(uint64_t key);
const struct found *states_at(uint64_t state);

#endif
