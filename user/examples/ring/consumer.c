/* Adds up what comes through the ring. */
#include "ring.h"

enum { PRODUCER = 0, LAST = 1000 };

struct ring *ring;
static seL4_Word sum, value, batches;

void init(void)
{
}

void notified(microkit_channel ch)
{
    (void)ch;
    batches++;
    while (ring_get(ring, &value))
        sum += value;
    if (value != LAST) {
        microkit_notify(PRODUCER);
        return;
    }
    microkit_dbg_puts("consumer: the sum is ");
    microkit_dbg_put32((seL4_Uint32)sum);
    microkit_dbg_puts(", in ");
    microkit_dbg_put32((seL4_Uint32)batches);
    microkit_dbg_puts(" batches\n");
}
