/* Lets the kernel say what exists, when it is asked to. */
#include <microkit.h>

void init(void)
{
}

void notified(microkit_channel ch)
{
    (void)ch;
    baton_call(BATON_SYS_DEBUG_DUMP, baton_address(BATON_CONSOLE_CAP), 0, 0, 0);
    microkit_dbg_puts("dumped\n");
}
