/* The stack's parent: starts it again whenever it dies. */
#include <microkit.h>

void init(void)
{
}

void notified(microkit_channel ch)
{
    (void)ch;
}

seL4_Bool fault(microkit_child child, microkit_msginfo msginfo, microkit_msginfo *reply)
{
    (void)msginfo;
    (void)reply;
    microkit_dbg_puts("nurse: the stack has died\n");
    microkit_pd_restart(child, 0x200000);
    return seL4_False;
}
