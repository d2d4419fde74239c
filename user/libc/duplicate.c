/* Copies of strings on the heap. */
#include <stdlib.h>
#include <string.h>

char *strndup(const char *s, size_t most)
{
    size_t n = strnlen(s, most);
    char *copy = malloc(n + 1);
    if (copy == NULL)
        return NULL;
    copy[n] = 0;
    return memcpy(copy, s, n);
}

char *strdup(const char *s)
{
    return strndup(s, strlen(s));
}
