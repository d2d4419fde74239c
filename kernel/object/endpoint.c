/* The queues of an endpoint. The head of a receive queue carries SLOW_FOLLOWED while others stand behind
   it: the fast path of call may then take a head that has no follower without reading its `next`. */
#include "endpoint.h"

#include "debug.h"
#include "sched.h"

void endpoint_init(struct endpoint *ep)
{
    ep->recv = NOBODY;
}

static bool has_receivers(const struct endpoint *ep)
{
    return ep->recv != NOBODY && ep->recv != CROWD;
}

/* A fast path empties the queue without touching the tail, and fills it without setting one: with a head
   whose SLOW_FOLLOWED is clear the tail is the head, whatever recv_tail says. */
static bool alone(const struct endpoint *ep)
{
    return !(ep->recv->slow_reasons & SLOW_FOLLOWED);
}

void endpoint_add_receiver(struct endpoint *ep, struct tcb *t)
{
    assert(ep->recv != CROWD);
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
    if (ep->recv == CROWD) {
        ep->tail->next = t;
        t->prev = ep->tail;
    } else {
        ep->recv = CROWD;
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
    if (ep->recv_tail == t)
        ep->recv_tail = t->prev;
    else
        t->next->prev = t->prev;
    t->prev->next = t->next;
    if (ep->recv == ep->recv_tail)
        tcb_clear_slow(ep->recv, SLOW_FOLLOWED);
}

static void remove_sender(struct endpoint *ep, struct tcb *t)
{
    if (ep->send == t && ep->tail == t) {
        ep->recv = NOBODY;
    } else if (ep->send == t) {
        ep->send = t->next;
    } else if (ep->tail == t) {
        ep->tail = t->prev;
    } else {
        t->prev->next = t->next;
        t->next->prev = t->prev;
    }
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
    if (ep->recv != CROWD)
        return NULL;
    remove_sender(ep, t);
    return t;
}

void endpoint_remove(struct endpoint *ep, struct tcb *t)
{
    if (ep->recv == CROWD)
        remove_sender(ep, t);
    else
        remove_receiver(ep, t);
}

bool endpoint_cancel_one(struct endpoint *ep)
{
    if (ep->recv == NOBODY)
        return false;
    struct tcb *t = ep->recv == CROWD ? ep->send : ep->recv;
    tcb_cancel_wait(t);
    sched_wake(t);
    return true;
}
