/* Functions that look for characters or a string in a string. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* As the standard has it: const goes in, and what comes out is not. */
static char *writable(const char *s)
{
    return (char *)(uintptr_t)s;
}

char *strchr(const char *s, int c)
{
    for (; *s != (char)c; s++)
        if (*s == 0)
            return NULL;
    return writable(s);
}

char *strrchr(const char *s, int c)
{
    for (const char *at = s + strlen(s);; at--) {
        if (*at == (char)c)
            return writable(at);
        if (at == s)
            return NULL;
    }
}

/* Quadratic for input that is made to be so; it needs no memory. */
char *strstr(const char *in, const char *what)
{
    size_t n = strlen(what);
    for (; strncmp(in, what, n) != 0; in++)
        if (*in == 0)
            return NULL;
    return writable(in);
}

/* How many characters at the start are in the set, or are not. */
static size_t span(const char *s, const char *set, bool inside)
{
    size_t n = 0;
    while (s[n] != 0 && (strchr(set, s[n]) != NULL) == inside)
        n++;
    return n;
}

size_t strspn(const char *s, const char *set)
{
    return span(s, set, true);
}

size_t strcspn(const char *s, const char *set)
{
    return span(s, set, false);
}

char *strpbrk(const char *s, const char *set)
{
    s += strcspn(s, set);
    return *s == 0 ? NULL : writable(s);
}

char *strtok_r(char *restrict s, const char *restrict separators, char **restrict rest)
{
    char *word = s != NULL ? s : *rest;
    word += strspn(word, separators);
    *rest = word + strcspn(word, separators);
    if (*word == 0)
        return NULL;
    if (**rest != 0)
        *(*rest)++ = 0;
    return word;
}

char *strtok(char *restrict s, const char *restrict separators)
{
    static char *rest;
    return strtok_r(s, separators, &rest);
}
