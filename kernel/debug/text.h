/* Words: of the command line, signatures in firmware's tables. */
#ifndef BATON_TEXT_H
#define BATON_TEXT_H

#include <stddef.h>

/* What follows in a text that begins with this, or NULL. */
static inline const char *text_after(const char *text, const char *prefix)
{
    while (*prefix && *text == *prefix)
        text++, prefix++;
    return *prefix ? NULL : text;
}

#endif
