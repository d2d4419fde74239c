/* Sorting and searching of arrays. Sorting is by heap: no order of the input, and no comparison that contradicts itself,
   makes it slower than n log n or lets it look outside of the array. */
#include <stdint.h>
#include <stdlib.h>

struct array {
    char *start;
    size_t bytes; /* of an element */
    int (*compare)(const void *, const void *);
};

static char *element(const struct array *a, size_t index)
{
    return a->start + index * a->bytes;
}

static void swap(const struct array *a, size_t one, size_t other)
{
    char *x = element(a, one), *y = element(a, other);
    for (size_t n = a->bytes; n > 0; n--, x++, y++) {
        char c = *x;
        *x = *y;
        *y = c;
    }
}

/* The greater child of the element, which has one. */
static size_t greater_child(const struct array *a, size_t parent, size_t count)
{
    size_t child = 2 * parent + 1;
    return child + 1 < count && a->compare(element(a, child), element(a, child + 1)) < 0 ? child + 1 : child;
}

/* Lets an element sink until no child is greater. */
static void sink(const struct array *a, size_t at, size_t count)
{
    while (at < count / 2) {
        size_t child = greater_child(a, at, count);
        if (a->compare(element(a, at), element(a, child)) >= 0)
            break;
        swap(a, at, child);
        at = child;
    }
}

void qsort(void *array, size_t count, size_t bytes, int (*compare)(const void *, const void *))
{
    const struct array a = {array, bytes, compare};
    for (size_t i = count / 2; i-- > 0;)
        sink(&a, i, count);
    for (size_t i = count; i-- > 1;) {
        swap(&a, 0, i);
        sink(&a, 0, i);
    }
}

void *bsearch(const void *key, const void *array, size_t count, size_t bytes,
              int (*compare)(const void *, const void *))
{
    const char *start = array;
    while (count > 0) {
        const char *middle = start + count / 2 * bytes;
        int order = compare(key, middle);
        if (order == 0)
            return (void *)(uintptr_t)middle;
        if (order > 0) {
            start = middle + bytes;
            count--;
        }
        count /= 2;
    }
    return NULL;
}
