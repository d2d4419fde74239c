/* Threads that a fast path made ready (READY_NOTIFIED, READY_RETURNED in kernel/thread/tcb.h). */
#ifndef CONFORM_TAGGED_H
#define CONFORM_TAGGED_H

#include "frame/conform.h"

enum { TAGGED_LESS = RUNNER_PRIORITY - 1, TAGGED_BITS = 0x5a5a };

/* A of `priority`, not above the runner's, waits and is signalled by the runner: it is ready, with bits to get.
 */
struct step *tagged_notified(unsigned priority);
/* The same, but it is not alone in its priority: D is ready before it. */
struct step *tagged_in_line(unsigned priority);
/* A of a lower priority signals the runner, and so is preempted in the middle of a system call. */
struct step *tagged_preempted(unsigned priority);
/* Its call has come to its end; a signal keeps the registers of a message. */
void tagged_expect_signalled(const struct step *s);

#endif
