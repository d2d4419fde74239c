/* Crashes in each of its lives. */
#include <microkit.h>

void init(void)
{
    *(volatile unsigned *)0x1234 = 0; /* NOLINT: nothing is there */
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
