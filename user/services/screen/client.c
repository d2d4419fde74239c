/* The screen's client. */
#include "screen/protocol.h"

void screen_start(struct screen *s, void *shared, microkit_channel service)
{
    *s = (struct screen){.service = service};
    ring_start(&s->end, shared, SCREEN_RING, true);
    microkit_notify(service);
}

/* A new life of the driver shows all: what was put for the old one need not be put again. */
static bool put(struct screen *s, struct rect r)
{
    const struct ring_entry entry = {.a = (uint32_t)r.x | (uint64_t)(uint32_t)r.y << 32,
                                     .b = (uint32_t)r.width | (uint64_t)(uint32_t)r.height << 32};
    if (ring_restarted(&s->end) || ring_ready(&s->end) < 0)
        ring_accept(&s->end);
    return ring_put(&s->end, &entry);
}

void screen_changed(struct screen *s, struct rect where)
{
    if (!rect_empty(s->waiting) || !put(s, where))
        s->waiting = rect_join(s->waiting, where);
}

void screen_send(struct screen *s)
{
    do {
        if (!rect_empty(s->waiting) && put(s, s->waiting))
            s->waiting = (struct rect){0, 0, 0, 0};
        if (ring_publish(&s->end))
            microkit_notify(s->service);
    } while (!rect_empty(s->waiting) && !ring_sleep(&s->end, 1));
}
