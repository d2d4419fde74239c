/* Starts one child again when it dies, and leaves the other dead. */
#include <microkit.h>

enum { KEPT = 61, LEFT = 60 };

static seL4_Word died_at;

void init(void)
{
}

/* Whoever is left dead can still be looked at. */
void notified(microkit_channel ch)
{
    (void)ch;
    seL4_UserContext context = {0};
    seL4_TCB_ReadRegisters(BASE_TCB_CAP + LEFT, seL4_False, 0, sizeof context / sizeof(seL4_Word), &context);
    microkit_dbg_puts(context.rip == died_at && context.rsp != 0 ? "keeper: it lies where it died\n"
                                                                 : "keeper: it has changed\n");
}

seL4_Bool fault(microkit_child child, microkit_msginfo msginfo, microkit_msginfo *reply_msginfo)
{
    (void)msginfo, (void)reply_msginfo;
    if (child == LEFT) {
        died_at = microkit_mr_get(seL4_UserException_FaultIP);
        microkit_dbg_puts("keeper: leaves it\n");
        return seL4_False;
    }
    microkit_dbg_puts("keeper: starts the server again\n");
    microkit_pd_restart(child, 0x200000);
    return seL4_False;
}
