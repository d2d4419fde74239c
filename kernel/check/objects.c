/* What is true of one object: of a thread, of a queue and what stands in it, of a timer's place. */
#include "check/check.h"

#include "arch/arch.h"
#include "object/endpoint.h"
#include "object/notification.h"
#include "object/space.h"
#include "object/timer.h"
#include "thread/sched.h"
#include "thread/tcb.h"

static bool is_current(const struct tcb *t)
{
    return t == cpu.current;
}

/* The word `wait` means something only then. */
static bool waits(const struct tcb *t)
{
    return !is_current(t) && !sched_ready(t) && t->wait != 0;
}

static bool waits_to_receive(const struct tcb *t)
{
    return waits(t) && t->wait & REF_ENDPOINT && endpoint_of(t->wait)->recv != SLOW_HEAD;
}

/* Is t in the queue that begins at head? */
static bool in_queue(const struct tcb *head, const struct tcb *tail, const struct tcb *t)
{
    for (const struct tcb *q = head;; q = q->next) {
        if (q == t)
            return true;
        if (q == tail)
            return false;
    }
}

static void check_wait(const struct tcb *t)
{
    const uint64_t wait = t->wait;
    if (wait & REF_SLOT) {
        holds("wait-saved-reply", slot_type(reply_slot(wait)) == TYPE_REPLY, t);
        holds("wait-saved-reply", tcb_of(reply_slot(wait)->object) == t, t);
    } else if (wait & REF_NOTIFICATION) {
        const struct notification *n = notification_at(wait);
        holds("wait-notification", notification_first(n) && in_queue(n->head, notification_last(n), t), t);
    } else if (wait & REF_ENDPOINT) {
        const struct endpoint *ep = endpoint_of(wait);
        holds("wait-endpoint", ep->recv != NOBODY, t);
        if (ep->recv == SLOW_HEAD)
            holds("wait-endpoint", in_queue(ep->send, ep->tail, t), t);
        else if (ep->recv->slow_reasons & SLOW_FOLLOWED)
            holds("wait-endpoint", in_queue(ep->recv, ep->recv_tail, t), t);
        else
            holds("wait-endpoint", ep->recv == t, t);
    } else {
        holds("reply-mutual", server_of(wait)->reply_to == t, t);
    }
}

static void check_extended(const struct tcb *t)
{
    uint32_t slow = t->slow_reasons;
    bool second = !(slow & ~(uint32_t)SLOW_SECOND) || slow == SLOW_FAULTED;
    bool by_c =
        (slow & SLOW_STATE && !arch_extended_is_fast()) || (slow & SLOW_BASES && !arch_bases_are_fast());
    holds("extended-key", t->extended_key == (second ? t->priority + 1u : 0), t);
    holds("extended-state", !(slow & SLOW_STATE) == !t->extended, t);
    holds("extended-by-c", !(slow & SLOW_EXTENDED) == !by_c, t);
    holds("bases", slow & SLOW_BASES || !(t->fs_base | t->gs_base), t);
}

/* What of its slots stands in the TCB. */
static void check_cached(const struct tcb *t)
{
    const struct slot *root = &t->slots[TCB_CSPACE], *space = &t->slots[TCB_SPACE],
                      *buffer = &t->slots[TCB_BUFFER];
    bool has_root = slot_type(root) == TYPE_CNODE;
    holds("cspace-cached", !has_root || t->cspace == cnode_slots(root), t);
    holds("cspace-cached", t->cspace_mask == (has_root ? ((1u << cnode_radix(root)) - 1) << SLOT_BITS : 0), t);
    uint64_t cr3 = slot_type(space) == TYPE_ADDRESS_SPACE ? arch_space_cr3(space) : arch_kernel_cr3();
    holds("cr3-cached", t->cr3 == cr3, t);
    uint64_t frame = slot_type(buffer) == TYPE_FRAME ? buffer->object : 0;
    holds("buffer-cached", (uintptr_t)t->buffer == frame && frame % 4096 == 0, t);
}

static void check_tcb(const struct tcb *t)
{
    holds("key", t->key == (t->slow_reasons ? 0 : t->priority + 1u), t);
    holds("ceiling", t->priority <= t->ceiling, t);
    holds("queue", t->queue == (t->slow_reasons ? NULL : &queues[t->priority]), t);
    holds("ready-alone", !sched_ready(t) || !(t->wait & READY_UNSETTLED) || !t->slow_reasons, t);
    if (waits(t))
        check_wait(t);
    if (!waits_to_receive(t) && t->reply_to != NOBODY) {
        holds("reply-mutual", waits(t->reply_to), t);
        holds("reply-mutual", server_of(t->reply_to->wait) == t, t);
    }
    if (t->slow_reasons & SLOW_FOLLOWED)
        holds("followed",
              waits(t) && (t->wait & REF_NOTIFICATION ? notification_at(t->wait)->head == t
                                                      : waits_to_receive(t) && endpoint_of(t->wait)->recv == t),
              t);
    if (t->slow_reasons & SLOW_FAULTED)
        holds("faulted-waits", waits(t) && !waits_to_receive(t), t);
    if (t->slow_reasons & SLOW_SIGNALLED)
        holds("signalled", t->bound && !waits_to_receive(t), t);
    else
        holds("signalled", !(t->bound && t->bound->pending), t);
    holds("bound-mutual", !t->bound || t->bound->bound == t, t);
    if (t->slow_reasons & SLOW_OWES)
        holds("owes", is_current(t) ? cpu.slice_left <= 0 : sched_ready(t) && t->slice_left <= 0, t);
    bool breaks = t->breakpoint[0].kind | t->breakpoint[1].kind | t->breakpoint[2].kind | t->breakpoint[3].kind;
    holds("breakpoints", !(t->slow_reasons & SLOW_DEBUG) == !breaks, t);
    check_cached(t);
    holds("rip-canonical", is_current(t) || t->resume != RESUME_SYSRET || t->rip <= USER_TOP, t);
    check_extended(t);
}

static void check_endpoint(const struct endpoint *ep)
{
    if (ep->recv == NOBODY) {
        holds("scan", !ep->scan, ep);
        return;
    }
    bool senders = ep->recv == SLOW_HEAD;
    const struct tcb *head = senders ? ep->send : ep->recv;
    bool followed = head->slow_reasons & SLOW_FOLLOWED;
    const struct tcb *tail = senders ? ep->tail : followed ? ep->recv_tail : head;
    holds("followed", senders || followed == (head != tail), ep);
    bool scanned = ep->scan;
    for (const struct tcb *t = head;; t = t->next) {
        holds("queue-waits-here", waits(t) && t->wait == ref_endpoint(ep), t);
        bool faulted = t->slow_reasons & SLOW_FAULTED;
        holds("sends", !senders || faulted == (t->send_kind == SEND_FAULT), t);
        scanned = scanned && t != ep->scan;
        holds("scan", !senders || !scanned || t->send_badge != ep->scan_badge, t);
        if (t == tail)
            break;
        holds("queue-links", t->next->prev == t, t);
    }
    holds("scan", !scanned && (senders || !ep->scan), ep);
}

static void check_notification(const struct notification *n)
{
    const struct tcb *first = notification_first(n), *last = first ? notification_last(n) : NULL;
    holds("pending-nobody-waits", !(first && n->pending), n);
    holds("bound-mutual", !n->bound || n->bound->bound == n, n);
    bool looked_for = n->bound && !(n->bound->slow_reasons & SLOW_SIGNALLED);
    holds("bound-head", first || n->head == (looked_for ? SLOW_HEAD : NULL), n);
    holds("followed", !first || !(first->slow_reasons & SLOW_FOLLOWED) == (first == last && !looked_for), n);
    for (const struct tcb *t = first; t; t = t == last ? NULL : t->next)
        holds("queue-waits-here", waits(t) && notification_at(t->wait) == n, t);
}

/* Its address leads to it from the top of the tree. */
static void check_timer(const struct timer *t)
{
    const struct timer *here = timer_first;
    unsigned type = slot_object_type(&t->target);
    holds("timer-target", type == TYPE_NULL || type == TYPE_NOTIFICATION || type == TYPE_TCB, t);
    holds("timer-top", !timer_first || timer_first->place == &timer_first, timer_first);
    if (!t->place)
        return;
    for (unsigned depth = 0; here && here != t; depth++)
        here = here->below[timer_side(t, depth)];
    holds("timer-found", here == t && *t->place == t, t);
    for (unsigned i = 0; i < 2; i++)
        holds("timer-order",
              !t->below[i] || (t->below[i]->place == &t->below[i] && timer_earlier(t, t->below[i])), t);
}

/* Is the space of that number this one? */
static bool has_number(const struct slot *space)
{
    unsigned id = (unsigned)space->data;
    return id < SPACE_IDS && (uintptr_t)space_roots[id] == space->object;
}

void check_object(const struct slot *s)
{
    switch (slot_object_type(s)) {
    case TYPE_TCB: check_tcb(tcb_of(s->object)); break;
    case TYPE_ENDPOINT: check_endpoint(endpoint_of(s->object)); break;
    case TYPE_NOTIFICATION: check_notification(notification_of(s)); break;
    case TYPE_TIMER: check_timer(timer_of(s)); break;
    case TYPE_ADDRESS_SPACE: holds("space-number", has_number(s), s); break;
    default: break;
    }
}
