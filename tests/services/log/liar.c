/* Writes nonsense where its indices and lives stand, again and again, and at last a line. */
#include "log/protocol.h"

enum { TIMES = 3000 };
struct text_ring *page;

static uint32_t next(void)
{
    static uint64_t state = 88172645463325252;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)state;
}

void init(void)
{
    volatile uint32_t *words = (volatile uint32_t *)(void *)page;
    for (unsigned i = 0; i < TIMES; i++) {
        uint32_t value = next(), near = page->ring.consumer.index + value % 5000;
        words[(value >> 8) % 33] =
            value % 3 != 0 ? near : value; /* half a line is never ended: there is no '\n' in the page */
        microkit_notify(0);
    }
    struct log log;
    page->ring.producer.index = page->ring.consumer.index;
    log_start(&log, page, 0);
    log_print(&log, "honest at last");
}

void notified(microkit_channel ch)
{
    (void)ch;
}
