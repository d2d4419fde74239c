/* Lets evil go on after each fault, at the address that it has in rbx: evil tries what is forbidden again and again. */
#include <microkit.h>

enum { EVIL = 0, RIP = 0, RBX = 4, WORDS = 18 };

void init(void)
{
}

void notified(microkit_channel ch)
{
    (void)ch;
}

seL4_Bool fault(microkit_child child, microkit_msginfo msginfo, microkit_msginfo *reply_msginfo)
{
    seL4_UserContext registers;
    seL4_CPtr thread = BASE_TCB_CAP + child;
    (void)msginfo, (void)reply_msginfo;
    if (seL4_TCB_ReadRegisters(thread, 0, 0, WORDS, &registers) != seL4_NoError)
        return seL4_False;
    registers.rip = registers.rbx;
    seL4_TCB_WriteRegisters(thread, 1, 0, WORDS, &registers);
    return seL4_False; /* it goes on already */
}
