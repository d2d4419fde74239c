#ifndef BATON_CRASH_H
#define BATON_CRASH_H

/* Breaks the kernel in the way that the command line's crash=<kind> names, to show that each ends in a readable
   panic (tests/system). Returns only when there is no such kind. */
void crash(const char *kind);

#endif
