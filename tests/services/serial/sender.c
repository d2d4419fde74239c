/* Sends more than the ring holds, and waits for room whenever there is none. */
#include "serial/protocol.h"

enum { DRIVER = 0, TYPED = 1, LEFT = 3 * TEXT_BYTES };

struct text_ring *sending, *typed; /* where the description maps them */
static struct ring_end send;
static struct typed keys;
static unsigned left = LEFT;

void init(void)
{
    text_start(&send, sending, true);
    typed_start(&keys, typed, TYPED);
    notified(DRIVER);
}

void notified(microkit_channel ch)
{
    (void)ch;
    if (typed_line(&keys))
        microkit_dbg_puts("sender: somebody has typed\n");
    while (left > 0 && text_put(&send, "x", 1))
        if (--left == 0)
            microkit_dbg_puts("sender: all is sent\n");
    if (ring_publish(&send))
        microkit_notify(DRIVER);
    if (left > 0)
        ring_sleep(&send, 1);
}
