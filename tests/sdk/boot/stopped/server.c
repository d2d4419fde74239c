/* Counts the calls of this life; dies, or lets itself be stopped, while it serves one. */
#include "stopped.h"

static unsigned served;

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
    switch (microkit_msginfo_get_label(msginfo)) {
    case DIE: __builtin_trap();
    case STOP_MYSELF:
        microkit_notify(TO_KEEPER); /* which is more urgent */
        microkit_dbg_puts(microkit_name);
        microkit_dbg_puts(": goes on where it was\n");
        break;
    default: break;
    }
    return microkit_msginfo_new(++served, 0);
}
