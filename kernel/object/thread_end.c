/* What ends a thread's wait before what it waits for has come, and what ends the thread itself. */
#include "object/derive.h"
#include "object/endpoint.h"
#include "object/notification.h"
#include "object/thread.h"
#include "thread/sched.h"

enum { RFLAGS_RF = 1 << 16 };

/* What a thread finds when it runs again after a wait that was cut off: a fault happens again, a system call
   returns the error with an empty message (a fast path did not save the old one). */
static void set_canceled(struct tcb *t, long error)
{
    t->wait = 0;
    if (t->slow_reasons & SLOW_FAULTED) {
        tcb_clear_slow(t, SLOW_FAULTED);
        if (t->fault_label == FAULT_DEBUG)
            t->rflags &= ~(uint64_t)RFLAGS_RF; /* which would let it pass the breakpoint */
        return;
    }
    tcb_end_wait(t, error, 0);
}

void tcb_wake_canceled(struct tcb *t)
{
    set_canceled(t, ERR_CANCELED);
    sched_wake(t);
}

void tcb_cancel_wait(struct tcb *t, long error)
{
    if (t->wait == 0)
        return;
    if (t->wait & REF_SLOT) {
        derive_remove(reply_slot(t->wait));
    } else if (t->wait & REF_NOTIFICATION) {
        notification_remove(notification_at(t->wait), t);
    } else if (t->wait & REF_ENDPOINT) {
        struct endpoint *ep = endpoint_of(t->wait);
        if (ep->recv != SLOW_HEAD)
            t->reply_to = NOBODY; /* it waited to receive: what stood there meant nothing; now it would */
        endpoint_remove(ep, t);
    } else {
        server_of(t->wait)->reply_to = NOBODY;
    }
    set_canceled(t, error);
}

void tcb_time_out(struct tcb *t)
{
    if (t == cpu.current || t->wait == 0 || sched_ready(t) || t->slow_reasons & SLOW_FAULTED)
        return;
    tcb_cancel_wait(t, ERR_TIMEOUT);
    sched_wake(t);
}

void tcb_stop(struct tcb *t)
{
    if (t == cpu.current) {
        t->wait = 0;
        sched_block();
    } else if (sched_ready(t)) {
        sched_dequeue(t);
        tcb_clear_slow(t, SLOW_OWES);
    } else {
        tcb_cancel_wait(t, ERR_CANCELED);
    }
}

void tcb_drop_caller(struct tcb *t)
{
    struct tcb *dropped = t->reply_to;
    t->reply_to = NOBODY;
    if (dropped != NOBODY)
        tcb_wake_canceled(dropped);
}

void tcb_end(struct tcb *t)
{
    tcb_stop(t);
    tcb_drop_caller(t);
    if (t->bound)
        notification_unbind(t->bound);
}
