/* Adds up what comes through the ring. */
#include "numbers.h"

enum { PRODUCER = 0, LAST = 1000 };

struct ring *ring;
static struct ring_end end;
static seL4_Word sum, value, batches;

static void say(void)
{
    microkit_dbg_puts("consumer: the sum is ");
    microkit_dbg_put32((seL4_Uint32)sum);
    microkit_dbg_puts(", in ");
    microkit_dbg_put32((seL4_Uint32)batches);
    microkit_dbg_puts(" batches\n");
}

/* Takes all that is there, until there is nothing and the producer will say when there is more. */
static void consume(void)
{
    do {
        batches += ring_ready(&end) > 0;
        sum += numbers_take(&end, &value);
        if (ring_publish(&end))
            microkit_notify(PRODUCER);
    } while (!ring_sleep(&end, 1));
}

void init(void)
{
    ring_start(&end, ring, NUMBERS, false);
    microkit_notify(PRODUCER);
    consume();
}

void notified(microkit_channel ch)
{
    (void)ch;
    if (ring_restarted(&end))
        ring_accept(&end);
    consume();
    if (value == LAST)
        say();
}
