/* Both ways from one state compared, and what came of all comparisons so far. */
#ifndef EQUIV_COMPARE_H
#define EQUIV_COMPARE_H

#include "reason.h"

/* A bit for each operation, and one for what has no fast path. */
enum { EVERY_OPERATION = (2u << OPERATIONS) - 1 };

extern struct comparison {
    struct registers user; /* what is entered with */
    struct fault frame,
        *fault; /* what the CPU pushes at a page fault or an interrupt; NULL: it is a system call */
    struct outcome fast, slow;
    struct memory raw; /* as the C path left it */
    unsigned chosen;   /* of the operations: what is compared */
    uint64_t seen[OPERATIONS][REASONS], states, failures;
} compared;

/* Is that what it is entered with? */
bool compare_chosen(void);
/* Compares from the state that is there, if it is chosen; says what differs, and how to see it again. */
bool compare(const char *kind, uint64_t number);

#endif
