/* Send, call, receive, reply, in C. Twin of fastpath/call.asm, fastpath/reply_recv.asm and their kin: from the same
   state they leave the same state (docs/design.md section 8). */
#include "ipc/ipc.h"

#include "abi/handlers.h"
#include "abi/ipc_buffer.h"
#include "debug/debug.h"
#include "debug/trace.h"
#include "object/cnode.h"
#include "object/derive.h"
#include "object/endpoint.h"
#include "object/notification.h"
#include "object/thread.h"
#include "thread/sched.h"

/* One body for several operations: it is inlined into each, and what constant arguments rule out costs nothing. */
#define SPECIALISED static inline __attribute__((always_inline))

#define OPERATION(name, body)                                                                                  \
    long sys_##name(struct tcb *caller)                                                                        \
    {                                                                                                          \
        return body;                                                                                           \
    }

/* `to` finds the message of `from` in its registers when it runs. Everything that it could see of its old
   registers is overwritten, except rsp, rbp and rip, which the kernel keeps for it. */
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
    if (from->send_long != LONG_NONE && from->buffer && to->buffer) {
        transfer_long(to, from);
        to->rax = GOT_LONG;
    }
}

/* Inline here, whoever else calls it. */
inline void ipc_send_to(struct tcb *t, struct endpoint *ep, uint64_t badge, enum send_kind kind)
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

/* What travels besides the registers: LONG_NONE, or by the caller's buffer and whether it may pass capabilities.
 */
SPECIALISED long decide_long(struct tcb *caller, bool is_long, bool grant)
{
    caller->send_long = LONG_NONE;
    if (!is_long)
        return 0;
    if (!caller->buffer)
        return ERR_NO_BUFFER;
    if (caller->buffer->caps != 0 && !grant)
        return ERR_NO_RIGHT;
    caller->send_long = grant ? LONG_WORDS_AND_CAPS : LONG_WORDS;
    return 0;
}

SPECIALISED long send(struct tcb *caller, enum send_kind kind, bool is_long, bool block)
{
    long error;
    const struct slot *s = cap_lookup_right(caller, caller->rdi, TYPE_ENDPOINT, RIGHT_SEND, &error);
    caller->rbx = 0;
    if (!s)
        return error;
    bool grant = slot_rights(s) & RIGHT_GRANT;
    error = decide_long(caller, is_long, grant);
    if (error)
        return error;
    struct endpoint *ep = endpoint_of(s->object);
    if (!block && (ep->recv == NOBODY || ep->recv == SLOW_HEAD))
        return ERR_EMPTY;
    /* ==== commit */
    ipc_send_to(caller, ep, s->data, kind);
    if (kind == SEND_CALL && is_long && grant && !(caller->wait & REF_ENDPOINT))
        caller->wait |= REF_GRANTS;
    return 0;
}

OPERATION(send, send(caller, SEND_ONLY, false, true))
OPERATION(send_nb, send(caller, SEND_ONLY, false, false))
OPERATION(long_send, send(caller, SEND_ONLY, true, true))
OPERATION(call, send(caller, SEND_CALL, false, true))
OPERATION(long_call, send(caller, SEND_CALL, true, true))

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
        if (sender->send_kind == SEND_CALL && sender->send_long == LONG_WORDS_AND_CAPS)
            sender->wait |= REF_GRANTS;
    }
}

static bool signalled(struct tcb *t)
{
    return t->slow_reasons & SLOW_SIGNALLED && notification_still_pending(t);
}

/* The running thread receives, first of all a signal of its bound notification, or waits. Returns what goes into rax.
 */
SPECIALISED long receive(struct tcb *t, struct endpoint *ep)
{
    if (signalled(t)) {
        notification_receive(t);
        return GOT_NOTIFIED;
    }
    struct tcb *sender = endpoint_take_sender(ep);
    trace(TRACE_RECV, (uintptr_t)ep, (uintptr_t)sender);
    if (!sender) {
        endpoint_add_receiver(ep, t);
        sched_block();
        return GOT_MESSAGE;
    }
    receive_from(t, sender);
    return (long)t->rax;
}

static bool something_to_receive(struct tcb *t, const struct endpoint *ep)
{
    return signalled(t) || ep->recv == SLOW_HEAD;
}

SPECIALISED long recv(struct tcb *caller, bool block)
{
    long error;
    const struct slot *s = cap_lookup_right(caller, caller->rdi, TYPE_ENDPOINT, RIGHT_RECV, &error);
    caller->rbx = 0;
    if (!s)
        return error;
    struct endpoint *ep = endpoint_of(s->object);
    if (!block && !something_to_receive(caller, ep))
        return ERR_EMPTY;
    /* ==== commit */
    struct tcb *dropped = caller->reply_to;
    caller->reply_to = NOBODY;
    long result = receive(caller, ep);
    if (dropped != NOBODY)
        tcb_wake_canceled(dropped);
    return result;
}

OPERATION(recv, recv(caller, true))
OPERATION(recv_nb, recv(caller, false))

/* The message or the resumption goes to the thread that waited for the reply. pre: nobody holds the right to it
   any more */
static void answer(struct tcb *t, struct tcb *caller)
{
    trace(TRACE_REPLY, (uintptr_t)t, (uintptr_t)caller);
    caller->wait = 0;
    if (caller->slow_reasons & SLOW_FAULTED)
        tcb_clear_slow(caller, SLOW_FAULTED);
    else
        deliver(caller, t, 0);
}

/* Capabilities may go with the answer if they could have come with the call. from: the wait of the answered thread, or the data of
   the saved reply */
static long decide_answer(struct tcb *caller, uint64_t from, bool is_long)
{
    return decide_long(caller, is_long, from & REF_GRANTS);
}

/* rdi 0: answers the caller received last; else the caller that the saved reply capability there stands for. */
SPECIALISED long reply(struct tcb *caller, bool is_long)
{
    long error;
    struct slot *saved = NULL;
    struct tcb *to = caller->reply_to;
    caller->rbx = 0;
    if (caller->rdi) {
        saved = cap_lookup_type(caller, caller->rdi, TYPE_REPLY, &error);
        if (!saved)
            return error;
        to = tcb_of(saved->object);
    }
    if (to == NOBODY)
        return ERR_NO_CALLER;
    error = decide_answer(caller, saved ? saved->data : to->wait, is_long);
    if (error)
        return error;
    /* ==== commit */
    if (saved)
        derive_remove(saved);
    else
        caller->reply_to = NOBODY;
    answer(caller, to);
    sched_deliver(to, true);
    return 0;
}

OPERATION(reply, reply(caller, false))
OPERATION(long_reply, reply(caller, true))

/* rdi CNode, rsi index of an empty slot. */
CALL_ON(reply_save, struct slot *, s, cnode_slot(caller, caller->rdi, caller->rsi, &error))
{
    struct tcb *to = caller->reply_to;
    if (!slot_empty(s))
        return ERR_OCCUPIED;
    if (to == NOBODY)
        return ERR_NO_CALLER;
    /* ==== commit */
    slot_fill(s, TYPE_REPLY, 0, (uintptr_t)to, to->wait & REF_GRANTS);
    to->wait = (uintptr_t)s | REF_SLOT;
    caller->reply_to = NOBODY;
    return 0;
}

/* The answered thread runs at once if it may (docs/design.md section 5); when a sender or a signal was waiting, this
   thread has something to do, too, and runs on unless the answered one is more urgent. */
SPECIALISED long reply_recv(struct tcb *caller, bool is_long)
{
    long error;
    const struct slot *s = cap_lookup_right(caller, caller->rdi, TYPE_ENDPOINT, RIGHT_RECV, &error);
    struct tcb *to = caller->reply_to;
    caller->rbx = 0;
    if (!s)
        return error;
    error = to == NOBODY ? 0 : decide_answer(caller, to->wait, is_long); /* with nobody it only receives */
    if (error)
        return error;
    /* ==== commit */
    struct endpoint *ep = endpoint_of(s->object);
    if (to == NOBODY)
        return receive(caller, ep);
    caller->reply_to = NOBODY;
    answer(caller, to);
    if (something_to_receive(caller, ep)) {
        long result = receive(caller, ep);
        sched_wake(to);
        return result;
    }
    endpoint_add_receiver(ep, caller);
    sched_deliver(to, false);
    return GOT_MESSAGE;
}

OPERATION(reply_recv, reply_recv(caller, false))
OPERATION(long_reply_recv, reply_recv(caller, true))
