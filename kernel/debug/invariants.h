#ifndef BATON_INVARIANTS_H
#define BATON_INVARIANTS_H

/* Panics with a description when a statement of docs/invariants.md does not hold. Walks all capabilities,
   threads and queues: for the checking build (make CHECK=1), which calls it after every entry. */
void check_invariants(void);

#ifdef BATON_CHECK
enum { CHECKING = 1 };
#else
enum { CHECKING = 0 };
#endif

#endif
