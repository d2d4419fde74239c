/* Ends that say why. */
#include <libc.h>
#include <stdio.h>
#include <stdlib.h>

_Noreturn void abort(void)
{
    __builtin_trap();
}

_Noreturn void __libc_die(const char *why)
{
    puts(why);
    abort();
}
