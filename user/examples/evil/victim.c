/* Has something that evil would like. */
#include <microkit.h>

void init(void)
{
    *(volatile unsigned long *)0x3002000 = 0x5ec2e7; /* NOLINT: where the description maps it */
}

void notified(microkit_channel ch)
{
    (void)ch;
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    (void)ch, (void)msginfo;
    return microkit_msginfo_new(0, 0);
}
