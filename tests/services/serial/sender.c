/* First lies, again and again, about its indices, lives and wishes, and writes over the driver's. Then sends more than the ring holds, and waits for
   room whenever there is none. */
#include "draw.h"
#include "serial/protocol.h"

enum { DRIVER = 0, TYPED = 1, LEFT = 3 * TEXT_BYTES, LIES = 20000 };

struct text_ring *sending, *typed; /* where the description maps them */
static struct ring_end send;
static struct typed keys;
static unsigned left = LEFT;

static void lie(void)
{
    volatile uint32_t *words = (volatile uint32_t *)(void *)(draw() % 2 != 0 ? sending : typed);
    words[draw() % (sizeof(struct ring) / sizeof *words)] =
        draw() % 2 != 0 ? (uint32_t)near(TEXT_BYTES)
                        : (uint32_t)(sending->ring.consumer.index + near(TEXT_BYTES));
    microkit_notify(draw() % 2 != 0 ? DRIVER : TYPED);
}

void init(void)
{
    for (unsigned i = 0; i < LIES; i++)
        lie();
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
