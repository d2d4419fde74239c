/* Which results each system call has had: for the checking build, which counts with coverage=on on the command
   line and prints at debug_exit what scripts/coverage.py compares with abi.def. The fast paths are out of use
   then. */
#ifndef BATON_COVERAGE_H
#define BATON_COVERAGE_H

#include <stdint.h>

struct tcb;

void coverage_start(void);
/* A call begins; and what it was, for a panic. */
void coverage_begin(const struct tcb *caller);
void coverage_print_call(void);
/* The call has been done, or its caller waits in it: then coverage_entry() counts what the wait ends with. */
void coverage_call(const struct tcb *caller, uint64_t number);
/* At the end of every entry, whatever it was for. */
void coverage_entry(void);
/* The thread is no more. */
void coverage_gone(const struct tcb *t);
void coverage_dump(void);

#endif
