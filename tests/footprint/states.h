/* The states that paths are run from, as far as they differ from one running thread, a stopped partner and a
   ready watcher. */
#ifndef FOOTPRINT_STATES_H
#define FOOTPRINT_STATES_H

#include "paths.h"

/* The slot that a path's system call names, and the priorities of the benchmarks. */
enum { INDEX = 3, BENCH_PRIORITY = 32, WATCHER_PRIORITY = 1 };

void nothing(const struct path *p);
void identify(const struct path *p);
void partner_receives(const struct path *p);
void partner_sends(const struct path *p);
void partner_is_ready(const struct path *p);
void nobody_sends(const struct path *p);
void partner_called(const struct path *p);
void server_is_busy(const struct path *p);
void others_send(const struct path *p);
void one_sends(const struct path *p);
void more_urgent_called(const struct path *p);
void partner_faulted(const struct path *p);
void several_are_ready(const struct path *p);
void waits_among_others(const struct path *p);
void waits_for_its_turn(const struct path *p);
void nobody_waits(const struct path *p);
void equal_waits(const struct path *p);
void urgent_waits(const struct path *p);
void bound_is_busy(const struct path *p);
void bound_is_marked(const struct path *p);
void equal_receives(const struct path *p);
void urgent_receives(const struct path *p);
void nothing_pending(const struct path *p);
void partner_was_notified(const struct path *p);
void something_pending(const struct path *p);
void pager_receives(const struct path *p);

/* It is ready because it gave way in a system call, whose result is 0. */
void state_gave_way(unsigned i);

#endif
