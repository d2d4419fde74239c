#include "abi/abi.h"
#include "arch/arch.h"
#include "debug/checking.h"
#include "debug/debug.h"
#include "debug/trace.h"

enum { DUMP_MOST = 32 };

void panic_begin(void)
{
    static int panicking;
    if (panicking++ > 1) /* what a panic within a panic trips over is not worth a third */
        arch_exit(127);
    kprintf("\nPANIC: ");
}

void panic_end(uint64_t rip, uint64_t rbp)
{
    if (CHECKING)
        coverage_print_call();
    backtrace(rip, rbp);
    trace_dump();
    dump(DUMP_ALL, DUMP_MOST);
    boot_mark_panic();
    arch_exit(127);
}

void panic(const char *format, ...)
{
    va_list ap;
    panic_begin();
    va_start(ap, format);
    kvprintf(format, &ap);
    va_end(ap);
    kprintf("\n");
    panic_end((uintptr_t)__builtin_return_address(0), *(const uint64_t *)__builtin_frame_address(0));
}
