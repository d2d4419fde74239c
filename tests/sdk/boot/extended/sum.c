/* A function of any number of arguments saves the registers of 16 bytes, if its caller says that it passes some: there is code for that, which
   is never reached. With fpu="false" this runs, too, and its calls cost what calls cost. */
#include <stdarg.h>
#include <microkit.h>

__attribute__((noinline)) static unsigned sum(unsigned count, ...)
{
    unsigned all = 0;
    va_list list;
    va_start(list, count);
    while (count-- != 0)
        all += va_arg(list, unsigned);
    va_end(list);
    return all;
}

void init(void)
{
    microkit_dbg_puts(microkit_name);
    microkit_dbg_puts(": ");
    microkit_dbg_put32(sum(4, 1u, 2u, 3u, 4u));
    microkit_dbg_puts("\n");
}

void notified(microkit_channel ch)
{
    (void)ch;
}
