/* Dies when it is called, and leaves a child. */
#include "stopped.h"

void init(void)
{
}

void notified(microkit_channel ch)
{
    (void)ch;
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    (void)ch;
    __builtin_trap();
    return msginfo;
}
