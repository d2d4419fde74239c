/* A call, and what came of it. */
#ifndef CALL_H
#define CALL_H

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

#endif
