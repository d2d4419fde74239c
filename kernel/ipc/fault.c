/* Faults as messages: the handler receives what happened, its reply resumes the thread. */
#include "debug/checking.h"
#include "debug/debug.h"
#include "debug/trace.h"
#include "ipc/ipc.h"
#include "object/thread.h"

#define FAULT(n, name, doc) [n] = #name,
static const char *const fault_names[] = {
#include "abi/abi_each.h"
};

void fault_message(struct tcb *to, const struct tcb *from)
{
    to->rsi = from->fault_label;
    to->rdx = from->fault_address;
    to->r8 = from->rip;
    to->r9 = from->fault_error;
    to->r10 = from->rsp;
    to->r12 = from->fault_vector;
    to->r13 = from->rflags;
    to->r14 = 0;
    to->r15 = 0;
}

void fault_raise(struct tcb *t, unsigned label, uint64_t address, uint64_t error, uint64_t vector)
{
    const struct slot *handler = &t->slots[TCB_FAULT];
    trace(TRACE_FAULT, label, address);
    if (!slot_usable(handler)) {
        if (unasked_line(UNASKED_FAULT))
            kprintf("thread %p stopped: %s fault without a handler, address %p rip %p error %x\n", (void *)t,
                    fault_names[label], (void *)(uintptr_t)address, (void *)(uintptr_t)t->rip, (unsigned)error);
        tcb_stop(t);
        return;
    }
    assert(!CHECKING || slot_type(handler) == TYPE_ENDPOINT);
    t->send_long = LONG_NONE;
    t->fault_label = label;
    t->fault_address = address;
    t->fault_error = error;
    t->fault_vector = vector;
    tcb_set_slow(t, SLOW_FAULTED);
    ipc_send_to(t, endpoint_of(handler->object), handler->data, SEND_FAULT);
}
