/* What is measured in the SDK's system. */
#ifndef BENCH_SDK_OPERATIONS_H
#define BENCH_SDK_OPERATIONS_H

#include "harness.h"

extern const struct benchmark sdk_benchmarks[];
extern const size_t sdk_benchmark_count;

#endif
