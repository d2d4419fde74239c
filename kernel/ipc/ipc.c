/* Send, call, receive, reply, in C. Twin of fastpath/call.asm and fastpath/reply_recv.asm: from the same
   state they leave the same state (DESIGN.md section 7). */
#include "ipc.h"

#include "cnode.h"
#include "debug.h"
#include "endpoint.h"
#include "sched.h"
#include "trace.h"

/* `to` finds the message of `from` in its registers when it runs. Everything that it could see of its old
   registers is overwritten, but rsp, rbp and rip, which the kernel keeps for it. */
static void deliver(struct tcb *to, const struct tcb *from, uint64_t badge)
{
    to->rax = GOT_MESSAGE;
    to->rdi = badge;
    to->rbx = 0;
    to->resume = RESUME_SYSRET;
    if (from->slow_reasons & SLOW_FAULTED) {
        fault_message(to, from);
        return;
    }
    to->rsi = from->rsi;
    to->rdx = from->rdx;
    to->r8 = from->r8;
    to->r9 = from->r9;
    to->r10 = from->r10;
    to->r12 = from->r12;
    to->r13 = from->r13;
    to->r14 = from->r14;
    to->r15 = from->r15;
}

/* The endpoint that the caller's rdi names, if the capability has the right; NULL and the error otherwise. */
static struct slot *endpoint_cap(const struct tcb *caller, unsigned right, long *error)
{
    struct slot *s = cap_lookup_type(caller, caller->rdi, TYPE_ENDPOINT, error);
    if (s && !(slot_rights(s) & right)) {
        *error = ERR_NO_RIGHT;
        return NULL;
    }
    return s;
}

void ipc_send_to(struct tcb *t, struct endpoint *ep, uint64_t badge, enum send_kind kind)
{
    struct tcb *receiver = endpoint_take_receiver(ep);
    trace(TRACE_SEND, (uintptr_t)ep, badge);
    if (!receiver) {
        t->send_kind = (uint8_t)kind;
        t->send_badge = badge;
        endpoint_add_sender(ep, t);
        sched_block();
        return;
    }
    deliver(receiver, t, badge);
    receiver->reply_to = kind == SEND_ONLY ? NOBODY : t;
    if (kind != SEND_ONLY)
        t->wait = (uintptr_t)receiver;
    sched_deliver(receiver, kind == SEND_ONLY);
}

static long send(struct tcb *caller, enum send_kind kind)
{
    long error;
    const struct slot *s = endpoint_cap(caller, RIGHT_SEND, &error);
    caller->rbx = 0;
    if (!s)
        return error;
    /* ==== commit */
    ipc_send_to(caller, endpoint_of(s->object), s->data, kind);
    return 0;
}

long ipc_send(struct tcb *caller)
{
    return send(caller, SEND_ONLY);
}

long ipc_call(struct tcb *caller)
{
    return send(caller, SEND_CALL);
}

/* The running thread waits at the endpoint. */
static void wait_at(struct tcb *t, struct endpoint *ep)
{
    endpoint_add_receiver(ep, t);
    sched_block();
}

/* A waiting sender's message goes to the running thread, which runs on unless the sender, ready again after
   a plain send, is more urgent. */
static void receive_from(struct tcb *t, struct tcb *sender)
{
    deliver(t, sender, sender->send_badge);
    if (sender->send_kind == SEND_ONLY) {
        t->reply_to = NOBODY;
        sender->rax = GOT_MESSAGE;
        sched_wake(sender);
    } else {
        t->reply_to = sender;
        sender->wait = (uintptr_t)t;
    }
}

long ipc_recv(struct tcb *caller)
{
    long error;
    const struct slot *s = endpoint_cap(caller, RIGHT_RECV, &error);
    caller->rbx = 0;
    if (!s)
        return error;
    /* ==== commit */
    struct endpoint *ep = endpoint_of(s->object);
    struct tcb *dropped = caller->reply_to;
    caller->reply_to = NOBODY;
    struct tcb *sender = endpoint_take_sender(ep);
    trace(TRACE_RECV, (uintptr_t)ep, (uintptr_t)sender);
    if (sender)
        receive_from(caller, sender);
    else
        wait_at(caller, ep);
    if (dropped != NOBODY)
        tcb_wake_canceled(dropped);
    return 0;
}

/* The message or the resumption goes to the thread that waited for the reply. */
static void answer(struct tcb *t, struct tcb *caller)
{
    trace(TRACE_REPLY, (uintptr_t)t, (uintptr_t)caller);
    t->reply_to = NOBODY;
    caller->wait = 0;
    if (caller->slow_reasons & SLOW_FAULTED)
        tcb_clear_slow(caller, SLOW_FAULTED);
    else
        deliver(caller, t, 0);
}

long ipc_reply(struct tcb *caller)
{
    struct tcb *to = caller->reply_to;
    caller->rbx = 0;
    if (to == NOBODY)
        return ERR_NO_CALLER;
    /* ==== commit */
    answer(caller, to);
    sched_deliver(to, true);
    return 0;
}

/* The answered thread runs at once if it may (DESIGN.md section 3); when a sender was waiting, this thread
   has a message of its own and both are runnable. */
long ipc_reply_recv(struct tcb *caller)
{
    long error;
    const struct slot *s = endpoint_cap(caller, RIGHT_RECV, &error);
    caller->rbx = 0;
    if (!s)
        return error;
    /* ==== commit */
    struct endpoint *ep = endpoint_of(s->object);
    struct tcb *to = caller->reply_to;
    if (to != NOBODY)
        answer(caller, to);
    struct tcb *sender = endpoint_take_sender(ep);
    if (!sender)
        endpoint_add_receiver(ep, caller);
    if (to != NOBODY && !sender)
        sched_deliver(to, false);
    else if (!sender)
        sched_block();
    if (!sender)
        return 0;
    receive_from(caller, sender);
    if (to != NOBODY)
        sched_wake(to);
    return 0;
}
