/* May print and look, but not end the machine; and tells nobody what it is refused. */
#include <microkit.h>

void init(void)
{
    microkit_dbg_puts("loud: it prints\n");
    seL4_DebugDumpScheduler();
    baton_call(BATON_SYS_DEBUG_EXIT, baton_address(BATON_CONSOLE_CAP), 0, 0, 0);
    seL4_Signal(300);
    microkit_dbg_puts("loud: the machine runs\n");
}

void notified(microkit_channel ch)
{
    (void)ch;
}
