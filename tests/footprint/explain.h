/* Which cache lines a path touches, for people who want it to touch fewer. */
#ifndef FOOTPRINT_EXPLAIN_H
#define FOOTPRINT_EXPLAIN_H

/* Prints the lines of the last run. */
void explain(void);

#endif
