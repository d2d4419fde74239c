/* What the measured thread works with: a thread of this program, or partner.elf in its own address space. */
#ifndef BENCH_PARTNER_H
#define BENCH_PARTNER_H

#include <stdbool.h>
#include "service/service.h"

struct partner {
    bool cross;
    cap_t tcb;
    cap_t space; /* the address space it runs in */
    struct program program;
};

/* A partner that waits to be started. The slots in `args` are ours; `watch` is filled in here. In another program it gets
   copies of them, with no more rights than its service needs. */
struct partner partner_new(bool cross, struct service_args args);
long partner_set_priority(const struct partner *p, unsigned priority);
void partner_start(struct partner *p);
/* Stops it for good, so that it plays no part in later measurements. */
void partner_stop(struct partner *p);

/* The page at SHARED_VADDR: mapped in this program, and in the partner's. */
struct benchmark;
bool partner_share_page(const struct benchmark *self, const struct partner *p);
/* How often a sample that an interrupt made worthless is taken again. */
enum { PARTNER_TRIES = 100 };

/* A capability for `slot` (an endpoint) in a new slot, with SEND alone and this badge; its address. */
cap_t client_cap(uint64_t slot, uint64_t badge);

#endif
