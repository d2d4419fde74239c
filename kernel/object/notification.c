#include "object/notification.h"

#include "abi/handlers.h"
#include "debug/trace.h"
#include "object/cnode.h"
#include "object/endpoint.h"
#include "object/thread.h"
#include "thread/sched.h"

static bool waits_to_receive(const struct tcb *t)
{
    return t != cpu.current && t->wait & REF_ENDPOINT && endpoint_of(t->wait)->recv != SLOW_HEAD;
}

static void wake(struct tcb *t, uint64_t bits)
{
    tcb_end_wait(t, GOT_NOTIFIED, bits);
    t->wait = 0;
    sched_wake(t);
}

/* Nobody waits, but a thread is bound that has not been signalled yet. */
static void signal_bound(struct notification *n, uint64_t bits)
{
    struct tcb *t = n->bound;
    if (waits_to_receive(t)) {
        endpoint_remove(endpoint_of(t->wait), t);
        t->reply_to = NOBODY;
        wake(t, bits);
    } else {
        n->pending |= bits;
        n->head = NULL;
        tcb_set_slow(t, SLOW_SIGNALLED);
    }
}

void notification_signal(struct notification *n, uint64_t bits)
{
    struct tcb *first = n->head;
    trace(TRACE_SIGNAL, (uintptr_t)n, bits);
    if (!first) {
        n->pending |= bits;
    } else if (first == SLOW_HEAD) {
        signal_bound(n, bits);
    } else {
        notification_remove(n, first);
        wake(first, bits);
    }
}

void notification_signal_by(const struct slot *s)
{
    notification_signal(notification_of(s), s->data);
}

/* The running thread takes what is pending. The bound thread, if that is another one, finds out when it receives. */
static void take(struct tcb *t, struct notification *n)
{
    tcb_end_wait(t, GOT_NOTIFIED, n->pending);
    n->pending = 0;
}

/* Must a signal look for the bound thread? Not for one that has been signalled: bits are all that it finds. */
static bool bound_counts(const struct notification *n)
{
    return n->bound && !(n->bound->slow_reasons & SLOW_SIGNALLED);
}

/* The queue now goes from here to there; head NULL: nobody waits. */
static void set_queue(struct notification *n, struct tcb *head, struct tcb *last)
{
    bool bound = bound_counts(n);
    n->head = head ? head : bound ? SLOW_HEAD : NULL;
    n->tail = last;
    if (!head)
        return;
    if (head != last || bound)
        tcb_set_slow(head, SLOW_FOLLOWED);
    else if (head->slow_reasons & SLOW_FOLLOWED)
        tcb_clear_slow(head, SLOW_FOLLOWED);
}

/* The bound thread, or whether a signal has to look for it, has changed. */
static void bound_changed(struct notification *n)
{
    struct tcb *first = notification_first(n);
    set_queue(n, first, first ? notification_last(n) : NULL);
}

static void has_looked(struct tcb *t)
{
    tcb_clear_slow(t, SLOW_SIGNALLED);
    bound_changed(t->bound);
}

bool notification_still_pending(struct tcb *t)
{
    if (!t->bound->pending)
        has_looked(t);
    return t->bound->pending;
}

void notification_receive(struct tcb *t)
{
    take(t, t->bound);
    has_looked(t);
}

static void add(struct notification *n, struct tcb *t)
{
    struct tcb *first = notification_first(n);
    t->wait = (uintptr_t)n | REF_NOTIFICATION;
    if (!n->head) {
        n->head = t;
        return;
    }
    if (first) {
        struct tcb *last = notification_last(n);
        last->next = t;
        t->prev = last;
    }
    set_queue(n, first ? first : t, t);
}

void notification_remove(struct notification *n, struct tcb *t)
{
    struct tcb *head = n->head, *last = notification_last(n);
    if (!(head->slow_reasons & SLOW_FOLLOWED)) {
        n->head = NULL;
        return;
    }
    if (head == t) {
        tcb_clear_slow(t, SLOW_FOLLOWED);
        head = t == last ? NULL : t->next;
    } else {
        tcb_unlink(&head, &last, t);
    }
    set_queue(n, head, last);
}

void notification_unbind(struct notification *n)
{
    struct tcb *t = n->bound;
    n->bound = NULL;
    t->bound = NULL;
    tcb_clear_slow(t, SLOW_SIGNALLED);
    bound_changed(n);
}

bool notification_cancel_one(struct notification *n)
{
    if (n->bound)
        notification_unbind(n);
    struct tcb *t = notification_first(n);
    if (!t)
        return false;
    tcb_cancel_wait(t, ERR_CANCELED);
    sched_wake(t);
    return true;
}

/* rdi notification. */
CALL_ON(signal, const struct slot *, s,
        cap_lookup_right(caller, caller->rdi, TYPE_NOTIFICATION, RIGHT_SIGNAL, &error))
{
    /* ==== commit */
    notification_signal_by(s);
    return 0;
}

/* rdi notification. Result: rax GOT_NOTIFIED, rdi the bits; rbx and the other registers of a message are 0. */
long sys_wait(struct tcb *caller)
{
    long error;
    const struct slot *s = cap_lookup_right(caller, caller->rdi, TYPE_NOTIFICATION, RIGHT_WAIT, &error);
    caller->rbx = 0;
    if (!s)
        return error;
    /* ==== commit */
    struct notification *n = notification_of(s);
    if (n->pending) {
        take(caller, n);
    } else {
        add(n, caller);
        sched_block();
    }
    return GOT_NOTIFIED;
}

CALL_ON(poll, const struct slot *, s,
        cap_lookup_right(caller, caller->rdi, TYPE_NOTIFICATION, RIGHT_WAIT, &error))
{
    if (!notification_of(s)->pending)
        return ERR_EMPTY;
    /* ==== commit */
    take(caller, notification_of(s));
    return GOT_NOTIFIED;
}

/* rdi TCB, rsi notification or 0 to unbind. Errors: IN_USE when either is bound already or somebody waits at
 * it. */
CALL_ON(notification_bind, const struct slot *, thread, cap_lookup_type(caller, caller->rdi, TYPE_TCB, &error))
{
    long error;
    struct tcb *t = tcb_of(thread->object);
    const struct slot *s = NULL;
    if (caller->rsi) {
        s = cap_lookup_right(caller, caller->rsi, TYPE_NOTIFICATION, RIGHT_WAIT, &error);
        if (!s)
            return error;
        if (t->bound || notification_of(s)->bound || notification_of(s)->head)
            return ERR_IN_USE;
    }
    /* ==== commit */
    if (s) {
        t->bound = notification_of(s);
        t->bound->bound = t;
        set_queue(t->bound, NULL, NULL);
        uint64_t pending = t->bound->pending;
        t->bound->pending = 0;
        if (pending)
            notification_signal(t->bound, pending); /* it may be waiting to receive already */
    } else if (t->bound) {
        notification_unbind(t->bound);
    }
    return 0;
}
