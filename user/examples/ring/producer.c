/* Puts the numbers from 1 to 1000 into the ring, with one signal for as many as fit. */
#include "numbers.h"

enum { CONSUMER = 0, LAST = 1000 };

struct ring *ring; /* where the description maps it */
static struct ring_end end;
static seL4_Word next = 1;

/* Until all are put, or the consumer will say that half of the ring is free. */
static void produce(void)
{
    do {
        next = numbers_put(&end, next, LAST);
        if (ring_publish(&end))
            microkit_notify(CONSUMER);
    } while (next <= LAST && !ring_sleep(&end, NUMBERS / 2));
}

void init(void)
{
    ring_start(&end, ring, NUMBERS, true);
    microkit_notify(CONSUMER);
    produce();
}

void notified(microkit_channel ch)
{
    (void)ch;
    if (ring_restarted(&end))
        ring_accept(&end);
    produce();
}
