/* What is measured at the wire's other end, in whatever domains driver, stack, server and file system are. */
#ifndef BENCH_NETWORK_H
#define BENCH_NETWORK_H

#include "harness.h"
#include "peer.h"

/* True if it is; else it says what is not. */
bool network_is(const struct benchmark *self, const char *what, uint64_t found, uint64_t wanted);
/* A disk with a page on it, an interface that is known to the guest. */
bool network_prepare(const struct benchmark *self);

/* What the guest does in peer_step() is counted from the one to the other. */
void network_begin(void);
uint64_t network_end(void);

/* A request for the page, from the first frame of its connection to the last: ticks, and the frames of both sides. */
bool network_request(const struct benchmark *self, uint64_t *ticks, uint32_t *packets);

#endif
