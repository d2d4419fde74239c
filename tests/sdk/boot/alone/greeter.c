/* A component of somebody who has the SDK's folder, and nothing else of this tree. */
#include <microkit.h>

void init(void)
{
    microkit_dbg_puts("hello from outside\n");
}

void notified(microkit_channel ch)
{
    (void)ch;
}
