/* What must have run on a way through the kernel, and what must not, given the mitigations that are in force.
 */
#ifndef BARRIERS_RULES_H
#define BARRIERS_RULES_H

#include "boot.h"
#include "ways.h"

/* Of one run. */
struct run {
    struct way way;
    struct start start;
    struct outcome outcome;
    uint64_t cr3_before, cr3_after; /* of the thread that ran and the one that runs: as their TCBs have it */
    struct tcb next;                /* the running thread, as it was before */
};

enum { WHY = 240 };

/* False: what is wrong is said in `why`. Of the run that the trace holds. */
bool rules_hold(const struct run *run, char *why);

#endif
