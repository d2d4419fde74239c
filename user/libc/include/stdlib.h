#ifndef LIBC_STDLIB_H
#define LIBC_STDLIB_H

#include <stddef.h>

#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1

/* ---- number.c: what does not fit becomes the nearest value that does, and errno ERANGE; no such base: 0 and EINVAL */
long strtol(const char *restrict text, char **restrict end, int base);
unsigned long strtoul(const char *restrict text, char **restrict end, int base);
long long strtoll(const char *restrict text, char **restrict end, int base);
unsigned long long strtoull(const char *restrict text, char **restrict end, int base);
int atoi(const char *text);
long atol(const char *text);
long long atoll(const char *text);
#ifdef __SSE2__ /* a double is returned in a register that other programs lack */
double strtod(const char *restrict text, char **restrict end);
double atof(const char *text);
#endif

/* ---- heap.c: from the memory that __libc_heap (libc.h) was given; every block lies at a multiple of 16. Freeing twice, and
   having written beyond a block, end the program at the next free or realloc. Size 0 gives a block like any other. */
void *malloc(size_t bytes);
void *calloc(size_t count, size_t bytes);
void *realloc(void *block, size_t bytes);
void free(void *block);

/* ---- sort.c: at most 2 n log2 n comparisons and no memory, whatever the order was; equal elements may change places */
void qsort(void *array, size_t count, size_t bytes, int (*compare)(const void *, const void *));
void *bsearch(const void *key, const void *array, size_t count, size_t bytes,
              int (*compare)(const void *, const void *));

/* ---- integer.c */
typedef struct {
    int quot, rem;
} div_t;
typedef struct {
    long quot, rem;
} ldiv_t;
typedef struct {
    long long quot, rem;
} lldiv_t;
int abs(int n);
long labs(long n);
long long llabs(long long n);
div_t div(int n, int by);
ldiv_t ldiv(long n, long by);
lldiv_t lldiv(long long n, long long by);

/* ---- abort.c: by an instruction that faults, so the thread's fault handler learns where. */
_Noreturn void abort(void);

#endif
