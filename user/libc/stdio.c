/* Formatted text to the console or to memory, from arguments that somebody else collected. */
#include "format.h"
#include <libc.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct memory {
    struct sink sink; /* first, so that a sink of this kind is a sink */
    char *at;
    size_t room;
};

static void put_in_memory(struct sink *to, const char *text, size_t n)
{
    struct memory *m = (struct memory *)to;
    if (n > m->room)
        n = m->room;
    if (n == 0)
        return;
    memcpy(m->at, text, n);
    m->at += n;
    m->room -= n;
}

int vsnprintf(char *restrict to, size_t size, const char *restrict format, va_list args)
{
    struct memory m = {{put_in_memory}, to, size == 0 ? 0 : size - 1};
    int count = __libc_format(&m.sink, format, args);
    if (size != 0)
        *m.at = 0;
    return count;
}

int vsprintf(char *restrict to, const char *restrict format, va_list args)
{
    return vsnprintf(to, SIZE_MAX, format, args);
}

/* Pieces are collected, because each that is written may cost a system call. */
struct console {
    struct sink sink;
    size_t used;
    char text[128];
};

static void flush(struct console *c)
{
    if (c->used > 0)
        __libc_write(c->text, c->used);
    c->used = 0;
}

static void put_on_console(struct sink *to, const char *text, size_t n)
{
    struct console *c = (struct console *)to;
    if (n > sizeof c->text - c->used)
        flush(c);
    if (n > sizeof c->text) {
        __libc_write(text, n);
        return;
    }
    memcpy(c->text + c->used, text, n);
    c->used += n;
}

int vprintf(const char *restrict format, va_list args)
{
    struct console c;
    c.sink.put = put_on_console;
    c.used = 0;
    int count = __libc_format(&c.sink, format, args);
    flush(&c);
    return count;
}
