/* Does nothing, in every way in which it may be asked to. */
#include <microkit.h>

unsigned long number, other; /* for <setvar> */

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
    return msginfo;
}

seL4_Bool fault(microkit_child child, microkit_msginfo msginfo, microkit_msginfo *reply_msginfo)
{
    (void)child, (void)msginfo, (void)reply_msginfo;
    return seL4_False;
}
