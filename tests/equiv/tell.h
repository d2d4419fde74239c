/* States for others to judge, instead of running them (tests/fast): the memory, what is asked for, and what reason.c says of it. */
#ifndef EQUIV_TELL_H
#define EQUIV_TELL_H

#include <stdbool.h>
#include "tried.h"

/* Random states, and some of the combinations: of each operation and reason the first few, and besides one state of `each`. kinds: how each
   is made, in the order random, conditions, conditions_rest, conditions_queued. Returns an exit code. */
int tell_some(const struct kind *kinds, unsigned each);
bool tell_begun(void);
void tell(void); /* what is in `compared` */

#endif
