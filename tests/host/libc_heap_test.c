/* user/libc's heap.c: a long life at random against a model that knows every block's place and content; the ends of memory; and misuse,
   each in a process of its own. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include "libc/dies.h"
#include "libc/ours.h"
#include "random.h"
#include "test.h"

enum { REGION = 1 << 20, SECOND = 1 << 16, BLOCKS = 400, STEPS = 400000, OVERHEAD = 16, LEAST = 32 };

/* With room around, which must stay as it is. */
static struct {
    unsigned char before[64];
    _Alignas(16) unsigned char bytes[REGION];
    unsigned char behind[64];
} region;
static unsigned char second[SECOND + 7];

static struct block {
    unsigned char *at;
    size_t size;
    unsigned char mark; /* in every byte */
} block[BLOCKS];

static bool lies_in(const unsigned char *at, size_t size, const unsigned char *area, size_t bytes)
{
    return at >= area && size <= bytes && at + size <= area + bytes;
}

/* Aligned, in memory that was given, and on no other block. */
static void check_place(unsigned which)
{
    const struct block *b = &block[which];
    CHECK_NUMBER("alignment", (uintptr_t)b->at % 16, 0);
    CHECK(lies_in(b->at, b->size, region.bytes, REGION) || lies_in(b->at, b->size, second, sizeof second));
    for (unsigned i = 0; i < BLOCKS; i++)
        if (i != which && block[i].at != NULL)
            CHECK(b->at + b->size <= block[i].at || block[i].at + block[i].size <= b->at);
}

static void check_content(const struct block *b, size_t n, unsigned char mark)
{
    for (size_t i = 0; i < n; i++)
        CHECK(b->at[i] == mark);
}

static void set(unsigned which, void *at, size_t size)
{
    struct block *b = &block[which];
    b->at = at;
    b->size = at == NULL ? 0 : size;
    if (at == NULL)
        return;
    check_place(which);
    b->mark = (unsigned char)random_next();
    memset(b->at, b->mark, size);
}

static void drop(unsigned which)
{
    check_content(&block[which], block[which].size, block[which].mark);
    ours.free(block[which].at);
    block[which].at = NULL;
}

static size_t random_size(void)
{
    return random_below(1u << random_below(18));
}

static void resize(unsigned which, size_t size)
{
    struct block old = block[which];
    unsigned char *at = ours.realloc(old.at, size);
    if (at == NULL) {
        check_content(&old, old.size, old.mark); /* it stays what it was */
        return;
    }
    block[which].at = at;
    check_content(&block[which], size < old.size ? size : old.size, old.mark);
    set(which, at, size);
}

/* One step; counts how often there was no memory. */
static unsigned step(unsigned which)
{
    struct block *b = &block[which];
    size_t size = random_size();
    if (b->at != NULL && random_below(2)) {
        drop(which);
    } else if (b->at != NULL) {
        resize(which, size);
    } else if (random_below(4) == 0) {
        size_t count = 1 + random_below(9);
        struct block cleared = {ours.calloc(count, size / count), size / count * count, 0};
        check_content(&cleared, cleared.at == NULL ? 0 : cleared.size, 0);
        set(which, cleared.at, cleared.size);
    } else {
        set(which, random_below(9) ? ours.malloc(size) : ours.realloc(NULL, size), size);
        return b->at == NULL;
    }
    return 0;
}

/* The largest possible block, which goes back at once. */
static size_t largest(void)
{
    size_t low = 0, high = 2 * REGION;
    while (low < high) {
        size_t middle = (low + high + 1) / 2;
        void *at = ours.malloc(middle);
        ours.free(at);
        if (at != NULL)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

static void drop_all(void)
{
    for (unsigned i = 0; i < BLOCKS; i++)
        if (block[i].at != NULL)
            drop(i);
}

/* Comes first: there is no memory yet. */
static void nothing(void)
{
    *ours.error = 0;
    CHECK(ours.malloc(1) == NULL && ours.calloc(1, 1) == NULL && ours.realloc(NULL, 1) == NULL);
    CHECK_NUMBER("errno", *ours.error, ENOMEM);
    for (size_t n = 0; n < LEAST + OVERHEAD; n++)
        ours.heap(second, n); /* too small to hold a block */
    CHECK(ours.malloc(0) == NULL);
    ours.free(NULL);
}

/* A region can be used to its last byte; and when all is free again it is one piece. */
static void whole_region(void)
{
    ours.heap(region.bytes, REGION);
    CHECK_NUMBER("all but two headers", largest(), REGION - 2 * OVERHEAD);
    unsigned n = 0;
    for (; n < BLOCKS && (block[n].at = ours.malloc(4000)) != NULL; n++)
        block[n].size = 4000, check_place(n);
    CHECK_NUMBER("blocks of 4000", n, (REGION - OVERHEAD) / (4000 + OVERHEAD));
    for (unsigned i = 0; i < n; i++) { /* every order of a free neighbour before, after, both, none */
        unsigned which = i * 7 % n;
        if (block[which].at == NULL)
            continue;
        ours.free(block[which].at);
        block[which].at = NULL;
    }
    for (unsigned i = 0; i < n; i++, block[i - 1].at = NULL)
        ours.free(block[i].at);
    CHECK_NUMBER("one piece again", largest(), REGION - 2 * OVERHEAD);
}

static void two_regions(void)
{
    ours.heap(second + 7, SECOND);
    unsigned char *whole = ours.malloc(REGION - 2 * OVERHEAD), *other = ours.malloc(SECOND - 64);
    CHECK(lies_in(whole, REGION - 2 * OVERHEAD, region.bytes, REGION) &&
          lies_in(other, SECOND - 64, second + 7, SECOND));
    CHECK(ours.malloc(64) == NULL);
    ours.free(whole);
    ours.free(other);
}

static void long_life(void)
{
    unsigned refused = 0;
    memset(region.before, 0x5a, sizeof region.before);
    memset(region.behind, 0x5a, sizeof region.behind);
    for (unsigned i = 0; i < STEPS; i++) {
        refused += step(random_below(BLOCKS));
        if (i % 20000 == 0)
            drop_all();
    }
    drop_all();
    CHECK(refused > 1000);
    CHECK_NUMBER("one piece again", largest(), REGION - 2 * OVERHEAD);
    for (unsigned i = 0; i < sizeof region.before; i++)
        CHECK(region.before[i] == 0x5a && region.behind[i] == 0x5a);
}

static void limits(void)
{
    static const size_t sizes[] = {REGION,        PTRDIFF_MAX - 16, PTRDIFF_MAX, (size_t)PTRDIFF_MAX + 1,
                                   SIZE_MAX - 31, SIZE_MAX - 15,    SIZE_MAX};
    void *one = ours.malloc(1);
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        *ours.error = 0;
        CHECK(ours.malloc(sizes[i]) == NULL && ours.realloc(one, sizes[i]) == NULL);
        CHECK_NUMBER("errno", *ours.error, ENOMEM);
    }
    CHECK(ours.calloc(SIZE_MAX / 2, 3) == NULL && ours.calloc(1ul << 32, 1ul << 32) == NULL);
    CHECK(ours.calloc(SIZE_MAX / 16 + 2, 16) == NULL); /* the product is 16 */
    void *none = ours.malloc(0), *other = ours.malloc(0);
    CHECK(none != NULL && other != NULL && none != other);
    ours.free(none);
    ours.free(other);
    ours.free(one);
}

/* A block grows into a free neighbour and gives back what it no longer has. */
static void in_place(void)
{
    void *a = ours.malloc(1000), *b = ours.malloc(1000), *c = ours.malloc(1000);
    ours.free(b);
    CHECK(ours.realloc(a, 2000) == a);
    CHECK(ours.realloc(a, 100) == a);
    CHECK((b = ours.malloc(1800)) != NULL && (char *)b > (char *)a && (char *)b < (char *)c);
    ours.free(a);
    ours.free(b);
    ours.free(c);
}

static void twice(void)
{
    void *a = ours.malloc(100);
    ours.malloc(100);
    ours.free(a);
    ours.free(a);
}

static void twice_joined(void)
{
    void *a = ours.malloc(100), *b = ours.malloc(100);
    ours.malloc(100);
    ours.free(a);
    ours.free(b); /* joins a */
    ours.free(b);
}

static void realloc_of_freed(void)
{
    void *a = ours.malloc(100);
    ours.free(a);
    ours.realloc(a, 10);
}

static void inside(void)
{
    char *a = ours.calloc(1, 100);
    ours.free(a + 32);
}

static void unaligned(void)
{
    char *a = ours.malloc(100);
    memset(a, 0xff, 100);
    ours.free(a + 8);
}

static void beyond(void)
{
    char *a = ours.malloc(100), *b = ours.malloc(100);
    memset(a, 0, 120);
    ours.free(a);
    ours.free(b);
}

static void beyond_the_one_before(void)
{
    char *a = ours.malloc(96), *b = ours.malloc(100);
    memset(a, 1, 97); /* the lowest byte of the next header */
    ours.free(b);
}

/* What it leaves there could be a size. */
static void beyond_by_a_size(void)
{
    char *a = ours.malloc(96), *b = ours.malloc(100);
    memset(a, 0x30, 97);
    ours.free(b);
}

static void misuse(void)
{
    static const char not_one[] = "free: this is no block, or was freed before\n",
                      wrote[] = "free: the program wrote beyond a block\n";
    check_dies("freed twice", twice, not_one);
    check_dies("freed twice, joined", twice_joined, not_one);
    check_dies("realloc of what is free", realloc_of_freed, not_one);
    check_dies("inside of a block", inside, not_one);
    check_dies("unaligned", unaligned, not_one);
    check_dies("beyond a block", beyond, wrote);
    check_dies("beyond the one before", beyond_the_one_before, wrote);
    check_dies("beyond the one before, by a size", beyond_by_a_size, wrote);
}

int main(void)
{
    random_seed();
    test_run("libc heap: no memory", nothing);
    test_run("libc heap: a whole region", whole_region);
    test_run("libc heap: two regions", two_regions);
    test_run("libc heap: a long life", long_life);
    test_run("libc heap: limits", limits);
    test_run("libc heap: in place", in_place);
    test_run("libc heap: misuse", misuse);
    return test_end();
}
