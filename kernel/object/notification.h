/* A notification: badge bits that signals set and a wait takes, and the threads that wait for them. A thread
   may be bound to one; then its receives at endpoints also end when it is signalled.

   head is the first waiter; NULL when nobody waits and no thread is bound, or one that has been signalled (SLOW_SIGNALLED) and
   not received since; SLOW_HEAD when nobody waits and one is bound that was not. So the fast paths see at once that a signal
   only sets bits, and by the key that a thread may be woken. As at endpoints, the head of a queue that is not empty
   when it leaves has SLOW_FOLLOWED, and also while there is such a bound thread; without it, the tail means nothing. */
#ifndef BATON_NOTIFICATION_H
#define BATON_NOTIFICATION_H

#include "thread/tcb.h"

struct notification {
    uint64_t pending;        /* badge bits not yet received; 0 while anybody waits */
    struct tcb *head, *tail; /* the threads that wait, first in, first out; see above */
    struct tcb *bound;
    uint64_t unused[4];
};

_Static_assert(sizeof(struct notification) == 1u << TYPE_BITS_NOTIFICATION, "a notification is one cache line");

static inline struct notification *notification_of(const struct slot *s)
{
    return (struct notification *)(uintptr_t)s->object;
}

static inline struct notification *notification_at(uint64_t ref)
{
    return (struct notification *)(uintptr_t)(ref - REF_NOTIFICATION);
}

/* The first waiter, or NULL. */
static inline struct tcb *notification_first(const struct notification *n)
{
    return n->head == SLOW_HEAD ? NULL : n->head;
}

/* pre: somebody waits */
static inline struct tcb *notification_last(const struct notification *n)
{
    return n->head->slow_reasons & SLOW_FOLLOWED ? n->tail : n->head;
}

/* Sets the bits: wakes the first waiter, or the bound thread if it waits to receive, or keeps them. */
void notification_signal(struct notification *n, uint64_t bits);
/* The same by a capability: its badge's bits, or bit 0 when it has none; either is in its data word. */
void notification_signal_by(const struct slot *s);
/* A thread with SLOW_SIGNALLED is about to receive; false: others have taken what was signalled, and it waits like any other. */
bool notification_still_pending(struct tcb *t);
/* The bound thread takes the bits as the result of its receive. pre: they are not 0 */
void notification_receive(struct tcb *t);
void notification_remove(struct notification *n, struct tcb *t);
void notification_unbind(struct notification *n);
/* It is being taken apart: the first waiter wakes with ERR_CANCELED, or the bound thread is let go; false
   when there is neither. */
bool notification_cancel_one(struct notification *n);

#endif
