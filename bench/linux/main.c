/* bench_linux: the host's Linux, measured by the harness, the clock and the statistics of Baton's own suite.
   scripts/verbs/bench_linux.py runs it and reads its lines. */
#define _GNU_SOURCE
#include <fnmatch.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "block.h"
#include "operations.h"
#include "os.h"

enum { NOTHING_MATCHES = 2 };

/* What the harness prints with. */
int print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vprintf(format, arguments);
    va_end(arguments);
    return length;
}

/* There is no screen here. */
void display_result(const struct result *r)
{
    (void)r;
}

void block_result(const struct result *r)
{
    (void)r;
}

void block_refused(const char *id)
{
    (void)id;
}

void display_refused(const char *id)
{
    (void)id;
}

void display_error(const char *why)
{
    (void)why;
}

static bool chosen(const struct benchmark *b, const char *only)
{
    return linux_can(b) && fnmatch(only, b->id, 0) == 0;
}

static int run_all(const char *only, const struct options *options)
{
    size_t count = 0, index = 0;
    for (size_t i = 0; i < linux_benchmark_count; i++)
        count += chosen(&linux_benchmarks[i], only);
    event_plan(count);
    for (size_t i = 0; i < linux_benchmark_count; i++) {
        const struct benchmark *b = &linux_benchmarks[i];
        if (!chosen(b, only))
            continue;
        event_start(b->id, index++, count);
        if (!benchmark_run(b, options))
            return 1;
        fflush(stdout);
    }
    event_done();
    return count ? 0 : NOTHING_MATCHES;
}

int main(int argc, char **argv)
{
    static const struct option known[] = {{"only", required_argument, NULL, 'o'},
                                          {"samples", required_argument, NULL, 's'},
                                          {"cpu", required_argument, NULL, 'c'},
                                          {"raw", no_argument, NULL, 'r'},
                                          {0}};
    struct options options = {.samples = 1000};
    const char *only = "*";
    int cpu = -1;
    for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (option) {
        case 'o': only = optarg; break;
        case 's': options.samples = strtoul(optarg, NULL, 10); break;
        case 'c': cpu = atoi(optarg); break;
        case 'r': options.raw = true; break;
        default: return 2;
        }
    }
    if (options.samples < 1 || options.samples > STATS_MAX_COUNT || !os_settle(cpu)) {
        event_error("it cannot be pinned to that CPU, or has no such number of samples");
        return 1;
    }
    const struct bootinfo clock = {.fastpath = 1, .tsc_hz = os_tsc_hz()};
    event_boot(&clock);
    print("cpu %d, %s\n", os_cpu,
          os_real_time ? "real-time class" : "no real-time class: linux.sched_yield is left out");
    return run_all(only, &options);
}
