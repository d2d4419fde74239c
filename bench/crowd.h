/* Threads of this program that are ready at the priority of the measurement, and hand the CPU on when it is their turn. */
#ifndef BENCH_CROWD_H
#define BENCH_CROWD_H

enum { CROWD_MAX = 98 };

/* Makes `count` of them ready, behind all that are. */
void crowd_start(unsigned count);
void crowd_stop(void);

#endif
