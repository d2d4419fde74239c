/* A ring of numbers, by the rules of baton/ring.h: it keeps the indices, what the entries are is said here. */
#ifndef NUMBERS_H
#define NUMBERS_H

#include <baton/ring.h>
#include <microkit.h>

enum { NUMBERS = 64 };

static inline int number_put(struct ring_end *e, seL4_Word value)
{
    if (ring_ready(e) <= 0)
        return 0;
    *(seL4_Word *)ring_slot(e, sizeof value) = value;
    e->mine++;
    return 1;
}

static inline int number_get(struct ring_end *e, seL4_Word *value)
{
    if (ring_ready(e) <= 0)
        return 0;
    *value = *(volatile seL4_Word *)ring_slot(e, sizeof *value);
    e->mine++;
    return 1;
}

#endif
