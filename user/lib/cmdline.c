/* What a command line needs: patterns and values of words. */
#include "baton.h"

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

/* The part of `word` after "key=", or NULL. */
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
