/* Threads: their state, and the system calls on them. */
#include "thread/tcb.h"

#include "arch/arch.h"
#include "debug/debug.h"
#include "debug/trace.h"
#include "object/cnode.h"
#include "object/delete.h"
#include "object/derive.h"
#include "object/endpoint.h"
#include "object/notification.h"
#include "thread/sched.h"

const struct tcb nobody_tcb = {.slow_reasons = SLOW_IDLE, .reply_to = NOBODY};
const struct tcb crowd_tcb = {.slow_reasons = SLOW_IDLE, .reply_to = NOBODY};

enum { RFLAGS_RF = 1 << 16 };
enum { CONFIGURED = TCB_BUFFER + 1 }; /* slots that tcb_configure fills: the first ones */

/* The CSpace of a thread that has none: one slot that is always empty. */
static struct slot empty_cspace;

static void key_changed(struct tcb *t)
{
    t->key = t->slow_reasons ? 0 : t->priority + 1u;
    t->queue = t->slow_reasons ? NULL : &queues[t->priority];
    if (t == cpu.current)
        sched_current_changed();
}

void tcb_set_slow(struct tcb *t, uint32_t reason)
{
    if (sched_ready(t))
        sched_settle(t);
    t->slow_reasons |= reason;
    key_changed(t);
}

void tcb_clear_slow(struct tcb *t, uint32_t reason)
{
    t->slow_reasons &= ~reason;
    key_changed(t);
}

void tcb_set_priority(struct tcb *t, unsigned priority)
{
    bool was_ready = sched_ready(t);
    if (was_ready)
        sched_dequeue(t);
    t->priority = (uint8_t)priority;
    key_changed(t);
    if (was_ready)
        sched_wake(t);
    else if (t == cpu.current)
        sched_reconsider();
}

void tcb_extended_changed(struct tcb *t)
{
    if (t->extended || t->fs_base || t->gs_base)
        tcb_set_slow(t, SLOW_EXTENDED);
    else
        tcb_clear_slow(t, SLOW_EXTENDED);
    if (t == cpu.current)
        arch_extended_load(t);
}

void tcb_init(struct tcb *t)
{
    t->slice_ticks = (int32_t)SLICE_TICKS;
    t->reply_to = NOBODY;
    t->rflags = FLAGS_AFTER_SYSCALL;
    t->resume = RESUME_IRET;
    for (unsigned i = 0; i < TCB_SLOTS; i++)
        t->slots[i].next = SLOT_IN_TCB;
    t->cspace = &empty_cspace;
    t->cr3 = arch_kernel_cr3();
    t->key = 1; /* priority 0 */
    t->queue = &queues[0];
}

void tcb_slots_changed(struct tcb *t)
{
    const struct slot *cspace = &t->slots[TCB_CSPACE], *space = &t->slots[TCB_SPACE];
    const struct slot *buffer = &t->slots[TCB_BUFFER];
    bool has_cspace = slot_type(cspace) == TYPE_CNODE, has_space = slot_type(space) == TYPE_ADDRESS_SPACE;
    t->cspace = has_cspace ? cnode_slots(cspace) : &empty_cspace;
    t->cspace_mask = has_cspace ? ((1u << cnode_radix(cspace)) - 1) << SLOT_BITS : 0;
    t->buffer = slot_type(buffer) == TYPE_FRAME ? (struct ipc_buffer *)(uintptr_t)buffer->object : NULL;
    const struct slot *state = &t->slots[TCB_EXTENDED];
    void *extended = slot_type(state) == TYPE_EXTENDED_STATE ? (void *)(uintptr_t)state->object : NULL;
    if (extended != t->extended) {
        t->extended = extended;
        tcb_extended_changed(t);
    }
    t->cr3 = has_space ? arch_space_cr3(space) : arch_kernel_cr3();
}

void tcb_end_wait(struct tcb *t, long rax, uint64_t rdi)
{
    t->rax = (uint64_t)rax;
    t->rdi = rdi;
    t->rsi = t->rdx = t->r8 = t->r9 = t->r10 = 0;
    t->r12 = t->r13 = t->r14 = t->r15 = t->rbx = 0;
    t->resume = RESUME_SYSRET;
}

/* What a thread finds when it runs again after a wait that was cut off: a fault happens again, a system call
   returns ERR_CANCELED with an empty message (a fast path did not save the old one). */
static void set_canceled(struct tcb *t)
{
    t->wait = 0;
    if (t->slow_reasons & SLOW_GRANTS)
        tcb_clear_slow(t, SLOW_GRANTS);
    if (t->slow_reasons & SLOW_FAULTED) {
        tcb_clear_slow(t, SLOW_FAULTED);
        if (t->fault_label == FAULT_DEBUG)
            t->rflags &= ~(uint64_t)RFLAGS_RF; /* which would let it pass the breakpoint */
        return;
    }
    tcb_end_wait(t, ERR_CANCELED, 0);
}

void tcb_wake_canceled(struct tcb *t)
{
    set_canceled(t);
    sched_wake(t);
}

void tcb_cancel_wait(struct tcb *t)
{
    if (t->wait == 0)
        return;
    if (t->wait & REF_SLOT) {
        derive_remove(reply_slot(t->wait));
    } else if (t->wait & REF_NOTIFICATION) {
        notification_remove(notification_at(t->wait), t);
    } else if (t->wait & REF_ENDPOINT) {
        struct endpoint *ep = endpoint_of(t->wait);
        if (ep->recv != CROWD)
            t->reply_to = NOBODY; /* it waited to receive: what stood there meant nothing, now it would */
        endpoint_remove(ep, t);
    } else {
        tcb_of(t->wait)->reply_to = NOBODY;
    }
    set_canceled(t);
}

void tcb_stop(struct tcb *t)
{
    if (t == cpu.current) {
        t->wait = 0;
        sched_block();
    } else if (sched_ready(t)) {
        sched_dequeue(t);
    } else {
        tcb_cancel_wait(t);
    }
}

/* Whoever waits for its reply gets none. pre: it does not wait to receive */
static void drop_caller(struct tcb *t)
{
    struct tcb *dropped = t->reply_to;
    t->reply_to = NOBODY;
    if (dropped != NOBODY)
        tcb_wake_canceled(dropped);
}

void tcb_end(struct tcb *t)
{
    tcb_stop(t);
    drop_caller(t);
    if (t->bound)
        notification_unbind(t->bound);
}

bool tcb_stopped(const struct tcb *t)
{
    return t != cpu.current && t->wait == 0;
}

struct tcb *tcb_lookup(const struct tcb *caller, uint64_t address, long *error)
{
    struct slot *s = cap_lookup_type(caller, address, TYPE_TCB, error);
    return s ? tcb_of(s->object) : NULL;
}

long tcb_suspend(struct tcb *caller)
{
    long error;
    struct tcb *t = tcb_lookup(caller, caller->rdi, &error);
    if (!t)
        return error;
    /* ==== commit */
    tcb_stop(t);
    return 0;
}

long tcb_resume(struct tcb *caller)
{
    long error;
    struct tcb *t = tcb_lookup(caller, caller->rdi, &error);
    if (!t)
        return error;
    if (!tcb_stopped(t))
        return ERR_IN_USE;
    if (!slot_usable(&t->slots[TCB_CSPACE]) || !slot_usable(&t->slots[TCB_SPACE]))
        return ERR_BAD_ARGUMENT;
    /* ==== commit */
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
long tcb_configure(struct tcb *caller)
{
    long error;
    unsigned priority = (unsigned)caller->r9 & 0xff, ceiling = (unsigned)(caller->r9 >> 8) & 0xff;
    struct tcb *t = tcb_lookup(caller, caller->rdi, &error);
    if (!t)
        return error;
    struct slot *cspace = cap_lookup_type(caller, caller->rsi, TYPE_CNODE, &error);
    if (!cspace)
        return error;
    struct slot *space = cap_lookup_type(caller, caller->rdx, TYPE_ADDRESS_SPACE, &error);
    if (!space)
        return error;
    struct slot *fault = NULL;
    if (caller->r8 != 0) {
        fault = cap_lookup_type(caller, caller->r8, TYPE_ENDPOINT, &error);
        if (!fault)
            return error;
        if (!(slot_rights(fault) & RIGHT_SEND))
            return ERR_NO_RIGHT;
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
   (SDM vol. 2, SYSRET), so none ever gets into a TCB. What starts anew knows of no caller, so it answers none. */
long tcb_set_entry(struct tcb *caller)
{
    long error;
    struct tcb *t = tcb_lookup(caller, caller->rdi, &error);
    if (!t)
        return error;
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
    drop_caller(t);
    return 0;
}
