/* A passive server has no time of its own: it runs when it is called, at once, and before its caller goes on. */
#include <microkit.h>

static seL4_Word calls;

void init(void)
{
    microkit_dbg_puts("server: ready\n");
}

void notified(microkit_channel ch)
{
    (void)ch;
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    (void)ch, (void)msginfo;
    microkit_mr_set(0, ++calls);
    return microkit_msginfo_new(0, 1);
}
