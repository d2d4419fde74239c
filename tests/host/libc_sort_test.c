/* user/libc's sort.c: every order of a few, shapes that make other sorts quadratic, an adversary that chooses the worst answer, and
   comparisons that contradict themselves. */
#include <stdint.h>
#include <stdlib.h>
#include "libc/guarded.h"
#include "libc/ours.h"
#include "random.h"
#include "test.h"

enum { LARGE = 20000, WIDEST = 24 };

static unsigned long comparisons;

static int by_first(const void *a, const void *b)
{
    const unsigned char *x = a, *y = b;
    comparisons++;
    return (*x > *y) - (*x < *y);
}

static int by_number(const void *a, const void *b)
{
    int x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    comparisons++;
    return (x > y) - (x < y);
}

/* At most 2 n log2 n, as stdlib.h promises. */
static void check_effort(const char *what, size_t n)
{
    unsigned bits = 0;
    while (n >> bits)
        bits++;
    CHECK_NUMBER(what, comparisons <= 2 * n * bits, 1);
    comparisons = 0;
}

static unsigned long mixed(int n)
{
    return ((unsigned long)n ^ 0x5555) * 0x9e3779b97f4a7c15;
}

static void check_numbers(const char *what, int *array, size_t n)
{
    unsigned long sum = 0, sorted_sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += mixed(array[i]);
    comparisons = 0;
    ours.qsort(array, n, sizeof *array, by_number);
    check_effort(what, n);
    for (size_t i = 0; i < n; i++) {
        sorted_sum += mixed(array[i]);
        CHECK(i == 0 || array[i - 1] <= array[i]);
    }
    CHECK_NUMBER(what, sorted_sum, sum);
}

/* All sequences of up to 7 elements out of as many values, equals among them. */
static void every_order(void)
{
    for (unsigned n = 0; n <= 7; n++) {
        unsigned long sequences = 1;
        for (unsigned i = 0; i < n; i++)
            sequences *= n;
        for (unsigned long number = 0; number < sequences; number++) {
            int array[8];
            unsigned long rest = number;
            for (unsigned i = 0; i < n; i++, rest /= n)
                array[i] = (int)(rest % n);
            check_numbers("every order", array, n);
        }
    }
}

/* Elements of every width at a page's end: all of an element moves with its first byte. */
static void widths(void)
{
    for (unsigned width = 1; width <= WIDEST; width++)
        for (unsigned n = 0; n < 60; n++) {
            unsigned char *array = (unsigned char *)guarded_end(0, n * width);
            unsigned tally[256] = {0};
            for (unsigned i = 0; i < n; i++) {
                unsigned char c = (unsigned char)random_below(20);
                memset(array + i * width, c, width);
                tally[c]++;
            }
            ours.qsort(array, n, width, by_first);
            for (unsigned i = 0; i < n; i++) {
                tally[array[i * width]]--;
                CHECK(i == 0 || array[(i - 1) * width] <= array[i * width]);
                for (unsigned k = 1; k < width; k++)
                    CHECK(array[i * width + k] == array[i * width]);
            }
            for (unsigned c = 0; c < 256; c++)
                CHECK_NUMBER("as many as before", tally[c], 0);
        }
}

static int shape(unsigned which, int i)
{
    switch (which) {
    case 0: return i;
    case 1: return -i;
    case 2: return 7;
    case 3: return i % 2;
    case 4: return i < LARGE / 2 ? i : LARGE - i; /* organ pipes */
    case 5: return i % 141;                       /* saw teeth */
    case 6: return i == LARGE - 1 ? -1 : i;       /* sorted but for the last */
    case 7: return i * 7919 % LARGE;
    default: return (int)random_next();
    }
}

static void shapes(void)
{
    static int array[LARGE];
    for (unsigned which = 0; which < 9; which++) {
        for (int i = 0; i < LARGE; i++)
            array[i] = shape(which, i);
        check_numbers("a shape", array, LARGE);
    }
}

/* The adversary: values are "gas", greater than all that is solid, until a comparison of two of them makes one solid; the one that was
   compared before stays gas longest, so a sort that chooses pivots chooses badly each time. */
static struct {
    int value[LARGE], solid, candidate;
} adversary;

static int adversary_compares(const void *a, const void *b)
{
    int x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    comparisons++;
    if (adversary.value[x] == LARGE && adversary.value[y] == LARGE)
        adversary.value[x == adversary.candidate ? x : y] = adversary.solid++;
    if (adversary.value[x] == LARGE)
        adversary.candidate = x;
    else if (adversary.value[y] == LARGE)
        adversary.candidate = y;
    return adversary.value[x] - adversary.value[y];
}

static void worst_answers(void)
{
    static int array[LARGE];
    for (int i = 0; i < LARGE; i++) {
        array[i] = i;
        adversary.value[i] = LARGE;
    }
    comparisons = 0;
    ours.qsort(array, LARGE, sizeof *array, adversary_compares);
    check_effort("an adversary", LARGE);
    for (int i = 1; i < LARGE; i++)
        CHECK(adversary.value[array[i - 1]] <= adversary.value[array[i]]);
    for (int i = 0; i < LARGE; i++)
        array[i] = adversary.value[i];
    check_numbers("what it came to", array, LARGE);
}

static int contradicts(const void *a, const void *b)
{
    (void)a, (void)b;
    comparisons++;
    return (int)random_below(3) - 1;
}

/* Nothing outside of the array is read, nothing gets lost, and it ends. */
static void contradictions(void)
{
    for (unsigned n = 0; n < 300; n++) {
        unsigned char *array = (unsigned char *)guarded_end(0, n);
        unsigned sum = 0;
        for (unsigned i = 0; i < n; i++)
            sum += array[i] = (unsigned char)random_next();
        comparisons = 0;
        ours.qsort(array, n, 1, contradicts);
        check_effort("contradictions", n);
        for (unsigned i = 0; i < n; i++)
            sum -= array[i];
        CHECK_NUMBER("what is left", sum, 0);
    }
}

static void binary_search(void)
{
    for (unsigned n = 0; n < 70; n++)
        for (unsigned step = 1; step < 4; step++) {
            unsigned char *array = (unsigned char *)guarded_end(0, n);
            for (unsigned i = 0; i < n; i++)
                array[i] = (unsigned char)(i * step + 1);
            for (unsigned key = 0; key < 256; key++) {
                unsigned char k = (unsigned char)key, *found;
                comparisons = 0;
                found = ours.bsearch(&k, array, n, 1, by_first);
                CHECK(comparisons <= 7);
                CHECK(found == bsearch(&k, array, n, 1, by_first));
            }
        }
}

int main(void)
{
    random_seed();
    test_run("libc sort: every order of a few", every_order);
    test_run("libc sort: widths", widths);
    test_run("libc sort: shapes", shapes);
    test_run("libc sort: an adversary", worst_answers);
    test_run("libc sort: contradictions", contradictions);
    test_run("libc sort: bsearch", binary_search);
    return test_end();
}
