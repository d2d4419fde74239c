/* For programs that have the harness and no more than a console: the C library prints, and there is no screen and no text
   block. Linked into bench_linux and into the SDK's system, not into bench.elf. */
#include <stdarg.h>
#include <stdio.h>
#include "block.h"
#include "harness.h"

int print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vprintf(format, arguments);
    va_end(arguments);
    return length;
}

int print_to(char *buffer, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(buffer, size, format, arguments);
    va_end(arguments);
    return length;
}

void display_result(const struct result *r)
{
    (void)r;
}

void block_result(const struct result *r)
{
    (void)r;
}

void block_refused(const char *id)
{
    (void)id;
}

void display_refused(const char *id)
{
    (void)id;
}

void display_error(const char *why)
{
    (void)why;
}
