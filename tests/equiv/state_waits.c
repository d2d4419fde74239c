/* The part of a state that says who waits where: at endpoints and notifications, and for replies. */
#include "cap/words.h"
#include "state_parts.h"

void state_queue_sender(struct endpoint *ep, struct tcb *t)
{
    t->wait = ref_endpoint(ep);
    t->send_kind = (uint8_t)below(3);
    t->send_long = (uint8_t)(t->send_kind == SEND_FAULT ? LONG_NONE : below(3));
    if (t->send_kind == SEND_FAULT) {
        t->slow_reasons |= SLOW_FAULTED;
        t->fault_label = 1 + below(7), t->fault_address = number(), t->fault_error = below(32),
        t->fault_vector = 14;
    } else {
        t->resume = RESUME_SYSRET;
    }
    if (t->send_kind == SEND_CALL && t->send_long == LONG_WORDS_AND_CAPS)
        t->slow_reasons |= SLOW_GRANTS;
    if (ep->recv == kernel.slow_head) {
        ep->tail->next = t;
        t->prev = ep->tail;
    } else {
        ep->recv = kernel.slow_head;
        ep->send = t;
    }
    ep->tail = t;
}

void state_queue_receiver(struct endpoint *ep, struct tcb *t)
{
    t->wait = ref_endpoint(ep);
    t->resume = RESUME_SYSRET;
    t->reply_to = chance(2) ? kernel.nobody : thread(below(THREADS)); /* whom it answered last: means nothing */
    if (ep->recv == kernel.nobody) {
        ep->recv = t;
    } else {
        struct tcb *tail = ep->recv->slow_reasons & SLOW_FOLLOWED ? ep->recv_tail : ep->recv;
        ep->recv->slow_reasons |= SLOW_FOLLOWED;
        tail->next = t;
        t->prev = tail;
    }
    ep->recv_tail = t;
}

static void queue_at_notification(struct notification *n, struct tcb *t)
{
    t->wait = (uintptr_t)n | REF_NOTIFICATION;
    t->resume = RESUME_SYSRET;
    if (n->head) {
        struct tcb *tail = n->tail;
        n->head->slow_reasons |= SLOW_FOLLOWED;
        tail->next = t;
        t->prev = tail;
    } else {
        n->head = t;
    }
    n->tail = t;
}

/* Does the thread wait to receive? Then reply_to means nothing, and nobody waits for its reply. */
static bool receives(const struct tcb *t)
{
    return t != running() && t->wait & REF_ENDPOINT && endpoint_of(t->wait)->recv != kernel.slow_head;
}

static void wait_for_reply(struct tcb *t, struct tcb *of)
{
    t->wait = (uintptr_t)of;
    of->reply_to = t;
    if (chance(4)) {
        t->slow_reasons |= SLOW_FAULTED;
        t->resume = chance(4) ? RESUME_SYSRET : RESUME_IRET;
        t->fault_label = 1 + below(7), t->fault_address = number(), t->fault_error = below(32),
        t->fault_vector = 14;
    } else {
        t->resume = RESUME_SYSRET;
        if (chance(6))
            t->slow_reasons |= SLOW_GRANTS;
    }
}

static void save_reply(struct tcb *t, struct slot *s)
{
    slot_fill(s, TYPE_REPLY, 0, (uintptr_t)t, 0);
    t->wait = (uintptr_t)s | REF_SLOT;
    t->resume = RESUME_SYSRET;
}

void state_place(unsigned i)
{
    struct tcb *t = thread(i), *other = thread(below(i));
    struct endpoint *ep = &arena->endpoint[below(ENDPOINTS)];
    struct slot *s = &arena->root[below(SPACES)][below(1 << ROOT_RADIX)];
    switch (below(8)) {
    case 0:
    case 1:
        if (t->priority <= running()->priority)
            state_make_ready(t);
        break;
    case 2:
    case 3:
        if (ep->recv != kernel.slow_head)
            state_queue_receiver(ep, t);
        break;
    case 4:
        if (ep->recv == kernel.nobody || ep->recv == kernel.slow_head)
            state_queue_sender(ep, t);
        break;
    case 5:
        if (chance(2))
            other = running();
        if (other->reply_to == kernel.nobody && !receives(other))
            wait_for_reply(t, other);
        break;
    case 6:
        if (slot_empty(s) && chance(2))
            save_reply(t, s);
        else
            queue_at_notification(&arena->notification[below(NOTIFICATIONS)], t);
        break;
    default: break; /* stopped */
    }
}

void state_leave_stale_wait(void)
{
    const uint64_t last[] = {0,
                             ref_endpoint(&arena->endpoint[below(ENDPOINTS)]),
                             (uintptr_t)&arena->notification[0] | REF_NOTIFICATION,
                             (uintptr_t)thread(1),
                             READY_RETURNED,
                             READY_NOTIFIED};
    running()->wait = last[below(sizeof last / sizeof last[0])];
}

void state_bind(struct notification *n, struct tcb *t)
{
    n->bound = t;
    t->bound = n;
    if (t->slow_reasons & SLOW_SIGNALLED)
        return;
    if (n->head)
        n->head->slow_reasons |= SLOW_FOLLOWED;
    else
        n->head = kernel.slow_head;
}

/* Rather to a thread that waits to receive. */
void state_bind_some(struct notification *n)
{
    struct tcb *t = thread(below(THREADS));
    for (unsigned tries = 0; tries < THREADS && !receives(t); tries++)
        t = thread(below(THREADS));
    if (t->bound || chance(2))
        return;
    if (chance(3) && !receives(t)) /* it was signalled, but perhaps others have taken the bits */
        t->slow_reasons |= SLOW_SIGNALLED;
    state_bind(n, t);
}

void state_signal_some(struct notification *n)
{
    if (!n->head && !chance(2))
        n->pending = chance(4) ? 1ull << below(64) : random_next() | 1;
}

void state_forget_tails(void)
{
    for (unsigned i = 0; i < ENDPOINTS; i++) {
        struct endpoint *ep = &arena->endpoint[i];
        bool threads = ep->recv != kernel.nobody && ep->recv != kernel.slow_head;
        if (threads && !(ep->recv->slow_reasons & SLOW_FOLLOWED))
            ep->recv_tail = thread(below(THREADS));
    }
    for (unsigned i = 0; i < NOTIFICATIONS; i++) {
        struct notification *n = &arena->notification[i];
        if (n->head && n->head != kernel.slow_head && !(n->head->slow_reasons & SLOW_FOLLOWED))
            n->tail = thread(below(THREADS));
    }
}
