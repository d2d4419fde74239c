/* An endpoint: the queue of the threads that wait at it. Either receivers wait or senders, never both.

   recv is the first receiver; NOBODY when neither receivers nor senders wait; SLOW_HEAD when senders wait. Both
   are threads that are never eligible, so that the fast paths need no test for them: call looks at the
   key of *recv, reply_recv compares recv with NOBODY. Queues are first in, first out. */
#ifndef BATON_ENDPOINT_H
#define BATON_ENDPOINT_H

#include "thread/tcb.h"

struct endpoint {
    struct tcb *recv;
    struct tcb *recv_tail;   /* means nothing when no receiver waits */
    struct tcb *send, *tail; /* mean nothing when no sender waits */
    struct tcb *scan; /* a sender; none before it has scan_badge: an unfinished cancellation goes on here.
                         NULL: none is under way */
    uint64_t scan_badge;
    uint64_t unused[2];
};

_Static_assert(sizeof(struct endpoint) == 1u << TYPE_BITS_ENDPOINT, "an endpoint is one cache line");

/* All of it, in memory that need not be zero. */
static inline void endpoint_init(struct endpoint *ep)
{
    *ep = (struct endpoint){.recv = NOBODY};
}

void endpoint_add_receiver(struct endpoint *ep, struct tcb *t);
void endpoint_add_sender(struct endpoint *ep, struct tcb *t);
/* The first receiver or sender, taken off the queue; NULL when there is none. */
struct tcb *endpoint_take_receiver(struct endpoint *ep);
struct tcb *endpoint_take_sender(struct endpoint *ep);
/* Takes a thread out of the queue that it is in. */
void endpoint_remove(struct endpoint *ep, struct tcb *t);
/* Up to `steps` steps of cancelling all senders that used this badge; true when there is none left.
   They wake with ERR_CANCELED; a thread whose fault waits here is stopped: it would only fault again, to here.
 */
bool endpoint_cancel_badge(struct endpoint *ep, uint64_t badge, unsigned steps);
/* The endpoint is being taken apart: the first that waits at it wakes with ERR_CANCELED; false when nobody
 * waits. */
bool endpoint_cancel_one(struct endpoint *ep);

#endif
