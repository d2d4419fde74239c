/* Looks into all registers that it is sent, whatever the message says about itself. */
#include "stale.h"

void init(void)
{
    seL4_Word badge;
    seL4_Recv(1, &badge, 0);
    for (;;) {
        seL4_Word foreign = 0;
        for (int i = 0; i < 8; i++)
            foreign += seL4_GetMR(i) == SECRET;
        say(": registers with the secret: ", foreign);
        seL4_ReplyRecv(1, seL4_MessageInfo_new(0, 0, 0, 0), &badge, 0);
    }
}

void notified(microkit_channel ch)
{
    (void)ch;
}
