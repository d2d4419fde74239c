#ifndef BATON_INVARIANTS_H
#define BATON_INVARIANTS_H

#include "check/coverage.h"
#include "debug/checking.h"

/* Panics with a description when a statement of docs/invariants.md does not hold. Walks all capabilities,
   threads and queues. */
void check_invariants(void);

/* What the checking build (make CHECK=1) does at the end of every entry; nothing in the other. */
static inline void check_entry(void)
{
    if (CHECKING) {
        coverage_entry();
        check_invariants();
    }
}

#endif
