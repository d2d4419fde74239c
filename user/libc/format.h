/* What formatting and the floating-point conversions share. */
#ifndef LIBC_FORMAT_H
#define LIBC_FORMAT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Where the text goes, in pieces. */
struct sink {
    void (*put)(struct sink *to, const char *text, size_t n);
};

struct output {
    struct sink *to;
    size_t count;
};

/* In a struct of its own it can be passed on by address. */
struct arguments {
    va_list list;
};

struct spec {
    bool left, zero, plus, space, alternate;
    size_t width;
    bool has_precision;
    size_t precision;
    unsigned bytes; /* of an integer argument; 0: a length that no argument can have */
    char conversion;
};

/* A converted number: prefix, zeros, text, zeros, tail. */
struct field {
    const char *prefix, *text, *tail;
    size_t prefix_length, zeros, text_length, zeros_behind, tail_length;
};

void __libc_put_field(struct output *o, const struct spec *s, struct field f);
/* The sign or blank in front of a number: a string of at most one character. */
const char *__libc_sign(const struct spec *s, bool negative);

/* Converts a floating-point argument; false: this is no such conversion. There are two versions: sse/floating.c, and that of the
   library without SSE, which knows none. */
bool __libc_floating(struct output *o, struct spec *s, struct arguments *args);

/* Returns what printf returns. */
int __libc_format(struct sink *to, const char *format, va_list args);

#endif
