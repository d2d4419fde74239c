// Asks the answerer.
#include <microkit.h>

void init()
{
    microkit_mr_set(0, 21);
    microkit_ppcall(0, microkit_msginfo_new(0, 1));
    microkit_dbg_puts(microkit_name);
    microkit_dbg_puts(": the answer is ");
    microkit_dbg_put32(static_cast<seL4_Uint32>(microkit_mr_get(0)));
    microkit_dbg_puts("\n");
}

void notified(microkit_channel)
{
}
