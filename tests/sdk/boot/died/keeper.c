#include <microkit.h>

void init(void)
{
}

void notified(microkit_channel ch)
{
    (void)ch;
}

seL4_Bool fault(microkit_child child, microkit_msginfo msginfo, microkit_msginfo *reply_msginfo)
{
    (void)msginfo, (void)reply_msginfo;
    microkit_dbg_puts("keeper: starts the server again\n");
    microkit_pd_restart(child, 0x200000);
    return seL4_False;
}
