/* A program of Linux that measures with the suite's own harness: its options, its run. */
#define _GNU_SOURCE
#include "native.h"

#include <fnmatch.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include "os.h"

enum { NOTHING_MATCHES = 2 };

bool native_options(struct native *n, int argc, char **argv)
{
    static const struct option known[] = {{"only", required_argument, NULL, 'o'},
                                          {"samples", required_argument, NULL, 's'},
                                          {"cpu", required_argument, NULL, 'c'},
                                          {"raw", no_argument, NULL, 'r'},
                                          {0}};
    *n = (struct native){.only = "*", .cpu = -1, .options.samples = 1000};
    for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        switch (option) {
        case 'o': n->only = optarg; break;
        case 's': n->options.samples = strtoul(optarg, NULL, 10); break;
        case 'c': n->cpu = atoi(optarg); break;
        case 'r': n->options.raw = true; break;
        default: return false;
        }
    }
    n->words = argv + optind;
    return true;
}

bool native_settle(const struct native *n)
{
    if (n->options.samples >= 1 && n->options.samples <= STATS_MAX_COUNT && os_settle(n->cpu))
        return true;
    event_error("it cannot be pinned to that CPU, or has no such number of samples");
    return false;
}

static bool chosen(const struct native *n, const struct benchmark *b)
{
    return (!n->can || n->can(b)) && fnmatch(n->only, b->id, 0) == 0;
}

int native_run(const struct native *n, const struct benchmark *list, size_t length)
{
    size_t count = 0, index = 0;
    for (size_t i = 0; i < length; i++)
        count += chosen(n, &list[i]);
    event_plan(count);
    for (size_t i = 0; i < length; i++) {
        if (!chosen(n, &list[i]))
            continue;
        event_start(list[i].id, index++, count);
        if (!benchmark_run(&list[i], &n->options))
            return 1;
        fflush(stdout);
    }
    event_done();
    return count ? 0 : NOTHING_MATCHES;
}
