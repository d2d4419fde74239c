/* Empties the caches, as far as ring 3 can: WBINVD is privileged, and CLFLUSH takes only what a program has
   mapped, which the kernel's lines are not. So it fills them with something else. */
#ifndef BENCH_EVICT_H
#define BENCH_EVICT_H

#include <stdbool.h>
#include <stdint.h>

struct evictor {
    uint64_t cache;     /* bytes of the last-level cache; 0: CPUID does not say */
    uint64_t walk;      /* bytes read to empty it: twice as many, up to a bound and as far as there is memory */
    uint64_t pages;     /* of 4 KiB read to empty the TLBs */
    uint64_t code;      /* bytes of code executed to empty the instruction cache and the branch predictors */
    uint64_t hit, miss; /* ticks of a load: from a line just read, and from one that was evicted */
};

/* At the first call: takes the memory, measures whether it helps, and prints the event that says so. */
void evict_open(void);
/* pre: evict_open */
void evict(void);

#endif
