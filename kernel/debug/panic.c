#include <stdarg.h>

#include "arch.h"
#include "debug.h"
#include "print.h"
#include "trace.h"

void panic(const char *format, ...)
{
    static int panicking;
    va_list ap;
    if (panicking++)
        arch_exit(127);
    kprintf("\nPANIC: ");
    va_start(ap, format);
    kvprintf(format, &ap);
    va_end(ap);
    kprintf("\n");
    uint64_t callers_rbp = *(const uint64_t *)__builtin_frame_address(0);
    backtrace((uintptr_t)__builtin_return_address(0), callers_rbp);
    trace_dump();
    arch_exit(127);
}
