/* Ends on purpose: a function in a process of its own. */
#ifndef BATON_DIES_H
#define BATON_DIES_H

/* Checks that the library under test says exactly `why` while the function runs, and then aborts, which is a fault. */
void check_dies(const char *name, void (*function)(void), const char *why);

#endif
