/* A program with doubles: compiled with SSE, linked with libc_sse.a, its thread given extended state. doubles_test.py boots it. Until its
   thread has the state, no instruction may use SSE: hence a function of its own. */
#include <libc.h>
#include <stdio.h>
#include <stdlib.h>
#include "baton.h"

enum { HEAP_PAGES = 4, NUMBERS = 100 };

static unsigned failed;

static void check(const char *name, bool good)
{
    printf("%sok doubles/%s\n", good ? "" : "not ", name);
    failed += !good;
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void sorts(void)
{
    double *number = malloc(NUMBERS * sizeof *number);
    for (unsigned i = 0; i < NUMBERS; i++)
        number[i] = (i * 37 % NUMBERS) / 8.0;
    qsort(number, NUMBERS, sizeof *number, by_value);
    bool sorted = true;
    for (unsigned i = 0; i < NUMBERS; i++)
        sorted &= number[i] == i / 8.0;
    free(number);
    check("sorted", sorted);
}

/* The numbers stand in variables, so that nothing is done by the compiler. */
__attribute__((noinline)) static int run(void)
{
    volatile double two = 2, three = 3;
    char text[96];
    snprintf(text, sizeof text, "%.3f %d %s %g %e %a %.0f", two / three, 7, "text", 1e100, -two, three,
             two + 0.5);
    check("printed", strcmp(text, "0.667 7 text 1e+100 -2.000000e+00 0x1.8p+1 2") == 0);
    check("read", strtod("0.1", NULL) == two / 20 && atof("-6.25e1") == -125 / two);
    sorts();
    printf("doubles: %f\n", two / three);
    return failed != 0;
}

int main(const struct bootinfo *bi)
{
    alloc_init(bi);
    must(thread_set_fpu(cap_at(CAP_SELF_TCB), cap_at(object_new(TYPE_EXTENDED_STATE, 0))), "no extended state");
    __libc_heap(pages_new(HEAP_PAGES), HEAP_PAGES * 4096);
    return run();
}
