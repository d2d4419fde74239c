/* Prints what the log sends; each signal of `plain` stops it, or lets it go on. */
#include "serial/protocol.h"

enum { LOG = 0, PLAIN = 1 };
struct text_ring *sending;
static struct ring_end send;
static bool stopped;

void init(void)
{
    text_start(&send, sending, false);
    microkit_notify(LOG);
}

void notified(microkit_channel ch)
{
    char c;
    stopped ^= ch == PLAIN;
    do {
        while (!stopped && text_get(&send, &c)) {
            microkit_dbg_putc(c);
            if (ring_publish(&send))
                microkit_notify(LOG);
        }
    } while (!stopped && !ring_sleep(&send, 1));
}
