/* What the components of the suite's system tell the one that measures: it looks, outside of the measured region, whether they have
   done what it asked. Pages at fixed addresses, so that telling is one instruction. */
#ifndef BENCH_SEEN_H
#define BENCH_SEEN_H

#include <microkit.h>
#include "numbers.h"

struct seen {
    seL4_Word notified; /* how often a listener was */
    seL4_Word sum;      /* of what the consumer took out of the ring */
    seL4_Word started;  /* how often the child was, by itself or again */
};

#define SEEN ((volatile struct seen *)0x4000000)
#define RING ((struct ring *)0x5000000)
/* The largest batch fills it, and so looks for room each time: in a longer ring every second would, and the median would be a toss-up. */
enum { RING_NUMBERS = 32 };

/* What a server adds to the label of a call for its answer: the sum takes as long as passing the label on. */
#define ANSWERED (1ul << 12)

#endif
