/* The system-call table of the C path. */
#include "entry/trap.h"

#include "abi/handlers.h"
#include "arch/arch.h"
#include "debug/checking.h"
#include "debug/trace.h"
#include "ipc/ipc.h"
#include "object/cnode.h"
#include "object/debug_cap.h"
#include "object/delete.h"
#include "thread/tcb.h"

long sys_null(struct tcb *caller)
{
    (void)caller;
    return 0;
}

CALL_ON(debug_putchar, const struct slot *, s, debug_cap(caller, DEBUG_MAY_PRINT, &error))
{
    /* ==== commit */
    arch_putchar((char)caller->rsi);
    return 0;
}

CALL_ON(debug_exit, const struct slot *, s, debug_cap(caller, DEBUG_MAY_END, &error))
{
    /* ==== commit */
    trace_dump();
    if (CHECKING)
        coverage_dump();
    arch_exit((unsigned)caller->rsi & 0x7f);
}

long unknown_call(struct tcb *caller)
{
    caller->rflags = FLAGS_AFTER_SYSCALL; /* what they will be; the entry does not save the old ones */
    fault_raise(caller, FAULT_SYSCALL, caller->rax, 0, 0);
    return (long)caller->rax;
}

/* entry.asm, too, calls them. */
#define HANDLER(number, function) [number] = function,
call_handler *const handlers[HANDLERS] = {
#include "abi/handlers.def"
};

void syscall_dispatch(struct tcb *caller)
{
    uint64_t number = caller->rax;
    trace(TRACE_SYSCALL, number, caller->rdi);
    if (number >= HANDLERS) { /* which may be the one that RESTART is */
        unknown_call(caller);
        check_entry();
        return;
    }
    entry_begins();
    if (CHECKING)
        coverage_begin(caller, caller->r14, caller->r15);
    long result = handlers[mask_nospec(number, HANDLERS)](caller);
    if (result == RESTART)
        caller->rip -= SYSCALL_BYTES;
    else
        caller->rax = (uint64_t)result;
    if (result < 0 && result != RESTART) /* what is refused ends nobody: the thread is still there */
        trace(TRACE_REFUSED, (uintptr_t)caller, (uint64_t)result);
    if (CHECKING && result != RESTART)
        coverage_call(caller, number, result);
    check_entry();
}
