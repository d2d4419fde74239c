/* A component from its beginning to its loop. */
#include "own.h"

char microkit_name[MICROKIT_PD_NAME_LENGTH] = "?";
seL4_Bool microkit_passive;
seL4_Word microkit_irqs, microkit_notifications, microkit_pps, microkit_ioports, microkit_timers;

seL4_Bool microkit_have_signal;
seL4_CPtr microkit_signal_cap;
seL4_MessageInfo_t microkit_signal_msg;

seL4_IPCBuffer *__sel4_ipc_buffer = BATON_IPC_BUFFER;

typedef void (*constructor)(void);
extern const constructor __init_array_start[], __init_array_end[];

int main(void);

static void say_missing(const char *entry)
{
    microkit_dbg_puts(microkit_name);
    microkit_dbg_puts(" is missing the '");
    microkit_dbg_puts(entry);
    microkit_dbg_puts("' entry point\n");
}

__attribute__((weak)) microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    (void)ch, (void)msginfo;
    say_missing("protected");
    __builtin_trap();
}

__attribute__((weak)) seL4_Bool fault(microkit_child child, microkit_msginfo msginfo,
                                      microkit_msginfo *reply_msginfo)
{
    (void)child, (void)msginfo, (void)reply_msginfo;
    say_missing("fault");
    __builtin_trap();
}

/* A line is masked until its first acknowledgement. */
static void irqs_open(void)
{
    for (seL4_Word ids = microkit_irqs; ids != 0; ids &= ids - 1)
        irq_handler_ack(cap_at(BASE_IRQ_CAP + (unsigned)__builtin_ctzl(ids)));
}

/* start="after:...": a component that passes leaves the gate open, for others and for its own next life. */
static void gate_pass(void)
{
    uint64_t bits;
    if (cap_identify(cap_at(PASS_CAP)) != TYPE_NOTIFICATION)
        return;
    notification_wait(cap_at(PASS_CAP), &bits);
    notification_signal(cap_at(PASS_CAP));
}

/* Whether somebody may call this component is seen from what it was given to receive with. */
int main(void)
{
    for (const constructor *c = __init_array_start; c != __init_array_end; c++)
        (*c)();
    gate_pass();
    irqs_open();
    init();
    if (cap_identify(cap_at(OPEN_CAP)) == TYPE_NOTIFICATION)
        notification_signal(cap_at(OPEN_CAP));
    if (cap_identify(cap_at(INPUT_CAP)) == TYPE_ENDPOINT)
        baton_serve();
    baton_listen();
}
