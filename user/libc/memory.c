/* Bytes: what the compiler may call by itself, and memchr. */
#include <stdint.h>
#include <string.h>

/* In assembly, because a compiler turns a plain loop in memcpy or memset into a call of itself. */
void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    void *d = to;
    __asm__ volatile("rep movsb" : "+D"(d), "+S"(from), "+c"(n) : : "memory");
    return to;
}

void *memset(void *to, int c, size_t n)
{
    void *d = to;
    __asm__ volatile("rep stosb" : "+D"(d), "+c"(n) : "a"(c) : "memory");
    return to;
}

void *memmove(void *to, const void *from, size_t n)
{
    char *d = to;
    const char *s = from;
    if ((uintptr_t)d - (uintptr_t)s >= n)
        return memcpy(to, from, n);
    while (n-- > 0) {
        d[n] = s[n];
        __asm__ volatile("" : : : "memory"); /* or the loop becomes a call of memmove */
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t n)
{
    const unsigned char *x = a, *y = b;
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
