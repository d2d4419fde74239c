#ifndef EQUIV_CONDITIONS_H
#define EQUIV_CONDITIONS_H

#include "world.h"

/* How many combinations there are, impossible ones among them. */
uint64_t conditions_count(void);
/* Makes combination `number`; false: it is an impossible one. */
bool conditions_state(uint64_t number, struct registers *user);

#endif
