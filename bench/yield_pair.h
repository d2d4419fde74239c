/* Two threads that yield to one another, and the time from before one's yield until after the other's. */
#ifndef BENCH_YIELD_PAIR_H
#define BENCH_YIELD_PAIR_H

#include "harness.h"

bool yield_pair_open(const struct benchmark *self);
bool yield_pair_sample(const struct benchmark *self, uint64_t *ticks);
void yield_pair_close(void);

#endif
