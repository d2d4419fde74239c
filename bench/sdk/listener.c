/* Counts its notifications. Of its two components the one that others may call, too, waits in another way. */
#include "seen.h"

void init(void)
{
}

void notified(microkit_channel ch)
{
    (void)ch;
    SEEN->notified++;
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    (void)ch;
    return msginfo;
}
