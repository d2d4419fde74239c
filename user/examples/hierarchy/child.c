/* Counts its lives in data that a restart makes fresh, and crashes. */
#include <microkit.h>

static volatile unsigned lives = 1; /* of .data: reset="true" gives it back its 1 */
static volatile unsigned seen;      /* of .bss */

void init(void)
{
    microkit_dbg_puts("child: life ");
    microkit_dbg_put32(lives++);
    microkit_dbg_puts(", seen ");
    microkit_dbg_put32(seen++);
    microkit_dbg_puts("\n");
    *(volatile unsigned *)0x1234 = 0; /* NOLINT: nothing is there */
}

void notified(microkit_channel ch)
{
    (void)ch;
}
