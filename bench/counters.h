/* Performance counters, read by RDPMC around single operations: kernel/abi/bootinfo.h says which events there
 * are. */
#ifndef BENCH_COUNTERS_H
#define BENCH_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include "harness.h"

/* Prints which events this boot counts. True when there is one, and the counters run. */
bool counters_open(void);
/* A pass of its own over a prepared benchmark, at most `samples` operations, which prints its counts. Where the
   measured region ends in another thread it prints nothing: the counters are read where the clock is. pre:
   counters_open */
bool counters_measure(const struct benchmark *b, size_t samples);

#endif
