/* The C library in a component: text, memory from a region, sorting. */
#include <libc.h>
#include <microkit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *heap;
unsigned long heap_size;

static int compare(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

void init(void)
{
    __libc_heap(heap, heap_size);
    int *numbers = malloc(3 * sizeof *numbers);
    memcpy(numbers, (int[]){3, 1, 2}, 3 * sizeof *numbers);
    qsort(numbers, 3, sizeof *numbers, compare);
    printf("%s: %d %d %d, %5.3s|%#lx\n", microkit_name, numbers[0], numbers[1], numbers[2], "abcdef",
           heap_size);
    free(numbers);
}

void notified(microkit_channel ch)
{
    (void)ch;
}
