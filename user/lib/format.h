/* The formatting behind print() and print_to(): one character at a time to wherever it goes. */
#ifndef BATON_FORMAT_H
#define BATON_FORMAT_H

#include <stdarg.h>

struct sink {
    void (*put)(struct sink *to, char c);
};

/* Returns how many characters it put. post: args is used up; the caller ends it. */
int format_to(struct sink *to, const char *format, va_list args);

#endif
