/* Kills a server that nobody starts again, while it serves. */
#include "call.h"

void init(void)
{
    call(": killed for good: ", 0, 1);
    microkit_notify(1);
}

void notified(microkit_channel ch)
{
    (void)ch;
}
