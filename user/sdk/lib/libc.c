/* What the C library needs from a component that is linked with it: where text goes. */
#include <libc.h>
#include "own.h"

void __libc_write(const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        microkit_dbg_putc(text[i]);
}
