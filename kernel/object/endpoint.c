/* The queues of an endpoint. The head of a receive queue carries SLOW_FOLLOWED while others stand behind
   it: the fast path of call may then take a head that has no follower without reading its `next`. */
#include "object/endpoint.h"

#include "abi/handlers.h"
#include "debug/debug.h"
#include "object/cnode.h"
#include "object/delete.h"
#include "object/thread.h"
#include "thread/sched.h"

static bool has_receivers(const struct endpoint *ep)
{
    return ep->recv != NOBODY && ep->recv != SLOW_HEAD;
}

/* A fast path empties the queue without touching the tail, and fills it without setting one: with a head
   whose SLOW_FOLLOWED is clear the tail is the head, whatever recv_tail says. */
static bool alone(const struct endpoint *ep)
{
    return !(ep->recv->slow_reasons & SLOW_FOLLOWED);
}

void endpoint_add_receiver(struct endpoint *ep, struct tcb *t)
{
    assert(ep->recv != SLOW_HEAD);
    t->wait = ref_endpoint(ep);
    if (has_receivers(ep)) {
        if (alone(ep)) {
            ep->recv_tail = ep->recv;
            tcb_set_slow(ep->recv, SLOW_FOLLOWED);
        }
        ep->recv_tail->next = t;
        t->prev = ep->recv_tail;
    } else {
        ep->recv = t;
    }
    ep->recv_tail = t;
}

void endpoint_add_sender(struct endpoint *ep, struct tcb *t)
{
    assert(!has_receivers(ep));
    t->wait = ref_endpoint(ep);
    if (ep->recv == SLOW_HEAD) {
        ep->tail->next = t;
        t->prev = ep->tail;
    } else {
        ep->recv = SLOW_HEAD;
        ep->send = t;
    }
    ep->tail = t;
}

static void remove_receiver(struct endpoint *ep, struct tcb *t)
{
    if (alone(ep)) {
        assert(ep->recv == t);
        ep->recv = NOBODY;
        return;
    }
    if (ep->recv == t) {
        ep->recv = t->next;
        tcb_clear_slow(t, SLOW_FOLLOWED);
        if (ep->recv != ep->recv_tail)
            tcb_set_slow(ep->recv, SLOW_FOLLOWED);
        return;
    }
    tcb_unlink(&ep->recv, &ep->recv_tail, t);
    if (ep->recv == ep->recv_tail)
        tcb_clear_slow(ep->recv, SLOW_FOLLOWED);
}

/* What stands before a sender that leaves has been looked at, so its neighbour can take its place. */
static __attribute__((noinline)) void scan_leaves(struct endpoint *ep, const struct tcb *t)
{
    if (t != ep->tail)
        ep->scan = t->next;
    else
        ep->scan = t == ep->send ? NULL : t->prev;
}

static void remove_sender(struct endpoint *ep, struct tcb *t)
{
    if (ep->scan == t)
        scan_leaves(ep, t);
    if (ep->send == t && ep->tail == t)
        ep->recv = NOBODY;
    else
        tcb_unlink(&ep->send, &ep->tail, t);
}

struct tcb *endpoint_take_receiver(struct endpoint *ep)
{
    struct tcb *t = ep->recv;
    if (!has_receivers(ep))
        return NULL;
    remove_receiver(ep, t);
    return t;
}

struct tcb *endpoint_take_sender(struct endpoint *ep)
{
    struct tcb *t = ep->send;
    if (ep->recv != SLOW_HEAD)
        return NULL;
    remove_sender(ep, t);
    return t;
}

void endpoint_remove(struct endpoint *ep, struct tcb *t)
{
    if (ep->recv == SLOW_HEAD)
        remove_sender(ep, t);
    else
        remove_receiver(ep, t);
}

bool endpoint_cancel_one(struct endpoint *ep)
{
    if (ep->recv == NOBODY)
        return false;
    struct tcb *t = ep->recv == SLOW_HEAD ? ep->send : ep->recv;
    tcb_cancel_wait(t, ERR_CANCELED);
    sched_wake(t);
    return true;
}

static void cancel_sender(struct tcb *t)
{
    bool faulted = t->slow_reasons & SLOW_FAULTED;
    tcb_cancel_wait(t, ERR_CANCELED);
    if (!faulted)
        sched_wake(t);
}

/* Between two entries the queue may change: senders leave, which scan_leaves follows, and others come behind.
   So each entry gets further, and the end is reached if that goes faster than others come. */
bool endpoint_cancel_badge(struct endpoint *ep, uint64_t badge, unsigned steps)
{
    if (ep->recv != SLOW_HEAD)
        return true;
    if (!ep->scan || ep->scan_badge != badge)
        ep->scan = ep->send;
    ep->scan_badge = badge;
    for (; steps; steps--) {
        struct tcb *t = ep->scan;
        bool last = t == ep->tail;
        if (t->send_badge == badge)
            cancel_sender(t);
        else if (!last)
            ep->scan = t->next;
        if (last) {
            ep->scan = NULL;
            return true;
        }
    }
    return false;
}

/* rdi CNode, rsi index of an endpoint capability. All rights, because it concerns everyone with that badge: a
   client that only got a copy to send with has no say in it. Errors: BAD_ARGUMENT when it has no badge. */
CALL_ON(cap_cancel_badged, const struct slot *, s, cnode_slot(caller, caller->rdi, caller->rsi, &error))
{
    const unsigned all = RIGHT_SEND | RIGHT_RECV | RIGHT_GRANT;
    if (slot_empty(s) || slot_dying(s))
        return ERR_BAD_CAP;
    if (slot_type(s) != TYPE_ENDPOINT)
        return ERR_WRONG_TYPE;
    if ((slot_rights(s) & all) != all)
        return ERR_NO_RIGHT;
    if (s->data == 0)
        return ERR_BAD_ARGUMENT;
    /* ==== commit */
    return endpoint_cancel_badge(endpoint_of(s->object), s->data, STEPS_PER_ENTRY) ? 0 : restart();
}
