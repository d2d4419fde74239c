/* Bytes: what the compiler may call by itself, and memchr.

   What is copied or filled goes by words: up to SHORT bytes by loads and stores that may overlap, more by REP with words, and the last
   word by itself. REP takes some tens of cycles to begin with on most CPUs, however short it is; one of bytes is quick on those with FSRM,
   and even there a few words are as quick. Beyond that REP moves whole lines on a CPU with ERMS, of words as of bytes; one without it
   does so for words only. And QEMU's TCG counts an instruction for each time that it repeats. */
#include <stdint.h>
#include <string.h>

enum { WORD = 8, SHORT = 4 * WORD };

/* Memory of any type, at any address. */
typedef uint64_t __attribute__((aligned(1), may_alias)) word;
typedef uint32_t __attribute__((aligned(1), may_alias)) half;
typedef uint16_t __attribute__((aligned(1), may_alias)) pair;

/* From the first byte on; of two areas that overlap, `to` is below `from`. What is stored last is loaded before anything is stored. In
   assembly, because a compiler turns a plain loop in memcpy or memset into a call of itself. */
static void up(char *d, const char *s, size_t n)
{
    if (n > SHORT) {
        uint64_t last = *(const word *)(s + n - WORD);
        word *end = (word *)(d + n - WORD);
        size_t words = (n - 1) / WORD;
        __asm__ volatile("rep movsq" : "+D"(d), "+S"(s), "+c"(words) : : "memory");
        *end = last;
    } else if (n > 2 * WORD) {
        uint64_t a = *(const word *)s, b = *(const word *)(s + WORD), c = *(const word *)(s + n - 2 * WORD),
                 last = *(const word *)(s + n - WORD);
        *(word *)d = a;
        *(word *)(d + WORD) = b;
        *(word *)(d + n - 2 * WORD) = c;
        *(word *)(d + n - WORD) = last;
    } else if (n >= WORD) {
        uint64_t a = *(const word *)s, last = *(const word *)(s + n - WORD);
        *(word *)d = a;
        *(word *)(d + n - WORD) = last;
    } else if (n >= 4) {
        uint32_t a = *(const half *)s, last = *(const half *)(s + n - 4);
        *(half *)d = a;
        *(half *)(d + n - 4) = last;
    } else if (n >= 2) {
        uint16_t a = *(const pair *)s, last = *(const pair *)(s + n - 2);
        *(pair *)d = a;
        *(pair *)(d + n - 2) = last;
    } else if (n == 1) {
        *d = *s;
    }
}

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    up(to, from, n);
    return to;
}

void *memset(void *to, int c, size_t n)
{
    char *d = to;
    uint64_t bytes = (unsigned char)c * 0x0101010101010101u;
    if (n >= WORD) {
        word *end = (word *)(d + n - WORD);
        size_t words = (n - 1) / WORD;
        if (n > SHORT)
            __asm__ volatile("rep stosq" : "+D"(d), "+c"(words) : "a"(bytes) : "memory");
        else
            for (; words-- > 0; d += WORD)
                *(word *)d = bytes;
        *end = bytes;
    } else if (n >= 4) {
        *(half *)d = *(half *)(d + n - 4) = (uint32_t)bytes;
    } else if (n >= 2) {
        *(pair *)d = *(pair *)(d + n - 2) = (uint16_t)bytes;
    } else if (n == 1) {
        *d = (char)bytes;
    }
    return to;
}

/* Down by words, too: each is loaded before it is stored, and what it overwrites of `from` lies above all that is still to be loaded. */
void *memmove(void *to, const void *from, size_t n)
{
    char *d = to;
    const char *s = from;
    if ((uintptr_t)d - (uintptr_t)s >= n) {
        up(d, s, n);
        return to;
    }
    while (n >= WORD) {
        n -= WORD;
        *(word *)(d + n) = *(const word *)(s + n);
        __asm__ volatile("" : : : "memory"); /* or the loop becomes a call of memmove */
    }
    while (n-- > 0) {
        d[n] = s[n];
        __asm__ volatile("" : : : "memory");
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *x = a, *y = b;
    for (; n >= WORD && *(const word *)x == *(const word *)y; n -= WORD)
        x += WORD, y += WORD;
    for (size_t i = 0; i < n; i++)
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return 0;
}

void *memchr(const void *in, int c, size_t n)
{
    const unsigned char *at = in;
    for (; n-- > 0; at++)
        if (*at == (unsigned char)c)
            return (void *)(uintptr_t)at;
    return NULL;
}
