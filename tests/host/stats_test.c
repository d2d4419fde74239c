/* bench/stats.c against answers computed in other ways: counting instead of sorting, long double instead of
   integers, and the definition of rounding in exact 128-bit arithmetic. */
#include <stdlib.h>
#include <string.h>
#include "random.h"
#include "stats.h"
#include "test.h"

__extension__ typedef unsigned __int128 wide;

static void fill_random(uint64_t *v, size_t n, uint64_t bound)
{
    for (size_t i = 0; i < n; i++)
        v[i] = random_next() % bound;
}

/* The smallest sample that at least percent % of the samples do not exceed. */
static uint64_t percentile_by_counting(const uint64_t *v, size_t n, unsigned percent)
{
    uint64_t best = UINT64_MAX;
    for (size_t i = 0; i < n; i++) {
        size_t not_above = 0;
        for (size_t j = 0; j < n; j++)
            not_above += v[j] <= v[i];
        if (not_above * 100 >= n * percent && v[i] < best)
            best = v[i];
    }
    return best;
}

/* Rounded to nearest means: half a thousandth above and below enclose the true value. n^2 times the variance
   is compared, so that there is nothing to round here. pre: samples below 2^20. */
static bool moments_round_exactly(const uint64_t *v, size_t n, const struct stats *s)
{
    wide sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += v[i], squares += (wide)v[i] * v[i];
    wide mean_low = (2 * (wide)s->mean_milli) * n, mean_true = 2000 * sum;
    wide error = mean_low > mean_true ? mean_low - mean_true : mean_true - mean_low;
    if (error > n)
        return false;
    if (n == 1)
        return s->stddev_milli == 0;
    wide variance = 4000000 * (n * squares - sum * sum), unit = (wide)n * (n - 1),
         root = 2 * (wide)s->stddev_milli;
    bool low = s->stddev_milli == 0 || (root - 1) * (root - 1) * unit <= variance;
    return low && variance < (root + 1) * (root + 1) * unit;
}

static long double square_root(long double x) /* Newton's: no libm needed */
{
    long double r = x > 1 ? x : 1;
    for (int i = 0; i < 200; i++)
        r = (r + x / r) / 2;
    return r;
}

static bool stddev_near(const uint64_t *v, size_t n, uint64_t milli)
{
    long double mean = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        mean += (long double)v[i] / (long double)n;
    for (size_t i = 0; i < n; i++)
        squares += ((long double)v[i] - mean) * ((long double)v[i] - mean);
    long double expected = n < 2 ? 0 : 1000 * square_root(squares / (long double)(n - 1));
    long double error = expected - (long double)milli;
    return (error < 0 ? -error : error) <= 0.51L + expected * 1e-14L;
}

static void known_vectors(void)
{
    struct stats s;
    uint64_t a[] = {9, 4, 5, 2, 4, 7, 4, 5};
    CHECK(stats_compute(a, 8, &s));
    CHECK(s.n == 8 && s.min == 2 && s.q1 == 4 && s.median == 4 && s.q3 == 5 && s.p99 == 9 && s.max == 9);
    CHECK(s.mean_milli == 5000 && s.stddev_milli == 2138);
    uint64_t b[] = {2, 1};
    CHECK(stats_compute(b, 2, &s));
    CHECK(s.median == 1 && s.q3 == 2 && s.mean_milli == 1500 && s.stddev_milli == 707);
    uint64_t c[] = {10, 11, 11};
    CHECK(stats_compute(c, 3, &s));
    CHECK(s.mean_milli == 10667 && s.stddev_milli == 577 && s.median == 11);
    uint64_t hundred[100];
    for (size_t i = 0; i < 100; i++)
        hundred[i] = 100 - i;
    CHECK(stats_compute(hundred, 100, &s));
    CHECK(s.min == 1 && s.q1 == 25 && s.median == 50 && s.q3 == 75 && s.p99 == 99 && s.max == 100);
    CHECK(s.mean_milli == 50500 && s.stddev_milli == 29011);
}

static void one_sample(void)
{
    struct stats s;
    uint64_t a[] = {77};
    CHECK(stats_compute(a, 1, &s));
    CHECK(s.n == 1 && s.min == 77 && s.q1 == 77 && s.median == 77 && s.q3 == 77 && s.p99 == 77 && s.max == 77);
    CHECK(s.mean_milli == 77000 && s.stddev_milli == 0);
}

static void compare_one(size_t n, uint64_t bound)
{
    static uint64_t v[STATS_MAX_COUNT], sorted[STATS_MAX_COUNT];
    struct stats s;
    fill_random(v, n, bound);
    memcpy(sorted, v, n * sizeof v[0]);
    CHECK(stats_compute(sorted, n, &s));
    CHECK(s.n == n);
    CHECK(s.min == percentile_by_counting(v, n, 0) && s.max == percentile_by_counting(v, n, 100));
    CHECK(s.q1 == percentile_by_counting(v, n, 25) && s.median == percentile_by_counting(v, n, 50));
    CHECK(s.q3 == percentile_by_counting(v, n, 75) && s.p99 == percentile_by_counting(v, n, 99));
    CHECK(bound > 1u << 20 || moments_round_exactly(v, n, &s));
    CHECK(stddev_near(v, n, s.stddev_milli));
}

static void random_small(void)
{
    for (size_t n = 1; n <= 200; n++)
        compare_one(n, 1 + random_below(300));
    compare_one(2001, 1 << 20);
}

static void random_large(void)
{
    for (size_t n = 1; n <= 200; n++)
        compare_one(n, STATS_MAX_SAMPLE + 1);
}

/* The widest possible intermediate values: half of the samples 0, half the largest. */
static void extremes(void)
{
    static uint64_t v[STATS_MAX_COUNT], copy[STATS_MAX_COUNT];
    struct stats s;
    for (size_t i = 0; i < STATS_MAX_COUNT; i++)
        v[i] = i % 2 == 0 ? STATS_MAX_SAMPLE : 0;
    memcpy(copy, v, sizeof v);
    CHECK(stats_compute(copy, STATS_MAX_COUNT, &s));
    CHECK(s.mean_milli == STATS_MAX_SAMPLE * 500 && s.median == 0 && s.q3 == STATS_MAX_SAMPLE);
    CHECK(stddev_near(v, STATS_MAX_COUNT, s.stddev_milli));
    for (size_t i = 0; i < STATS_MAX_COUNT; i++)
        copy[i] = STATS_MAX_SAMPLE;
    CHECK(stats_compute(copy, STATS_MAX_COUNT, &s));
    CHECK(s.stddev_milli == 0 && s.mean_milli == STATS_MAX_SAMPLE * 1000);
}

static void out_of_range(void)
{
    static uint64_t v[STATS_MAX_COUNT + 1];
    struct stats s;
    CHECK(!stats_compute(v, 0, &s));
    CHECK(!stats_compute(v, STATS_MAX_COUNT + 1, &s));
    v[0] = STATS_MAX_SAMPLE + 1;
    CHECK(!stats_compute(v, 3, &s));
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void sorting(void)
{
    uint64_t v[65], w[65];
    for (size_t n = 0; n <= 65; n++) {
        fill_random(v, n, n % 2 == 0 ? 10 : UINT64_MAX);
        memcpy(w, v, sizeof v);
        stats_sort(v, n);
        qsort(w, n, sizeof w[0], compare);
        CHECK(memcmp(v, w, n * sizeof v[0]) == 0);
    }
}

static void overhead_values(void)
{
    uint64_t v[] = {500, 20, 24, 19, 30, 24, 20, 24, 30};
    struct overhead o = overhead_of(v, 9); /* the step from 19 to 20 is outside of the quartiles */
    CHECK(o.min == 19 && o.q1 == 20 && o.median == 24 && o.q3 == 30 && o.grain == 4);
    uint64_t same[] = {6, 6, 6, 6, 6, 6, 6, 6, 900};
    o = overhead_of(same, 9);
    CHECK(o.median == 6 && o.grain == 0); /* one interrupt says nothing about the clock */
}

static const char *judge(struct overhead before, struct overhead after)
{
    return overhead_unstable(&before, &after);
}

static void overhead_bounds(void)
{
    struct overhead exact = {.min = 6, .q1 = 6, .median = 6, .q3 = 6};
    CHECK(judge(exact, exact) == NULL);
    CHECK(judge(exact, (struct overhead){.min = 8, .q1 = 8, .median = 8, .q3 = 8}) == NULL);
    CHECK(judge(exact, (struct overhead){.min = 9, .q1 = 9, .median = 9, .q3 = 9}) != NULL);
    CHECK(judge((struct overhead){.min = 9, .q1 = 9, .median = 9, .q3 = 9}, exact) != NULL);
    struct overhead jitter = {.min = 38, .q1 = 40, .median = 42, .q3 = 50, .grain = 2};
    CHECK(judge(jitter, jitter) == NULL); /* a quarter of 42 is 10 */
    jitter.q3 = 51;
    CHECK(judge(exact, (struct overhead){.q1 = 6, .median = 6, .q3 = 11, .grain = 1}) != NULL);
    CHECK(judge(jitter, jitter) != NULL);
    struct overhead large = {.min = 1000, .q1 = 1000, .median = 1000, .q3 = 1000}, more = large;
    more.min = more.q1 = more.median = more.q3 = 1050;
    CHECK(judge(large, more) == NULL && judge(more, large) == NULL);
    more.min = more.q1 = more.median = more.q3 = 1053;
    CHECK(judge(large, more) != NULL && judge(more, large) != NULL);
}

static void overhead_grain(void)
{
    struct overhead coarse = {.min = 37, .q1 = 37, .median = 37, .q3 = 74, .grain = 37}, later = coarse;
    later.median = 74;
    CHECK(judge(coarse, later) == NULL); /* one step of such a clock */
    struct overhead wild = {.min = 20, .q1 = 20, .median = 20, .q3 = 400, .grain = 380};
    CHECK(judge(wild, wild) != NULL); /* no clock ticks in such steps */
}

int main(void)
{
    random_seed();
    test_run("stats known vectors", known_vectors);
    test_run("stats of one sample", one_sample);
    test_run("stats of small random samples", random_small);
    test_run("stats of large random samples", random_large);
    test_run("stats at the widest values", extremes);
    test_run("stats refuses what is out of range", out_of_range);
    test_run("stats sort", sorting);
    test_run("overhead quartiles and grain", overhead_values);
    test_run("overhead bounds", overhead_bounds);
    test_run("overhead of a coarse clock", overhead_grain);
    return test_end();
}
