#ifndef LOGIC_OPERATIONS_H
#define LOGIC_OPERATIONS_H

#include "harness.h"

extern const struct benchmark logic_benchmarks[];
extern const size_t logic_benchmark_count;

/* One operation of a benchmark that was prepared. */
void logic_once(const struct benchmark *b);
/* trace.c: prints the addresses of the instructions of one operation. Exit code of the program. */
int trace_print(const char *id);

/* Operations in a sample of .../warm; in the others there is one. scripts/verbs/bench_logic.py has it, too. */
enum { ROUNDS = 64 };

#endif
