/* One of very many; dies when it is told to. */
#include <microkit.h>

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
    if (microkit_msginfo_get_label(msginfo) != 0)
        __builtin_trap();
    return microkit_msginfo_new(1, 0);
}
