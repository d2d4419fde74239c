/* The C library as programs link it: compiled without SSE, its console the kernel's, its memory mapped here. The host tests say
   that each function is right (tests/host/libc_string_test.c and its neighbours). */
#include <ctype.h>
#include <libc.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include "frame/conform.h"

enum { HEAP_PAGES = 4, HEAP = HEAP_PAGES * 4096, NUMBERS = 300 };

static void formats(void)
{
    char text[64];
    EXPECT_IS(printf("libc: %s %d\n", "forty", 42), 15);
    EXPECT_IS(snprintf(text, sizeof text, "%s|%+05d|%#x|%-4c|%.2s", "s", -7, 255, 'c', "string"), 20);
    EXPECT_IS(strcmp(text, "s|-0007|0xff|c   |st"), 0);
}

/* A double stands in a register that this library does not look at: it is no argument. */
static void no_doubles(void)
{
    int (*unchecked)(char *, size_t, const char *, ...) = snprintf;
    char text[32];
    EXPECT_IS(unchecked(text, sizeof text, "%f %d", 7), 4);
    EXPECT_IS(strcmp(text, "%f 7"), 0);
}

static void numbers(void)
{
    char *end;
    EXPECT_IS(strtol(" -0x7fz", &end, 0), -0x7f);
    EXPECT_IS(*end, 'z');
    EXPECT_IS(strtoul("18446744073709551616", NULL, 10), UINT64_MAX);
    EXPECT_IS(toupper('q'), 'Q');
}

static int by_value(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* The heap is given once, and whole again after each case. */
static void give_heap(void)
{
    static bool given;
    if (!given)
        __libc_heap(pages_new(HEAP_PAGES), HEAP);
    given = true;
}

static void sorts_on_the_heap(void)
{
    give_heap();
    uint64_t *array = calloc(NUMBERS, sizeof *array);
    EXPECT(array != NULL && (uintptr_t)array % 16 == 0);
    for (unsigned i = 0; i < NUMBERS; i++)
        array[i] = i * 77 % NUMBERS;
    qsort(array, NUMBERS, sizeof *array, by_value);
    for (uint64_t i = 0; i < NUMBERS; i++)
        EXPECT_IS(array[i], i);
    uint64_t key = 200;
    EXPECT(bsearch(&key, array, NUMBERS, sizeof *array, by_value) == array + key);
    free(array);
}

static void memory_ends(void)
{
    give_heap();
    void *all = malloc(HEAP - 32);
    EXPECT(all != NULL && malloc(1) == NULL && malloc(SIZE_MAX) == NULL);
    free(all);
    EXPECT((all = malloc(HEAP - 32)) != NULL);
    free(all);
}

static jmp_buf env;

static int jumps(const void *a, const void *b)
{
    (void)a, (void)b;
    longjmp(env, 7);
}

/* Out of two functions of the library. */
static void jumps_out(void)
{
    volatile unsigned returned = 0;
    char letters[] = "cba";
    int value = setjmp(env);
    returned++;
    if (value == 0)
        qsort(letters, sizeof letters, 1, jumps);
    EXPECT_IS(value, 7);
    EXPECT_IS(returned, 2);
}

static const struct test list[] = {
    {"formats", formats},         {"no_doubles", no_doubles},
    {"numbers", numbers},         {"sorts_on_the_heap", sorts_on_the_heap},
    {"memory_ends", memory_ends}, {"jumps_out", jumps_out},
};

CASE_SET(917, libc_cases)
{
    CASES("libc", list);
}
