/* Calls the server with two words, with a hundred, and waits for its notification. */
#include <microkit.h>
#include "calls.h"

#define SERVER 5

static void say(const char *what, seL4_Word value)
{
    microkit_dbg_puts("client: ");
    microkit_dbg_puts(what);
    microkit_dbg_put32((seL4_Uint32)value);
    microkit_dbg_puts("\n");
}

static seL4_Word call(seL4_Word label, seL4_Uint16 count)
{
    microkit_msginfo reply = microkit_ppcall(SERVER, microkit_msginfo_new(label, count));
    return microkit_msginfo_get_count(reply) == 1 ? microkit_mr_get(0) : 0;
}

void init(void)
{
    microkit_mr_set(0, 20);
    microkit_mr_set(1, 22);
    say("20 + 22 = ", call(ADD, 2));
    for (seL4_Uint8 i = 0; i < 100; i++)
        microkit_mr_set(i, i + 1u);
    say("1 + ... + 100 = ", call(SUM, 100));
    microkit_mr_set(0, 1000);
    call(COUNT_DOWN, 1);
    microkit_notify(SERVER);
}

void notified(microkit_channel ch)
{
    say("counted, says channel ", ch);
}
