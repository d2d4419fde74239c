/* Sees what the other has written, and dies when it writes there. */
#include <microkit.h>

unsigned long odd_paddr;
volatile unsigned long *shared, *large;

void init(void)
{
    microkit_ppcall(500, microkit_msginfo_new(0, 0));
    microkit_ppcall(499, microkit_msginfo_new(0, 0));
    microkit_notify(3);
    microkit_dbg_puts(shared[0x2fff / 8] == odd_paddr && large[0x3fffff / 8] == 7 ? "reader: the same\n"
                                                                                  : "reader: another\n");
    shared[0] = 1;
}

void notified(microkit_channel ch)
{
    (void)ch;
}
