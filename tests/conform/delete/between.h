/* What a revoke that takes several entries takes: objects of one piece of memory, among many that fill it. */
#ifndef CONFORM_DELETE_BETWEEN_H
#define CONFORM_DELETE_BETWEEN_H

#include "frame/between.h"

/* What is made last goes first: many, the last three, many more, the first two. */
extern struct doomed {
    uint64_t memory;
    uint64_t shelf; /* a CNode that stays, with the many in it */
    uint64_t inner, door, frame, tcb, note;
} doomed;

void doomed_prepare(void);
/* The memory is revoked, and the attack made before each entry of that; in the end all of it is gone. */
void doomed_against(void (*attack)(unsigned cut));
/* It has succeeded, or what it was about is gone already. */
bool good_or_gone(long result);

#endif
