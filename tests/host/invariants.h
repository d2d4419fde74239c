/* What must be true of the kernel between any two system calls. */
#ifndef BATON_INVARIANTS_H
#define BATON_INVARIANTS_H

struct tcb;
struct endpoint;

/* CHECKs all of it over these threads and endpoints, which must be all that there are. */
void check_world(struct tcb *const *threads, unsigned thread_count, struct endpoint *const *endpoints,
                 unsigned endpoint_count);

#endif
