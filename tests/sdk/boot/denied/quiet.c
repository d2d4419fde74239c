/* Its file says log="denied": nobody sees what it prints, and everybody what it is refused. */
#include <microkit.h>

enum { EMPTY = 300, NOTHING_TO_CALL = BASE_OUTPUT_NOTIFICATION_CAP + 1, LIE = 1 };

void init(void)
{
    seL4_UserContext registers;
    microkit_dbg_puts("quiet: this must not be seen\n");
    baton_call(BATON_SYS_DEBUG_PUTCHAR, baton_address(BATON_CONSOLE_CAP), '\n', 0, 0);
    microkit_notify(1); /* allowed */
    microkit_notify(40);
    microkit_irq_ack(41);
    microkit_x86_ioport_read_8(42, 0x60);
    microkit_ppcall(400, microkit_msginfo_new(0, 0));
    seL4_Signal(EMPTY);
    seL4_Call(NOTHING_TO_CALL, microkit_msginfo_new(0, 0));
    seL4_Send(EMPTY, microkit_msginfo_new(0, 9));
    seL4_TCB_Suspend(NOTHING_TO_CALL);
    seL4_TCB_ReadRegisters(EMPTY, 0, 0, 1, &registers);
    /* A message that looks like that of a page fault is none. */
    microkit_mr_set(0, 0x1000);
    seL4_Send(MONITOR_EP, (seL4_MessageInfo_t){{LIE}});
}

void notified(microkit_channel ch)
{
    (void)ch;
}
