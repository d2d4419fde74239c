/* Starts its child again each time that it crashes, three times; then leaves it stopped. */
#include <microkit.h>

#define RESTARTS 3

static const seL4_Word START = 0x200000; /* where microkit.ld puts the first instruction */
static unsigned restarts;

void init(void)
{
    microkit_dbg_puts("parent: ready\n");
}

void notified(microkit_channel ch)
{
    (void)ch;
}

seL4_Bool fault(microkit_child child, microkit_msginfo msginfo, microkit_msginfo *reply_msginfo)
{
    (void)reply_msginfo;
    microkit_dbg_puts("parent: child ");
    microkit_dbg_put32(child);
    microkit_dbg_puts(microkit_msginfo_get_label(msginfo) == seL4_Fault_VMFault ? " has a page fault at "
                                                                                : " has a fault ");
    microkit_dbg_put32((seL4_Uint32)microkit_mr_get(seL4_VMFault_Addr));
    microkit_dbg_puts("\n");
    if (restarts++ < RESTARTS) {
        microkit_pd_restart(child, START);
        return seL4_False; /* it has begun anew: there is no fault to answer */
    }
    microkit_pd_stop(child);
    microkit_dbg_puts("parent: it stays stopped\n");
    return seL4_False;
}
