#ifndef EQUIV_CONDITIONS_H
#define EQUIV_CONDITIONS_H

#include "world.h"

/* How many combinations there are, including impossible ones. */
uint64_t conditions_count(void);
/* Makes combination `number`; false: it is an impossible one. */
bool conditions_state(uint64_t number, struct registers *user);

/* The same for signal, wait, yield and page faults (conditions_rest.c). */
uint64_t conditions_rest_count(void);
bool conditions_rest_state(uint64_t number, struct registers *user, struct fault *fault, bool *is_fault);

/* And for call where nobody waits to receive, and reply_recv where senders wait (conditions_queued.c). */
uint64_t conditions_queued_count(void);
bool conditions_queued_state(uint64_t number, struct registers *user);

#endif
