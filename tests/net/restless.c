/* Never idles, so that the guest's time is its instructions: none of the stack's time-outs passes while the host is slow. No PAUSE: at each of them QEMU
   would look whether somebody else wants to run, and hardly any instruction, or time, would pass. */
#include <microkit.h>

void init(void)
{
    for (;;)
        __asm__ volatile("");
}

void notified(microkit_channel ch)
{
    (void)ch;
}
