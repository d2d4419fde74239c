/* Calls a passive server three times. */
#include <microkit.h>

void init(void)
{
    for (int i = 0; i < 3; i++) {
        microkit_ppcall(1, microkit_msginfo_new(0, 0));
        microkit_dbg_puts("client: the server has been called ");
        microkit_dbg_put32((seL4_Uint32)microkit_mr_get(0));
        microkit_dbg_puts(" times\n");
    }
}

void notified(microkit_channel ch)
{
    (void)ch;
}
