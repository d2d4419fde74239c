/* What the programs have in common that run under Linux and measure with the suite's harness. */
#ifndef LINUX_NATIVE_H
#define LINUX_NATIVE_H

#include "harness.h"

struct native {
    const char *only; /* shell pattern on ids */
    int cpu;          /* to be pinned to; below 0: the last that may be used */
    struct options options;
    char **words;                           /* what stands behind the options, up to a NULL */
    bool (*can)(const struct benchmark *b); /* may it be measured here? NULL: all may */
};

/* --only --samples --cpu --raw. False: another option, about which stderr has a line. */
bool native_options(struct native *n, int argc, char **argv);
/* Pins the process; false: it said why not. */
bool native_settle(const struct native *n);
/* Measures what is chosen; the exit code of the program. */
int native_run(const struct native *n, const struct benchmark *list, size_t length);

#endif
