/* Text through a ring of ring.h, as bytes: a page, the same for the log and the serial port. */
#ifndef SERVICES_TEXT_H
#define SERVICES_TEXT_H

#include "ring/ring.h"

enum { TEXT_BYTES = 2048 };

struct text_ring {
    struct ring ring;
    char text[TEXT_BYTES];
};

static inline void text_start(struct ring_end *e, struct text_ring *shared, bool produces)
{
    ring_start(e, &shared->ring, TEXT_BYTES, produces);
}

/* As ring_ready(), and with the new life of the other side accepted: text has no lives, and what the last one wrote is still to be read. */
static inline int32_t text_ready(struct ring_end *e)
{
    int32_t ready = ring_ready(e);
    if (ready != RING_RESTARTED)
        return ready;
    ring_accept(e);
    return ring_ready(e);
}

/* How many bytes there are, or room is, beyond those that were known. */
static inline int32_t text_ready_now(struct ring_end *e)
{
    e->limit = e->mine;
    return text_ready(e);
}

/* All of it or nothing. */
static inline bool text_put(struct ring_end *e, const char *text, uint32_t bytes)
{
    if (text_ready(e) < (int32_t)bytes && text_ready_now(e) < (int32_t)bytes)
        return false;
    char *slots = e->slots;
    uint32_t from = e->mine,
             mask = e->mask; /* a byte may be stored anywhere, and they would be read again behind each */
    for (uint32_t i = 0; i < bytes; i++)
        slots[(from + i) & mask] = text[i];
    e->mine = from + bytes;
    return true;
}

/* Copies the next byte, so many bytes behind the first that has not been taken. pre: there are more than `behind`. */
static inline char text_look(const struct ring_end *e, uint32_t behind)
{
    return *((volatile const char *)e->slots + ((e->mine + behind) & e->mask));
}

static inline bool text_get(struct ring_end *e, char *c)
{
    if (text_ready(e) <= 0)
        return false;
    *c = text_look(e, 0);
    e->mine++;
    return true;
}

#endif
