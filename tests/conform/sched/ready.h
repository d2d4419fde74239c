/* Actors that are ready or wait on some priority, for cases about the next thread. */
#ifndef CONFORM_SCHED_READY_H
#define CONFORM_SCHED_READY_H

#include "frame/conform.h"

enum { LOW = 80, MIDDLE = 90, EQUAL = RUNNER_PRIORITY };

/* Actor `who` of that priority waits to receive. */
struct step *sched_waiter(unsigned who, unsigned priority, cap_t ep);
/* Actor `who` is ready; its only step does nothing. */
struct step *sched_ready(unsigned who, unsigned priority);

#endif
