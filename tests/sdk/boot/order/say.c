/* Says its name. Whoever is called "first" does it last of all, were it not for the order that the file wants. */
#include <microkit.h>

void init(void)
{
    microkit_dbg_puts(microkit_name);
    microkit_dbg_puts("\n");
}

void notified(microkit_channel ch)
{
    (void)ch;
}
