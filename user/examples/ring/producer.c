/* Puts the numbers from 1 to 1000 into the ring, with one signal for as many as fit. */
#include "ring.h"

enum { CONSUMER = 0, LAST = 1000 };

struct ring *ring; /* where the description maps it */
static seL4_Word next = 1;

static void produce(void)
{
    while (next <= LAST && ring_put(ring, next))
        next++;
    microkit_notify(CONSUMER);
}

void init(void)
{
    produce();
}

/* There is room again. */
void notified(microkit_channel ch)
{
    (void)ch;
    if (next <= LAST)
        produce();
}
