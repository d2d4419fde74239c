/* One writes numbers, the other reads them: each index has one writer, and grows for ever. An index that the other side wrote is
   looked at once, and believed only within the ring. */
#ifndef RING_H
#define RING_H

#include <microkit.h>

enum { RING_SIZE = 64 };

struct ring {
    seL4_Uint32 tail; /* the producer's */
    char apart[60];   /* in another cache line */
    seL4_Uint32 head; /* the consumer's */
    char apart_too[60];
    seL4_Word entry[RING_SIZE];
};

static inline int ring_put(struct ring *r, seL4_Word value)
{
    seL4_Uint32 tail = r->tail, head = __atomic_load_n(&r->head, __ATOMIC_ACQUIRE);
    if (tail - head >= RING_SIZE)
        return 0;
    r->entry[tail % RING_SIZE] = value;
    __atomic_store_n(&r->tail, tail + 1, __ATOMIC_RELEASE);
    return 1;
}

static inline int ring_get(struct ring *r, seL4_Word *value)
{
    seL4_Uint32 head = r->head, tail = __atomic_load_n(&r->tail, __ATOMIC_ACQUIRE);
    if (tail == head || tail - head > RING_SIZE)
        return 0;
    *value = r->entry[head % RING_SIZE];
    __atomic_store_n(&r->head, head + 1, __ATOMIC_RELEASE);
    return 1;
}

#endif
