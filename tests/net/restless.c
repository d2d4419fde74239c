/* Never idles, so that the guest's time is its instructions: none of the stack's time-outs passes while the host is slow. */
#include <microkit.h>

void init(void)
{
    for (;;)
        __asm__ volatile("pause");
}

void notified(microkit_channel ch)
{
    (void)ch;
}
