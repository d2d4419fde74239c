/* The least urgent of its system: when it runs, all others wait. Then it lets the kernel say what exists. */
#include <microkit.h>

unsigned long number, other;

void init(void)
{
    baton_call(BATON_SYS_DEBUG_DUMP, baton_address(BATON_CONSOLE_CAP), 0, 0, 0);
    microkit_dbg_puts("dumped\n");
}

void notified(microkit_channel ch)
{
    (void)ch;
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    (void)ch;
    return msginfo;
}
