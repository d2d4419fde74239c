/* Printing on the kernel console, and the end that says why. */
#include "baton.h"
#include "format.h"

/* Without a debug capability the call fails and the output goes nowhere: a program need not know. */
static void put_on_console(struct sink *to, char c)
{
    (void)to;
    debug_putchar(cap_at(CAP_DEBUG), c);
}

static struct sink console = {put_on_console};

int print(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int count = format_to(&console, format, args);
    va_end(args);
    return count;
}

_Noreturn void fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print("error: ");
    format_to(&console, format, args);
    print("\n");
    va_end(args);
    debug_exit(cap_at(CAP_DEBUG), 1);
    thread_suspend(cap_at(CAP_SELF_TCB));
    __builtin_trap(); /* here only when this is not the first thread: its fault stops this one too */
}

void must(long result, const char *what)
{
    if (result < 0)
        fail("%s: %s", what, error_name(result));
}
