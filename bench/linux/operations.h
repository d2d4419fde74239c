#ifndef LINUX_OPERATIONS_H
#define LINUX_OPERATIONS_H

#include "harness.h"

extern const struct benchmark linux_benchmarks[];
extern const size_t linux_benchmark_count;
/* Can it be measured here? `linux.sched_yield` needs the real-time class: in others threads need not take turns. */
bool linux_can(const struct benchmark *b);

#endif
