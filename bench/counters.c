#include <stdio.h>
#include "counters.h"
#include "evict.h"
#include "shot.h"

enum { OPERATIONS = 101, OPERATIONS_COLD = 21 };

static const char *const names[PMU_EVENTS] = {
    [PMU_CYCLES] = "cycles",
    [PMU_INSTRUCTIONS] = "instructions",
    [PMU_BRANCH_MISSES] = "branch_misses",
    [PMU_L1D_MISSES] = "l1d_misses",
    [PMU_L2_MISSES] = "l2_misses",
    [PMU_LLC_MISSES] = "llc_misses",
    [PMU_DTLB_MISSES] = "dtlb_misses",
    [PMU_ITLB_MISSES] = "itlb_misses",
};
static uint64_t first[PMU_EVENTS], last[PMU_EVENTS];
static uint64_t counts[PMU_EVENTS][OPERATIONS];
static uint64_t overhead[PMU_EVENTS];

static const struct bootinfo_counter *counter(unsigned event)
{
    return &suite_boot->counter[event];
}

/* The lfence waits for all before it, which RDPMC by itself does not. Not inlined, so that all reads cost the same.
 */
static __attribute__((noinline)) uint64_t read_counter(uint32_t index)
{
    uint32_t low, high;
    __asm__ volatile("lfence\n\trdpmc" : "=a"(low), "=d"(high) : "c"(index) : "memory");
    return (uint64_t)high << 32 | low;
}

/* Cycles and instructions are read last before the region and first after it. */
static void read_all(bool before)
{
    for (unsigned i = 0; i < PMU_EVENTS; i++) {
        unsigned e = before ? PMU_EVENTS - 1 - i : i;
        if (counter(e)->width != 0)
            *(before ? &first[e] : &last[e]) = read_counter(counter(e)->index);
    }
}

static void keep(size_t i)
{
    for (unsigned e = 0; e < PMU_EVENTS; e++)
        counts[e][i] = (last[e] - first[e]) & ((UINT64_C(1) << counter(e)->width) - 1);
}

/* What reading itself counts, with an empty region: for cold caches, in those. */
static void calibrate(size_t n, bool cold)
{
    for (size_t i = 0; i < n; i++) {
        if (cold)
            evict();
        SHOT("", 0);
        keep(i);
    }
    for (unsigned e = 0; e < PMU_EVENTS; e++) {
        stats_sort(counts[e], n);
        overhead[e] = stats_percentile(counts[e], n, 50);
    }
}

/* `there` is false when a region did not end at this thread's second reading of the clock. */
static bool operate(const struct benchmark *b, size_t n, bool *there)
{
    uint64_t ticks;
    *there = true;
    for (size_t i = 0; i < n && *there; i++) {
        if (!b->sample(b, &ticks))
            return false;
        *there = ticks == shot_ticks();
        keep(i);
    }
    return true;
}

static bool report(const struct benchmark *b, size_t n)
{
    struct event_count list[PMU_EVENTS];
    size_t length = 0;
    for (unsigned e = 0; e < PMU_EVENTS; e++) {
        struct stats stats;
        if (counter(e)->width == 0)
            continue;
        for (size_t i = 0; i < n; i++)
            counts[e][i] = counts[e][i] > overhead[e] ? counts[e][i] - overhead[e] : 0;
        if (!stats_compute(counts[e], n, &stats)) {
            BENCH_ERROR("%s: a count of %s is out of all range", b->id, names[e]);
            return false;
        }
        list[length++] = (struct event_count){names[e], stats.median, stats.mean_milli};
    }
    event_counters(b->id, n, list, length);
    return true;
}

bool counters_measure(const struct benchmark *b, size_t samples)
{
    bool there, done;
    size_t most = b->cold ? OPERATIONS_COLD : OPERATIONS, n = samples < most ? samples : most;
    shot_hook = read_all;
    calibrate(most, b->cold);
    done = operate(b, n, &there);
    shot_hook = NULL;
    return done && (!there || report(b, n));
}

/* Names with blanks between. */
static void list_names(char *text, size_t size, bool (*wanted)(const struct bootinfo_counter *c))
{
    size_t length = 0;
    *text = 0;
    for (unsigned e = 0; e < PMU_EVENTS; e++) {
        if (wanted(counter(e)))
            length += (size_t)snprintf(text + length, size - length, "%s%s", length == 0 ? "" : " ", names[e]);
    }
}

static bool is_counted(const struct bootinfo_counter *c)
{
    return c->width != 0;
}

static bool is_left(const struct bootinfo_counter *c)
{
    return c->width == 0 && c->index == PMU_NO_COUNTER_LEFT;
}

/* Some hypervisors show counters that stand still. */
static bool they_run(void)
{
    unsigned e = is_counted(counter(PMU_CYCLES)) ? PMU_CYCLES : PMU_INSTRUCTIONS;
    return is_counted(counter(e)) && read_counter(counter(e)->index) != read_counter(counter(e)->index);
}

bool counters_open(void)
{
    char counted[128], left[128];
    list_names(counted, sizeof counted, is_counted);
    list_names(left, sizeof left, is_left);
    bool running = *counted && they_run();
    event_pmu(counted, left, running);
    return running;
}
