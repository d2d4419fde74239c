/* panic() without the backtrace, for all tests but that of panic() itself. */
#include "arch/arch.h"
#include "debug/debug.h"

void panic(const char *format, ...)
{
    va_list ap;
    kprintf("\nPANIC: ");
    va_start(ap, format);
    kvprintf(format, &ap);
    va_end(ap);
    arch_exit(127);
}
