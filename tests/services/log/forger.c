/* Would like to be `plain`, to move the cursor, and to write a line that does not end. */
#include "log/protocol.h"

struct text_ring *page;
static struct log log;

static void raw(const char *text)
{
    uint32_t bytes = 0;
    while (text[bytes] != 0)
        bytes++;
    text_put(&log.end, text, bytes);
    if (ring_publish(&log.end))
        microkit_notify(0);
}

void init(void)
{
    log_start(&log, page, 0);
    raw("\rplain: in your name\n");
    raw("\033[2J\b\b\x9b\xc2\n");
    raw("two\nplain: lines\n");
    for (unsigned i = 0; i < 17; i++)
        raw("0123456789");
    raw("\n");
    raw("half a line");
}

void notified(microkit_channel ch)
{
    (void)ch;
    raw(", and its end\n");
}
