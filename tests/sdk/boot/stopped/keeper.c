/* Does with its child what it is told, and does not start it again by itself. */
#include "stopped.h"

void init(void)
{
}

/* The child asks for its own end, in the middle of a call. */
void notified(microkit_channel ch)
{
    (void)ch;
    microkit_pd_stop(CHILD);
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    (void)ch;
    microkit_mr_set(8, 77); /* stopping and resuming leaves the words of a message alone */
    switch (microkit_msginfo_get_label(msginfo)) {
    case STOP: microkit_pd_stop(CHILD); break;
    case RESUME: microkit_pd_resume(CHILD); break;
    case RESTART: microkit_pd_restart(CHILD, 0x200000); break;
    case PAUSE: seL4_TCB_Suspend(BASE_TCB_CAP + CHILD); break;
    default: break;
    }
    return microkit_msginfo_new(microkit_mr_get(8), 0);
}

seL4_Bool fault(microkit_child child, microkit_msginfo msginfo, microkit_msginfo *reply_msginfo)
{
    (void)child, (void)msginfo, (void)reply_msginfo;
    microkit_dbg_puts("keeper: its child is dead\n");
    return seL4_False;
}
