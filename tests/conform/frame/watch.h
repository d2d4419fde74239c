/* The program's first thread: waits for the end of the runner, or for a fault that no case expects. */
#ifndef CONFORM_WATCH_H
#define CONFORM_WATCH_H

#include "frame/conform.h"

void watch_init(void);
/* Exit code of the program. */
int watch(cap_t runner);
_Noreturn void watch_finish(uint64_t code);
/* The runner begins a new time slice, so that no tick of the timer cuts a short case in two. */
void watch_fresh_slice(void);

/* The runner's, at most the watcher's own; a case gives it back. */
void watch_set_ceiling(unsigned ceiling);

/* The sentinel takes a CPU on which nobody runs for a deadlock: a case in which all sleep stops it for that time. */
void watch_stop_sentinel(void);
void watch_start_sentinel(void);

#endif
