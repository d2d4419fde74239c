/* What view.c and view_threads.c share: how numbers are told. */
#ifndef BATON_LOCKSTEP_VIEW_H
#define BATON_LOCKSTEP_VIEW_H

#include "kernel.h"

#define NONE (~0ull)

struct endpoint;
struct notification;

/* Where it is. */
uint64_t *put(uint64_t word);
/* The object that a slot lies in, and its index there. */
void put_slot(const struct slot *s);
void put_thread(const struct tcb *t);
void put_endpoint(const struct endpoint *ep);
void put_notification(const struct notification *n);
/* The run queues, by falling priority. */
void put_ready(void);

#endif
