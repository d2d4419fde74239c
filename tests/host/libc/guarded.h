/* Memory with a page on both sides that nobody may touch: code that reads or writes one byte too far dies. */
#ifndef BATON_GUARDED_H
#define BATON_GUARDED_H

#include <stddef.h>

enum { GUARDED_BYTES = 8192, GUARDED_AREAS = 4 };

/* The first of n bytes that end where area number `which` ends. pre: n <= GUARDED_BYTES */
char *guarded_end(unsigned which, size_t n);
/* The first byte of that area. */
char *guarded_start(unsigned which);

#endif
