/* A ring of numbers: the ring of the services keeps the indices, what the entries are is said here. */
#ifndef NUMBERS_H
#define NUMBERS_H

#include <baton/ring.h>
#include <microkit.h>

enum { NUMBERS = 64 };

/* Puts the numbers from `first` to `last`, as many as there is room for, and returns the first that had none. */
static inline seL4_Word numbers_put(struct ring_end *e, seL4_Word first, seL4_Word last)
{
    for (int room; first <= last && (room = ring_ready(e)) > 0;)
        for (; first <= last && room > 0; first++, room--, e->mine++)
            *(seL4_Word *)ring_slot(e, sizeof first) = first;
    return first;
}

/* Takes what ring_ready() says, and returns the sum; the last one is left in `value`. If there was more, ring_sleep() says so. */
static inline seL4_Word numbers_take(struct ring_end *e, seL4_Word *value)
{
    seL4_Word sum = 0;
    for (int left = ring_ready(e); left > 0; left--, e->mine++)
        sum += *value = *(volatile seL4_Word *)ring_slot(e, sizeof *value);
    return sum;
}

#endif
