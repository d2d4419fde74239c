/* The loop that every benchmark runs in: warm up, calibrate, sample, calibrate again, judge, report. */
#include "harness.h"
#include "block.h"
#include "shot.h"

enum { CALIBRATION_SHOTS = 1001, WARM_UP = 200, WARM_UP_COLD = 10, BATCHES = 31, ATTEMPTS = 3 };

struct shot shot;
void (*shot_hook)(bool before);
further_pass *suite_further_pass;
static uint64_t samples[STATS_MAX_COUNT];
static uint64_t scratch[CALIBRATION_SHOTS];

/* The same shot with an empty body: what the clock itself costs. */
static struct overhead calibrate(void)
{
    for (size_t i = 0; i < CALIBRATION_SHOTS; i++) {
        SHOT("", 0);
        scratch[i] = shot_ticks();
    }
    return overhead_of(scratch, CALIBRATION_SHOTS);
}

static uint64_t minus_overhead(uint64_t ticks, uint64_t overhead)
{
    return ticks > overhead ? ticks - overhead : 0;
}

/* Thousandths of a tick for one operation: the median, over the batches, of the mean in a batch. */
static bool measure_batches(const struct benchmark *b, uint64_t overhead, uint64_t *milli)
{
    for (size_t i = 0; i < BATCHES; i++) {
        if (!b->batch(b, &scratch[i]))
            return false;
    }
    stats_sort(scratch, BATCHES);
    uint64_t ticks = minus_overhead(stats_percentile(scratch, BATCHES, 50), overhead);
    *milli = (ticks * 1000 + BATCH / 2) / BATCH;
    return true;
}

/* The sieve learns from its samples what is usual. */
static bool warm_up(const struct benchmark *b, size_t n, struct sieve *sieve)
{
    size_t most = b->cold ? WARM_UP_COLD : WARM_UP;
    most = n < most ? n : most;
    for (size_t i = 0; i < most; i++) {
        if (!b->sample(b, &scratch[i]))
            return false;
    }
    *sieve = sieve_of(scratch, most, n);
    return true;
}

static bool measure_samples(const struct benchmark *b, size_t n, struct sieve *sieve)
{
    for (size_t i = 0; i < n;) {
        if (!b->sample(b, &samples[i]))
            return false;
        i += sieve_passes(sieve, samples[i]);
    }
    return true;
}

static bool report(struct result *result, size_t n, bool raw)
{
    for (size_t i = 0; i < n; i++)
        samples[i] = minus_overhead(samples[i], result->overhead);
    if (raw)
        event_samples(result->id, samples, n);
    if (!stats_compute(samples, n, &result->stats)) {
        BENCH_ERROR("%s: a sample is out of all range", result->id);
        return false;
    }
    event_result(result);
    table_line(result);
    display_result(result);
    block_result(result);
    return true;
}

/* One attempt: in the end `why` says why its numbers are worth nothing, or is NULL. */
static bool attempt(const struct benchmark *b, size_t n, struct result *result, const char **why)
{
    struct sieve sieve;
    if (!warm_up(b, n, &sieve))
        return false;
    uint64_t core_clock = sieve_core_clock();
    struct overhead before = calibrate();
    *result = (struct result){.id = b->id, .overhead = before.median, .has_batch = b->batch != NULL};
    result->core_clock = core_clock;
    if (!measure_samples(b, n, &sieve))
        return false;
    if (b->batch && !measure_batches(b, result->overhead, &result->batch_milli))
        return false;
    struct overhead after = calibrate();
    result->sieve = sieve;
    result->core_clock_after = sieve_core_clock();
    *why = sieve_verdict(&sieve);
    if (!*why)
        *why = overhead_unstable(&before, &after);
    return true;
}

/* A real machine may change its clock's speed once; one that keeps doing so is refused. */
static bool measure(const struct benchmark *b, const struct options *options)
{
    struct result result;
    const char *why = NULL;
    size_t n = b->samples_max && b->samples_max < options->samples ? b->samples_max : options->samples;
    for (int attempts = 0; attempts < ATTEMPTS; attempts++) {
        if (!attempt(b, n, &result, &why))
            return false;
        if (!why)
            return report(&result, n, options->raw) && (!suite_further_pass || suite_further_pass(b, n));
    }
    event_refused(b->id, why);
    display_refused(b->id);
    block_refused(b->id);
    return true;
}

bool benchmark_run(const struct benchmark *b, const struct options *options)
{
    if (!b->prepare(b) || !measure(b, options))
        return false;
    if (b->finish)
        b->finish();
    return true;
}
