#include "stats.h"

__extension__ typedef unsigned __int128 u128;

/* Bits of the widest value, the numerator in stddev: n * sum of squares * 4e6 < 2^14 * 2^14 * 2^78 * 2^22. */
_Static_assert(STATS_MAX_COUNT <= 1 << 14, "the numerator in stddev_milli fits 128 bits");
_Static_assert(STATS_MAX_SAMPLE < UINT64_C(1) << 39, "the numerator in stddev_milli fits 128 bits");

static void sift_down(uint64_t *v, size_t root, size_t n)
{
    for (size_t child; (child = 2 * root + 1) < n; root = child) {
        if (child + 1 < n && v[child] < v[child + 1])
            child++;
        if (v[root] >= v[child])
            return;
        uint64_t t = v[root];
        v[root] = v[child], v[child] = t;
    }
}

/* Heap sort: no stack, no bad case. */
void stats_sort(uint64_t *values, size_t n)
{
    for (size_t i = n / 2; i-- > 0;)
        sift_down(values, i, n);
    while (n-- > 1) {
        uint64_t t = values[0];
        values[0] = values[n], values[n] = t;
        sift_down(values, 0, n);
    }
}

uint64_t stats_percentile(const uint64_t *sorted, size_t n, unsigned percent)
{
    return sorted[(n * percent + 99) / 100 - 1];
}

/* The compiler would call a library routine for a 128-bit division; long division needs none. */
static u128 divide(u128 numerator, uint64_t by)
{
    u128 quotient = 0, rest = 0;
    for (int bit = 127; bit >= 0; bit--) {
        rest = rest << 1 | (numerator >> bit & 1);
        if (rest >= by) {
            rest -= by;
            quotient |= (u128)1 << bit;
        }
    }
    return quotient;
}

/* floor(sqrt(x)), two bits of x per step. */
static uint64_t square_root(u128 x)
{
    u128 root = 0, bit = (u128)1 << 126;
    for (; bit != 0; bit >>= 2) {
        if (x >= root + bit) {
            x -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
    }
    return (uint64_t)root;
}

/* With m = floor(mean) and r = sum - n * m, the squares about the true mean add up to sum (x - m)^2 - r^2 / n.
   The root is taken of four times the variance, so that halving it rounds to nearest, exactly. */
static uint64_t stddev_milli(const uint64_t *v, size_t n, uint64_t mean, uint64_t rest)
{
    if (n < 2)
        return 0;
    u128 squares = 0;
    for (size_t i = 0; i < n; i++) {
        uint64_t d = v[i] > mean ? v[i] - mean : mean - v[i];
        squares += (u128)d * d;
    }
    u128 numerator = (squares * n - (u128)rest * rest) * 4000000;
    return (square_root(divide(numerator, (uint64_t)n * (n - 1))) + 1) / 2;
}

bool stats_compute(uint64_t *samples, size_t n, struct stats *out)
{
    if (n == 0 || n > STATS_MAX_COUNT)
        return false;
    stats_sort(samples, n);
    if (samples[n - 1] > STATS_MAX_SAMPLE)
        return false;
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += samples[i];
    uint64_t mean = sum / n, rest = sum % n;
    *out = (struct stats){
        .n = n,
        .min = samples[0],
        .q1 = stats_percentile(samples, n, 25),
        .median = stats_percentile(samples, n, 50),
        .q3 = stats_percentile(samples, n, 75),
        .p99 = stats_percentile(samples, n, 99),
        .max = samples[n - 1],
        .mean_milli = mean * 1000 + (rest * 1000 + n / 2) / n,
        .stddev_milli = stddev_milli(samples, n, mean, rest),
    };
    return true;
}

struct overhead overhead_of(uint64_t *values, size_t n)
{
    stats_sort(values, n);
    struct overhead o = {
        .min = values[0],
        .q1 = stats_percentile(values, n, 25),
        .median = stats_percentile(values, n, 50),
        .q3 = stats_percentile(values, n, 75),
    };
    for (size_t i = 1; i < n; i++) {
        uint64_t step = values[i] - values[i - 1];
        if (step != 0 && values[i - 1] >= o.q1 && values[i] <= o.q3 && (o.grain == 0 || step < o.grain))
            o.grain = step;
    }
    return o;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

const char *overhead_unstable(const struct overhead *before, const struct overhead *after)
{
    uint64_t grain = larger(before->grain, after->grain);
    if (grain > OVERHEAD_MAX_GRAIN)
        grain = 0;
    uint64_t spread = larger(before->q3 - before->q1, after->q3 - after->q1);
    uint64_t a = before->median, b = after->median;
    /* Some clocks tick in steps of tens of cycles: one such step of difference is no instability. */
    if (spread > larger(larger(4, grain), a / 4))
        return "the overhead of the clock spreads too far from its first to its third quartile";
    if (larger(a, b) - (a < b ? a : b) > larger(larger(2, grain), a / 20))
        return "the overhead of the clock moved while the samples were taken";
    return NULL;
}
