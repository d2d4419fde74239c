/* Do keys tell apart what differs? */
#ifndef BATON_LOCKSTEP_EXACT_H
#define BATON_LOCKSTEP_EXACT_H

#include <stdbool.h>
#include <stdint.h>

void exact_forget(void);
/* false: what had that key first was something else. */
bool exact_same(uint64_t key, const uint64_t *words, unsigned count);

#endif
