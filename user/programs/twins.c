/* Copies itself: what was written before, both have; what one writes afterwards, the other does not see. */
#include <stdio.h>
#include "program.h"

PROGRAM_NEEDS(PROC_OUTPUT | PROC_HEAP | PROC_COPIES);

enum { PAGES = 3, PAGE = 4096 };

static int data = 1;

static unsigned sum_of(const unsigned char *heap)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < PAGES * PAGE; i++)
        sum += heap[i];
    return sum;
}

int main(int argc, char **argv)
{
    unsigned char *heap = program_memory(PAGES + 1);
    volatile int on_stack = 2;
    if (!heap || !program_memory_back(1))
        return 1;
    for (unsigned i = 0; i < PAGES * PAGE; i++)
        heap[i] = (unsigned char)(i % 3);
    seL4_Word pid = program_clone();
    if (pid == PROGRAM_NO_CLONE) {
        printf("there is no copy\n");
        return 2;
    }
    unsigned before = sum_of(heap);
    heap[0] = pid == 0 ? 100 : 200;
    data += pid == 0 ? 10 : 20;
    on_stack += pid == 0 ? 10 : 20;
    unsigned char *more = program_memory(1);
    printf("%s %s: %u, then %u, %d, %d, %s\n", argc > 1 ? argv[1] : "twins", pid == 0 ? "copy" : "first",
           before, sum_of(heap), data, on_stack,
           more == heap + PAGES * PAGE ? "more behind it" : "more elsewhere");
    return 0;
}
