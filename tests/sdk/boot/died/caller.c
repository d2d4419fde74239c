/* Kills both servers, and calls them again. */
#include <microkit.h>

static void call(const char *what, microkit_channel server, seL4_Word label)
{
    seL4_Word answer = microkit_msginfo_get_label(microkit_ppcall(server, microkit_msginfo_new(label, 0)));
    microkit_dbg_puts(microkit_name);
    microkit_dbg_puts(what);
    if (answer == BATON_LABEL_NO_ANSWER)
        microkit_dbg_puts("no answer");
    else
        microkit_dbg_put32((seL4_Uint32)answer);
    microkit_dbg_puts("\n");
}

void init(void)
{
    call(": kept, killed: ", 0, 1);
    call(": kept, again: ", 0, 0);
    call(": alone, killed: ", 1, 1);
    call(": alone, again: ", 1, 0);
}

void notified(microkit_channel ch)
{
    (void)ch;
}
