/* malloc: blocks side by side, each with a header that says how long it and the one before it are, so that a freed block joins its
   free neighbours at once. Free ones are in lists, one for each power of two. */
#include <errno.h>
#include <libc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct block {
    size_t before;                 /* size of the block before this one; 0: the first of its region */
    size_t size;                   /* with this header, a multiple of ALIGN; USED is added */
    struct block *next, *previous; /* in its list, while it is free */
};

enum {
    ALIGN = 16,
    USED = 1,
    LISTS = 64,
    HEADER = offsetof(struct block, next),
    SMALLEST = sizeof(struct block)
};
_Static_assert(HEADER == ALIGN && SMALLEST % ALIGN == 0, "what the user gets is aligned if the block is");

static struct block *free_list[LISTS];
static uint64_t filled; /* bit n: list n is not empty */

static size_t size_of(const struct block *b)
{
    return b->size & ~(size_t)USED;
}

static struct block *after(struct block *b)
{
    return (struct block *)(void *)((char *)b + size_of(b));
}

/* For the first block: itself. */
static struct block *before(struct block *b)
{
    return (struct block *)(void *)((char *)b - b->before);
}

static unsigned list_of(size_t size)
{
    return 63 - (unsigned)__builtin_clzl(size);
}

static void list_add(struct block *b)
{
    unsigned n = list_of(b->size);
    b->previous = NULL;
    b->next = free_list[n];
    if (b->next != NULL)
        b->next->previous = b;
    free_list[n] = b;
    filled |= 1ul << n;
}

static void list_remove(struct block *b)
{
    unsigned n = list_of(b->size);
    if (b->next != NULL)
        b->next->previous = b->previous;
    if (b->previous != NULL)
        b->previous->next = b->next;
    else
        free_list[n] = b->next;
    if (free_list[n] == NULL)
        filled &= ~(1ul << n);
}

static void set_size(struct block *b, size_t size, size_t used)
{
    b->size = size | used;
    after(b)->before = size;
}

/* A header without a block ends the region; it counts as used, so that nobody joins it. */
void __libc_heap(void *start, size_t bytes)
{
    size_t skipped = -(uintptr_t)start % ALIGN;
    if (bytes < skipped + SMALLEST + HEADER)
        return;
    struct block *first = (struct block *)(void *)((char *)start + skipped);
    size_t size = (bytes - skipped - HEADER) & ~(size_t)(ALIGN - 1);
    first->before = 0;
    set_size(first, size, 0);
    after(first)->size = USED;
    list_add(first);
}

/* In the list for its size the first that is large enough; in the lists above all are. */
static struct block *find(size_t size)
{
    unsigned n = list_of(size);
    for (struct block *b = free_list[n]; b != NULL; b = b->next)
        if (b->size >= size)
            return b;
    uint64_t above = filled & ~(2 * (1ul << n) - 1);
    return above == 0 ? NULL : free_list[__builtin_ctzl(above)];
}

/* Cuts a used block to `size`; what is left over becomes free if it can be a block. pre: no free block follows. */
static void cut(struct block *b, size_t size)
{
    size_t rest = size_of(b) - size;
    if (rest < SMALLEST)
        return;
    set_size(b, size, USED);
    struct block *second = after(b);
    set_size(second, rest, 0);
    list_add(second);
}

/* The size of a block that holds this many bytes, or 0 if none could. */
static size_t block_size(size_t bytes)
{
    if (bytes > PTRDIFF_MAX)
        return 0;
    size_t size = (bytes + HEADER + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    return size < SMALLEST ? SMALLEST : size;
}

void *malloc(size_t bytes)
{
    size_t size = block_size(bytes);
    struct block *b = size == 0 ? NULL : find(size);
    if (b == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    list_remove(b);
    b->size |= USED;
    cut(b, size);
    return &b->next;
}

/* Header, neighbours' headers and sizes agree. */
static bool is_whole(struct block *b)
{
    return (b->before | size_of(b)) % ALIGN == 0 && after(b)->before == size_of(b) &&
           (b->before == 0 || size_of(before(b)) == b->before);
}

/* The block that malloc returned this from; ends the program if it is no block any more, or was written beyond. */
static struct block *block_of(void *user)
{
    struct block *b = (struct block *)(void *)((char *)user - HEADER);
    if ((uintptr_t)user % ALIGN != 0 || !(b->size & USED))
        __libc_die("free: this is no block, or was freed before");
    if (!is_whole(b))
        __libc_die("free: the program wrote beyond a block");
    return b;
}

/* Joins the next block to this one if that is free. */
static void join_next(struct block *b)
{
    struct block *next = after(b);
    if (next->size & USED)
        return;
    list_remove(next);
    set_size(b, size_of(b) + next->size, b->size & USED);
}

void free(void *block)
{
    if (block == NULL)
        return;
    struct block *b = block_of(block), *previous = before(b);
    b->size &= ~(size_t)USED;
    join_next(b);
    if (previous != b && !(previous->size & USED)) {
        list_remove(previous);
        set_size(previous, previous->size + b->size, 0);
        b = previous;
    }
    list_add(b);
}

void *calloc(size_t count, size_t bytes)
{
    size_t all;
    if (__builtin_mul_overflow(count, bytes, &all))
        all = SIZE_MAX;
    void *block = malloc(all);
    return block == NULL ? NULL : memset(block, 0, all);
}

void *realloc(void *block, size_t bytes)
{
    if (block == NULL)
        return malloc(bytes);
    struct block *b = block_of(block);
    size_t size = block_size(bytes), old = size_of(b) - HEADER;
    if (size != 0) {
        bool fits = size <= size_of(b);
        struct block *next = after(b);
        if (fits || (!(next->size & USED) && size <= size_of(b) + next->size)) {
            join_next(b);
            cut(b, size);
            return block;
        }
    }
    void *moved = malloc(bytes);
    if (moved == NULL)
        return NULL;
    memcpy(moved, block, old);
    free(block);
    return moved;
}
