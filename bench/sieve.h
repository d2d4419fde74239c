/* What a measurement in cycles must know about the machine that it shares: how fast the core runs against
   the time-stamp counter, and which samples the machine below (a host, its timer, the firmware's SMI) has
   interrupted. */
#ifndef BENCH_SIEVE_H
#define BENCH_SIEVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Calibrates. Off until then: where instructions are counted, nothing disturbs, and a core clock means nothing.
   pre: the caller is the only thread that is ready. */
void sieve_start(uint64_t tsc_hz);
bool sieve_is_on(void);

/* Ticks that one tick of the kernel's own clock takes a program here, all exits to a hypervisor included. */
uint64_t sieve_tick_cost(void);
/* Thousandths of a tick in one cycle of the core, now; 0 when the sieve is off. */
uint64_t sieve_core_clock(void);

/* One attempt at a benchmark. */
struct sieve {
    uint64_t limit;             /* a sample above was interrupted from below; 0: no sample is rejected */
    uint64_t rejected, allowed; /* how many were, and how many may be */
    uint64_t largest;           /* of them */
};

/* For n samples that take about as long as those of the warm-up, which are sorted by it. */
struct sieve sieve_of(uint64_t *warm_up, size_t count, size_t n);
/* Whether the sample counts. One that does not must be taken again. */
bool sieve_passes(struct sieve *g, uint64_t ticks);
/* Why no number can be given, or NULL. */
const char *sieve_verdict(const struct sieve *g);

#endif
