/* The system-call table of the C path. */
#include "entry/syscall.h"

#include "abi/handlers.h"
#include "arch/arch.h"
#include "debug/checking.h"
#include "debug/debug.h"
#include "debug/trace.h"
#include "ipc/ipc.h"
#include "object/cnode.h"
#include "object/debug_cap.h"
#include "object/delete.h"
#include "object/endpoint.h"
#include "object/io_port.h"
#include "object/irq.h"
#include "object/notification.h"
#include "object/space.h"
#include "object/thread.h"
#include "object/timer.h"
#include "object/untyped.h"
#include "thread/sched.h"
#include "thread/tcb.h"

long sys_null(struct tcb *caller)
{
    (void)caller;
    return 0;
}

long sys_yield(struct tcb *caller)
{
    (void)caller;
    sched_yield_call();
    return 0;
}

long sys_debug_putchar(struct tcb *caller)
{
    long error = debug_cap_decide(caller, DEBUG_MAY_PRINT);
    if (error)
        return error;
    /* ==== commit */
    arch_putchar((char)caller->rsi);
    return 0;
}

long sys_debug_exit(struct tcb *caller)
{
    long error = debug_cap_decide(caller, DEBUG_MAY_END);
    if (error)
        return error;
    /* ==== commit */
    trace_dump();
    if (CHECKING)
        coverage_dump();
    arch_exit((unsigned)caller->rsi & 0x7f);
}

typedef long handler(struct tcb *caller);

enum { HANDLERS = 128, SYSCALL_BYTES = 2 };

#define HANDLER(name, function) [SYS_##name] = function,
static handler *const handlers[HANDLERS] = {
#include "abi/handlers.def"
};

/* A function of its own, so that the number need not be kept for it. */
static __attribute__((noinline, cold)) void unknown(struct tcb *caller)
{
    caller->rflags = FLAGS_AFTER_SYSCALL; /* what they will be; the entry does not save the old ones */
    fault_raise(caller, FAULT_SYSCALL, caller->rax, 0, 0);
}

/* A caller that waits gets 0 or 1, as its wait would end by itself; the code that ends the wait writes the
 * result. */
void syscall_dispatch(struct tcb *caller)
{
    trace(TRACE_SYSCALL, caller->rax, caller->rdi);
    uint64_t number = caller->rax;
    handler *h = number < HANDLERS ? handlers[mask_nospec(number, HANDLERS)] : NULL;
    if (!h) {
        unknown(caller);
        return;
    }
    entry_begins();
    if (CHECKING)
        coverage_begin(caller);
    long result = h(caller);
    if (result == RESTART)
        caller->rip -= SYSCALL_BYTES;
    else
        caller->rax = (uint64_t)result;
    if (CHECKING && result != RESTART)
        coverage_call(caller, number);
    check_entry();
}
