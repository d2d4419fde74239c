/* The system-call table of the C path. */
#include "entry/syscall.h"

#include "arch/arch.h"
#include "check/dump.h"
#include "check/invariants.h"
#include "check/poison.h"
#include "debug/debug.h"
#include "debug/trace.h"
#include "ipc/ipc.h"
#include "object/cnode.h"
#include "object/delete.h"
#include "object/endpoint.h"
#include "object/io_port.h"
#include "object/irq.h"
#include "object/notification.h"
#include "object/space.h"
#include "object/timer.h"
#include "object/untyped.h"
#include "thread/sched.h"
#include "thread/tcb.h"

static long sys_null(struct tcb *caller)
{
    (void)caller;
    return 0;
}

static long sys_yield(struct tcb *caller)
{
    (void)caller;
    sched_yield_call();
    return 0;
}

static long debug_putchar(struct tcb *caller)
{
    long error;
    if (!cap_lookup_type(caller, caller->rdi, TYPE_DEBUG, &error))
        return error;
    /* ==== commit */
    arch_putchar((char)caller->rsi);
    return 0;
}

static long debug_exit(struct tcb *caller)
{
    long error;
    if (!cap_lookup_type(caller, caller->rdi, TYPE_DEBUG, &error))
        return error;
    /* ==== commit */
    trace_dump();
    if (CHECKING)
        coverage_dump();
    arch_exit((unsigned)caller->rsi & 0x7f);
}

/* Decides, commits, and returns what goes into rax. */
typedef long handler(struct tcb *caller);

enum { HANDLERS = 128, SYSCALL_BYTES = 2 };

static handler *const handlers[HANDLERS] = {
    [SYS_NULL] = sys_null,
    [SYS_SEND] = ipc_send,
    [SYS_RECV] = ipc_recv,
    [SYS_CALL] = ipc_call,
    [SYS_REPLY] = ipc_reply,
    [SYS_YIELD] = sys_yield,
    [SYS_THREAD_SUSPEND] = tcb_suspend,
    [SYS_THREAD_RESUME] = tcb_resume,
    [SYS_REPLY_RECV] = ipc_reply_recv,
    [SYS_THREAD_CONFIGURE] = tcb_configure,
    [SYS_THREAD_SET_ENTRY] = tcb_set_entry,
    [SYS_SEND_NB] = ipc_send_nb,
    [SYS_RECV_NB] = ipc_recv_nb,
    [SYS_REPLY_SAVE] = ipc_reply_save,
    [SYS_THREAD_READ_REGISTERS] = tcb_read_registers,
    [SYS_THREAD_WRITE_REGISTERS] = tcb_write_registers,
    [SYS_WAIT] = notification_sys_wait,
    [SYS_SIGNAL] = notification_sys_signal,
    [SYS_POLL] = notification_sys_poll,
    [SYS_NOTIFICATION_BIND] = notification_sys_bind,
    [SYS_THREAD_SET_PRIORITY] = tcb_change_priority,
    [SYS_THREAD_SET_TLS] = tcb_set_tls,
    [SYS_THREAD_SET_FPU] = tcb_set_fpu,
    [SYS_THREAD_SET_SLICE] = tcb_set_slice,
    [SYS_THREAD_SET_AFFINITY] = tcb_set_affinity,
    [SYS_THREAD_SET_BREAKPOINT] = tcb_set_breakpoint,
    [SYS_MEMORY_MAP] = memory_map,
    [SYS_MEMORY_UNMAP] = memory_unmap,
    [SYS_MEMORY_PROTECT] = memory_protect,
    [SYS_FRAME_ADDRESS] = frame_address,
    [SYS_RETYPE] = untyped_retype,
    [SYS_CAP_COPY] = cap_copy,
    [SYS_CAP_MOVE] = cap_move,
    [SYS_CAP_DELETE] = cap_delete,
    [SYS_CAP_REVOKE] = cap_revoke,
    [SYS_CAP_MINT] = cap_mint,
    [SYS_CAP_IDENTIFY] = cap_identify,
    [SYS_CAP_SWAP] = cap_swap,
    [SYS_CAP_CANCEL_BADGED] = endpoint_sys_cancel_badged,
    [SYS_IRQ_HANDLER_GET] = irq_handler_get,
    [SYS_IRQ_HANDLER_ACK] = irq_handler_ack,
    [SYS_IRQ_HANDLER_BIND] = irq_handler_bind,
    [SYS_IRQ_MSI_GET] = irq_msi_get,
    [SYS_IO_IN] = io_port_in,
    [SYS_IO_OUT] = io_port_out,
    [SYS_TIMER_BIND] = timer_bind,
    [SYS_TIMER_SET] = timer_set,
    [SYS_TIMER_CANCEL] = timer_cancel,
    [SYS_DEBUG_PUTCHAR] = debug_putchar,
    [SYS_DEBUG_EXIT] = debug_exit,
    [SYS_DEBUG_DUMP] = debug_dump,
    [SYS_LONG_SEND] = ipc_long_send,
    [SYS_LONG_CALL] = ipc_long_call,
    [SYS_LONG_REPLY] = ipc_long_reply,
    [SYS_LONG_REPLY_RECV] = ipc_long_reply_recv,
};

/* A caller that waits gets 0 or 1, as its wait would end by itself; whoever ends the wait writes what it ends
 * with. */
void syscall_dispatch(struct tcb *caller)
{
    trace(TRACE_SYSCALL, caller->rax, caller->rdi);
    uint64_t number = caller->rax;
    handler *h = number < HANDLERS ? handlers[mask_nospec(number, HANDLERS)] : NULL;
    if (!h) {
        caller->rflags = FLAGS_AFTER_SYSCALL; /* what they will be: the entry does not save the old ones */
        fault_raise(caller, FAULT_SYSCALL, number, 0, 0);
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
