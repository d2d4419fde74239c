/* Statistics of a list of samples, in integers only: ring 3 has no floating point here, and integers give
   the same digits on every machine. Pure code: tests/host/stats_test.c checks it on the host. */
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STATS_MAX_COUNT = 16384 };
/* With these two bounds every intermediate value of stats_compute fits 128 bits (stats.c says why). */
#define STATS_MAX_SAMPLE ((UINT64_C(1) << 39) - 1)

struct stats {
    uint64_t n, min, q1, median, q3, p99, max;
    uint64_t mean_milli;   /* the mean in thousandths, rounded to nearest */
    uint64_t stddev_milli; /* standard deviation of the sample (divisor n - 1) in thousandths; 0 when n is 1 */
};

/* Sorts `samples` and fills `out`. A percentile p is the nearest rank: the element of rank ceil(p * n / 100),
   counted from 1. fails: false when n is 0 or above STATS_MAX_COUNT, or a sample is above STATS_MAX_SAMPLE. */
bool stats_compute(uint64_t *samples, size_t n, struct stats *out);

void stats_sort(uint64_t *values, size_t n);
/* pre: `sorted` ascends, n > 0, percent 1 to 100. */
uint64_t stats_percentile(const uint64_t *sorted, size_t n, unsigned percent);

/* No clock's resolution is coarser than this (AMD's Zen ticks in steps of about 40). */
enum { OVERHEAD_MAX_GRAIN = 64 };

/* What an empty measured region costs, from many measurements of one. */
struct overhead {
    uint64_t min, q1, median, q3;
    uint64_t grain; /* smallest step between two different values from q1 to q3: the clock's own resolution */
};

/* Sorts `values`. pre: n > 0. */
struct overhead overhead_of(uint64_t *values, size_t n);
/* Is the clock steady enough to subtract its cost? NULL when it is, else why not: the quartiles are too
   far apart, or the median moved between the calibration before the samples and the one after. */
const char *overhead_unstable(const struct overhead *before, const struct overhead *after);

#endif
