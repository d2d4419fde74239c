/* The C library's console is the kernel's; and the end of a program, which says why. */
#include <libc.h>
#include <stdarg.h>
#include <stdio.h>
#include "baton.h"

/* Without a debug capability the call fails and the output goes nowhere: a program need not know that. */
void __libc_write(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        debug_putchar(cap_at(CAP_DEBUG), text[i]);
}

int print(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int count = vprintf(format, args);
    va_end(args);
    return count;
}

_Noreturn void fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print("error: ");
    vprintf(format, args);
    print("\n");
    va_end(args);
    debug_exit(cap_at(CAP_DEBUG), 1);
    thread_suspend(cap_at(CAP_SELF_TCB));
    __builtin_trap(); /* reached only when this is not the first thread: its fault stops this one, too */
}

void must(long result, const char *what)
{
    if (result < 0)
        fail("%s: %s", what, error_name(result));
}
