/* Memory and strings: what the compiler may call by itself, and what a command line needs. */
#include "baton.h"

/* In assembly, because a compiler turns a plain loop in memcpy or memset into a call of itself. */
void *memcpy(void *to, const void *from, size_t n)
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

size_t strlen(const char *s)
{
    size_t n = 0;
    while (s[n] != 0) {
        n++;
        __asm__ volatile("" : : : "memory"); /* or the loop becomes a call of strlen */
    }
    return n;
}

int strcmp(const char *a, const char *b)
{
    while (*a != 0 && *a == *b)
        a++, b++;
    return (unsigned char)*a - (unsigned char)*b;
}

/* Only the last star needs to be tried again: an earlier one already has the shortest match it can have. */
bool glob_match(const char *pattern, const char *text)
{
    const char *star = NULL, *retry = NULL;
    while (*text != 0) {
        if (*pattern == '*') {
            star = ++pattern;
            retry = text;
        } else if (*pattern == '?' || *pattern == *text) {
            pattern++, text++;
        } else if (star != NULL) {
            pattern = star;
            text = ++retry;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == 0;
}

/* The part of `word` behind "key=", or NULL. */
static const char *value_of(const char *word, const char *key)
{
    while (*key != 0 && *word == *key)
        word++, key++;
    return *key == 0 && *word == '=' ? word + 1 : NULL;
}

static void copy_word(const char *word, char *buffer, size_t size)
{
    size_t n = 0;
    while (n + 1 < size && word[n] != 0 && word[n] != ' ') {
        buffer[n] = word[n];
        n++;
    }
    if (size != 0)
        buffer[n] = 0;
}

bool cmdline_value(const char *cmdline, const char *key, char *buffer, size_t size)
{
    bool found = false;
    while (*cmdline != 0) {
        const char *value = value_of(cmdline, key);
        if (value != NULL) {
            copy_word(value, buffer, size);
            found = true;
        }
        while (*cmdline != 0 && *cmdline != ' ')
            cmdline++;
        while (*cmdline == ' ')
            cmdline++;
    }
    return found;
}
