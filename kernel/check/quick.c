/* A quick system call in the checking build: the entry calls this in the handler's place, and all else is as in the other build. */
#include "abi/handlers.h"
#include "debug/checking.h"
#include "object/delete.h"
#include "thread/tcb.h"

/* pre: as for the handler; r14 and r15 are the caller's, for a panic: what tests/fuzz keeps there */
long quick_call_checked(struct tcb *caller, uint64_t r14, uint64_t r15);
long quick_call_checked(struct tcb *caller, uint64_t r14, uint64_t r15)
{
    uint64_t number = caller->rax;
    entry_begins();
    coverage_begin(caller, r14, r15);
    long result = handlers[number](caller);
    if (result != RESTART)
        coverage_call(caller, number, result);
    check_entry();
    return result;
}
