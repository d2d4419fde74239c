/* Words on the console, for people. */
#include "own.h"

void microkit_dbg_putc(int c)
{
    seL4_DebugPutChar((char)c);
}

void microkit_dbg_puts(const char *s)
{
    while (*s)
        microkit_dbg_putc(*s++);
}

static void put_number(seL4_Uint32 x)
{
    char digits[10];
    unsigned count = 0;
    do
        digits[count++] = (char)('0' + x % 10);
    while ((x /= 10) != 0);
    while (count != 0)
        microkit_dbg_putc(digits[--count]);
}

void microkit_dbg_put8(seL4_Uint8 x)
{
    put_number(x);
}

void microkit_dbg_put32(seL4_Uint32 x)
{
    put_number(x);
}

void seL4_DebugPutString(char *text)
{
    microkit_dbg_puts(text);
}

void seL4_DebugDumpScheduler(void)
{
    debug_dump(cap_at(BATON_CONSOLE_CAP), DUMP_THREADS);
}

void baton_denied(seL4_Word call, seL4_Word what, long error)
{
    struct msg m = {.word = {call, what, (seL4_Word)error}};
    if (cap_identify(cap_at(MONITOR_EP)) == TYPE_ENDPOINT)
        ipc(SYS_SEND_NB, cap_at(MONITOR_EP), &m);
}

void baton_refused(seL4_Word call, seL4_CPtr slot, long error)
{
    if (error == ERR_BAD_CAP || error == ERR_WRONG_TYPE || error == ERR_NO_RIGHT)
        baton_denied(call, slot, error);
}

void baton_wrong_id(const char *what, unsigned int id)
{
    baton_denied(0, id, 0);
    microkit_dbg_puts(microkit_name);
    microkit_dbg_puts(": ");
    microkit_dbg_puts(what);
    microkit_dbg_puts(": the description gives it no id ");
    microkit_dbg_put32(id);
    microkit_dbg_puts("\n");
}

_Noreturn void baton_crash(const char *what, unsigned int id, long error)
{
    microkit_dbg_puts(microkit_name);
    microkit_dbg_puts(": ");
    microkit_dbg_puts(what);
    microkit_dbg_put32(id);
    microkit_dbg_puts(": error -");
    microkit_dbg_put32((seL4_Uint32)-error);
    microkit_dbg_puts("\n");
    microkit_internal_crash(baton_error(error));
}

void microkit_internal_crash(seL4_Error error)
{
    *(volatile char *)(seL4_Word)error = 0; /* NOLINT: no memory is there, and a fault shows the address */
    __builtin_trap();
}

_Noreturn void __assert_fail(const char *assertion, const char *file, unsigned int line, const char *function);

__attribute__((weak)) _Noreturn void __assert_fail(const char *assertion, const char *file, unsigned int line,
                                                   const char *function)
{
    microkit_dbg_puts("assertion failed: ");
    microkit_dbg_puts(assertion);
    microkit_dbg_puts(" at ");
    microkit_dbg_puts(file);
    microkit_dbg_puts(":");
    microkit_dbg_put32(line);
    microkit_dbg_puts(" in ");
    microkit_dbg_puts(function);
    microkit_dbg_puts("\n");
    __builtin_trap();
}
