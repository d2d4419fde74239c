/* System calls that make, start and stop a thread. */
#include "abi/handlers.h"
#include "arch/arch.h"
#include "debug/checking.h"
#include "debug/debug.h"
#include "object/cnode.h"
#include "object/delete.h"
#include "object/derive.h"
#include "object/thread.h"
#include "thread/sched.h"

enum { CONFIGURED = TCB_BUFFER + 1 }; /* slots that sys_thread_configure fills: the first ones */

struct tcb *tcb_lookup(const struct tcb *caller, uint64_t address, long *error)
{
    struct slot *s = cap_lookup_type(caller, address, TYPE_TCB, error);
    return s ? tcb_of(s->object) : NULL;
}

CALL_ON(thread_suspend, struct tcb *, t, tcb_lookup(caller, caller->rdi, &error))
{
    /* ==== commit */
    tcb_stop(t);
    return 0;
}

CALL_ON(thread_resume, struct tcb *, t, tcb_lookup(caller, caller->rdi, &error))
{
    if (!tcb_stopped(t))
        return ERR_IN_USE;
    if (!slot_usable(&t->slots[TCB_CSPACE]) || !slot_usable(&t->slots[TCB_SPACE]))
        return ERR_BAD_ARGUMENT;
    /* ==== commit */
    assert(!CHECKING || (slot_type(&t->slots[TCB_CSPACE]) == TYPE_CNODE && t->cr3 != arch_kernel_cr3()));
    sched_wake(t);
    return 0;
}

/* The frame of an IPC buffer: RAM, readable and writable. NULL and the error otherwise. */
static struct slot *decide_buffer(const struct tcb *caller, uint64_t address, long *error)
{
    struct slot *s = cap_lookup_type(caller, address, TYPE_FRAME, error);
    if (!s)
        return NULL;
    *error = slot_flags(s) & SLOT_DEVICE ? ERR_BAD_ARGUMENT : ERR_NO_RIGHT;
    bool both = (slot_rights(s) & (RIGHT_READ | RIGHT_WRITE)) == (RIGHT_READ | RIGHT_WRITE);
    return both && !(slot_flags(s) & SLOT_DEVICE) ? s : NULL;
}

/* rdi TCB, rsi CNode, rdx address space, r8 fault endpoint or 0, r9 priority | ceiling << 8, r10 frame of the
   IPC buffer or 0. Errors: IN_USE when it is not stopped, so never for the caller; BAD_PRIORITY when the
   priority or the ceiling is above the caller's ceiling, or the priority above the ceiling. */
CALL_ON(thread_configure, struct tcb *, t, tcb_lookup(caller, caller->rdi, &error))
{
    long error;
    unsigned priority = (unsigned)caller->r9 & 0xff, ceiling = (unsigned)(caller->r9 >> 8) & 0xff;
    struct slot *cspace = cap_lookup_type(caller, caller->rsi, TYPE_CNODE, &error);
    if (!cspace)
        return error;
    struct slot *space = cap_lookup_type(caller, caller->rdx, TYPE_ADDRESS_SPACE, &error);
    if (!space)
        return error;
    struct slot *fault = NULL;
    if (caller->r8 != 0) {
        fault = cap_lookup_right(caller, caller->r8, TYPE_ENDPOINT, RIGHT_SEND, &error);
        if (!fault)
            return error;
    }
    struct slot *buffer = NULL;
    if (caller->r10 != 0) {
        buffer = decide_buffer(caller, caller->r10, &error);
        if (!buffer)
            return error;
    }
    if (caller->r9 >> 16)
        return ERR_BAD_ARGUMENT;
    if (ceiling > caller->ceiling || priority > ceiling)
        return ERR_BAD_PRIORITY;
    if (!tcb_stopped(t))
        return ERR_IN_USE;
    if (!slots_empty(t->slots, CONFIGURED))
        return delete_first(t->slots, CONFIGURED);
    /* ==== commit */
    derive_copy(&t->slots[TCB_CSPACE], cspace, slot_rights(cspace));
    derive_copy(&t->slots[TCB_SPACE], space, slot_rights(space));
    if (fault)
        derive_copy(&t->slots[TCB_FAULT], fault, slot_rights(fault));
    if (buffer)
        derive_copy(&t->slots[TCB_BUFFER], buffer, slot_rights(buffer));
    tcb_slots_changed(t);
    t->ceiling = (uint8_t)ceiling;
    tcb_set_priority(t, priority);
    return 0;
}

/* rdi TCB, rsi rip, rdx rsp, r8 value for rdi. Errors: IN_USE when it is not stopped; BAD_ARGUMENT when rip
   or rsp is not a user address: SYSRET and IRET to a non-canonical address fault in ring 0 on Intel CPUs
   (SDM vol. 2, SYSRET), so none ever gets into a TCB. A thread that starts anew knows of no caller, so it answers none. */
CALL_ON(thread_set_entry, struct tcb *, t, tcb_lookup(caller, caller->rdi, &error))
{
    if (caller->rsi >= USER_TOP || caller->rdx > USER_TOP)
        return ERR_BAD_ARGUMENT;
    if (!tcb_stopped(t))
        return ERR_IN_USE;
    /* ==== commit */
    t->rax = t->rbx = t->rcx = t->rdx = t->rsi = t->rbp = 0;
    t->r8 = t->r9 = t->r10 = t->r11 = t->r12 = t->r13 = t->r14 = t->r15 = 0;
    t->rip = caller->rsi;
    t->rsp = caller->rdx;
    t->rdi = caller->r8;
    t->rflags = FLAGS_AFTER_SYSCALL;
    t->resume = RESUME_IRET;
    tcb_drop_caller(t);
    return 0;
}
