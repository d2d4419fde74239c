/* timer: the time, and a signal at a deadline. By protected calls; times are nanoseconds since the machine was switched on, and
   the answer's label is SERVICE_OK or SERVICE_BAD (service.h).

     label          words             answer's words
     TIMER_NOW                        now
     TIMER_SET      deadline          now
     TIMER_CANCEL                     now

   Each client has one deadline; setting it again takes the place of the last. At the deadline, or at once if it has passed, the client is
   signalled by the channel that it calls by. A signal may also come for nothing, and comes at each start of the service, which then has
   forgotten all deadlines: a client that is signalled too early sets its deadline again, as client.c does. All calls may be repeated. */
#ifndef SERVICES_TIMER_PROTOCOL_H
#define SERVICES_TIMER_PROTOCOL_H

#include "service.h"

enum { TIMER_NOW = 1, TIMER_SET, TIMER_CANCEL };

/* ---- the client's library */
struct timer {
    microkit_channel service;
    seL4_Word deadline; /* 0: none */
};

/* 0: the service is dead. */
seL4_Word timer_now(const struct timer *t);
bool timer_set(struct timer *t, seL4_Word deadline);
bool timer_cancel(struct timer *t);

/* To be asked when the service has signalled: has the deadline come? It is true once. */
bool timer_due(struct timer *t);

#endif
