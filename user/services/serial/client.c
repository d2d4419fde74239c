/* Lines of what is typed. */
#include "serial/protocol.h"

void typed_start(struct typed *t, struct text_ring *shared, microkit_channel service)
{
    *t = (struct typed){.service = service};
    text_start(&t->end, shared, false);
    microkit_notify(service);
}

/* Takes what is there, up to the end of a line. */
static bool take(struct typed *t)
{
    char c;
    while (text_get(&t->end, &c)) {
        if (c == '\r' || c == '\n') {
            t->line[t->count] = 0;
            t->count = 0;
            return true;
        }
        if ((c == '\b' || c == 0x7f) && t->count > 0)
            t->count--;
        else if (c >= ' ' && c < 0x7f && t->count < sizeof t->line - 1)
            t->line[t->count++] = c;
    }
    return false;
}

bool typed_line(struct typed *t)
{
    bool whole;
    do {
        whole = take(t);
        if (ring_publish(&t->end))
            microkit_notify(t->service);
    } while (!whole && text_ready(&t->end) >= 0 && !ring_sleep(&t->end, 1));
    return whole;
}
