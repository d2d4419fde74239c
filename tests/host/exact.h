/* A copy of bytes in a heap block that ends where they end, so that AddressSanitizer sees a read past that. */
#ifndef BATON_EXACT_H
#define BATON_EXACT_H

#include <stdlib.h>
#include <string.h>

/* The caller frees it. */
static inline void *exact_copy(const void *bytes, size_t size)
{
    void *copy = malloc(size == 0 ? 1 : size);
    if (copy == NULL)
        abort();
    memcpy(copy, bytes, size);
    return copy;
}

#endif
