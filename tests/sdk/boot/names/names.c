/* Every name that components of other people use: called, and what comes of it compared. Written in the manner of such components. */
#include "names.h"
#include <sel4/benchmark_track_types.h>
#include <sel4/benchmark_utilisation_types.h>
#include <sel4/constants.h>
#include <sel4/sel4_arch/types.h>

#if !defined(CONFIG_ARCH_X86_64) || !defined(CONFIG_DEBUG_BUILD) || !defined(CONFIG_PRINTING) ||               \
    CONFIG_WORD_SIZE != 64
#error "the kernel's configuration is not told"
#endif

enum {
    CHANNEL = 0,
    IRQ = 5,
    CHILD = 7,
    ECHO_CAP = BASE_ENDPOINT_CAP + CHANNEL,
    INPUT = 1,
    REPLY = 4,
    ENTRY = 0x200000
};

uintptr_t ports, first_port;
static unsigned checks, failed;

static void check(seL4_Bool good, const char *what)
{
    checks++;
    if (good)
        return;
    failed++;
    microkit_dbg_puts("names: wrong: ");
    microkit_dbg_puts(what);
    microkit_dbg_puts("\n");
}
#define CHECK(condition) check(condition, #condition)

/* Machine code as an array, where libraries of coroutines have it: it returns 7. The assembler takes the # and what it writes itself
   behind the name, the array's attributes, as a comment. */
__attribute__((section(".text#"))) static const unsigned char code[] = {0xb8, 7, 0, 0, 0, 0xc3};

static void numbers(void)
{
    CHECK(seL4_WordBits == 64 && seL4_PageBits == 12 && seL4_LargePageBits == 21 && seL4_MsgMaxLength == 120);
    CHECK(seL4_UserTop == seL4_UserVSpaceTop && (seL4_Word)__sel4_ipc_buffer == seL4_UserVSpaceTop - 0x1000);
    CHECK(MICROKIT_MAX_CHANNELS == 62 && MICROKIT_MAX_CHANNEL_ID == 61 && MICROKIT_PD_NAME_LENGTH == 64);
    CHECK(seL4_NoError == 0 && seL4_NotEnoughMemory == 10 && seL4_Fault_VMFault == 6);
    CHECK(sizeof(seL4_Word) == 8 && sizeof(seL4_CPtr) == 8 && sizeof(seL4_MessageInfo_t) == 8);
    CHECK(microkit_name[0] == 'n' && microkit_irqs == 1 << IRQ && microkit_notifications == 1 &&
          microkit_pps == 1);
    CHECK(microkit_ioports == 8 && ports == 3 && first_port == 0x3f8 && !microkit_passive);
    CHECK(microkit_cspace_root_slot_to_cptr(0) == seL4_CapNull &&
          microkit_cspace_root_slot_to_cptr(1) != seL4_CapNull);
    CHECK(((int (*)(void))(seL4_Word)code)() == 7); /* NOLINT */
    seL4_MessageInfo_t info = seL4_MessageInfo_new(0x1234567, 3, 1, 17);
    CHECK(seL4_MessageInfo_get_label(info) == 0x1234567 && seL4_MessageInfo_get_length(info) == 17);
    CHECK(seL4_MessageInfo_get_capsUnwrapped(info) == 3 && seL4_MessageInfo_get_extraCaps(info) == 1);
}

static seL4_Word ask(seL4_Word label)
{
    microkit_ppcall(CHANNEL, microkit_msginfo_new(label, 0));
    return microkit_mr_get(0);
}

static void messages(void)
{
    for (int i = 0; i < 20; i++)
        seL4_SetMR(i, 100 + i);
    CHECK(seL4_GetIPCBuffer()->msg[19] == 119 && __sel4_ipc_buffer->msg[0] == 100);
    seL4_MessageInfo_t answer = seL4_Call(ECHO_CAP, seL4_MessageInfo_new(ECHO, 0, 0, 20));
    CHECK(seL4_MessageInfo_get_length(answer) == 20 && seL4_GetMR(0) == 101 && seL4_GetMR(19) == 120);
    for (int i = 0; i < 20; i++)
        seL4_SetMR(i, 1);
    seL4_Send(ECHO_CAP, seL4_MessageInfo_new(TAKE, 0, 0, 20));
    CHECK(seL4_GetMR(0) == 1 && seL4_GetMR(19) == 1); /* a message that was sent is still there */
    seL4_Send(ECHO_CAP, seL4_MessageInfo_new(TAKE, 0, 0, 20));
    seL4_NBSend(ECHO_CAP, seL4_MessageInfo_new(TAKE, 0, 0, 2));
    CHECK(ask(SUM) == 42);
    seL4_Send(ECHO_CAP, seL4_MessageInfo_new(ECHO, 0, 0, 127));
    CHECK(ask(COUNT) == 120); /* what a message says that it has, there can be */
}

static void signals(void)
{
    seL4_Word badge = 99;
    seL4_Poll(INPUT, &badge);
    CHECK(badge == 0);
    seL4_Signal(BASE_OUTPUT_NOTIFICATION_CAP + CHANNEL);
    seL4_NBRecv(INPUT, &badge, REPLY);
    CHECK(badge == 1);
    seL4_NBSend(BASE_OUTPUT_NOTIFICATION_CAP + CHANNEL, seL4_MessageInfo_new(0, 0, 0, 0));
    seL4_Wait(INPUT, &badge);
    CHECK(badge == 1);
    microkit_notify(CHANNEL);
    seL4_NBWait(INPUT, &badge);
    CHECK(badge == 1);
    seL4_NBSendRecv(BASE_OUTPUT_NOTIFICATION_CAP + CHANNEL, seL4_MessageInfo_new(0, 0, 0, 0), INPUT, &badge,
                    REPLY);
    CHECK(badge == 1);
    seL4_Yield();
}

/* The scratch register of the serial port keeps what is written. */
static void devices(void)
{
    seL4_Word scratch = first_port + 7;
    microkit_x86_ioport_write_8((microkit_ioport)ports, scratch, 0x15a);
    CHECK(microkit_x86_ioport_read_8((microkit_ioport)ports, scratch) == 0x5a);
    CHECK(seL4_X86_IOPort_Out8(BASE_IOPORT_CAP + ports, scratch, 0xa5) == seL4_NoError);
    seL4_X86_IOPort_In8_t in = seL4_X86_IOPort_In8(BASE_IOPORT_CAP + ports, (seL4_Uint16)scratch);
    CHECK(in.error == seL4_NoError && in.result == 0xa5);
    CHECK(seL4_X86_IOPort_In16(BASE_IOPORT_CAP + ports, 0x3fe).result >> 8 == 0xa5);
    CHECK(seL4_X86_IOPort_In32(BASE_IOPORT_CAP + ports, 0x3fe).error != seL4_NoError); /* beyond the range */
    CHECK(seL4_X86_IOPort_Out16(BASE_IOPORT_CAP + ports, 0x60, 0) != seL4_NoError);
    CHECK(seL4_X86_IOPort_Out32(BASE_IOPORT_CAP + 1, 0x3f8, 0) != seL4_NoError);
    microkit_irq_ack(IRQ);
    microkit_deferred_irq_ack(IRQ);
    CHECK(microkit_have_signal && microkit_signal_cap == BASE_IRQ_CAP + IRQ);
    seL4_NBSend(microkit_signal_cap, seL4_MessageInfo_new(IRQAckIRQ, 0, 0, 0));
    microkit_have_signal = seL4_False;
    CHECK(seL4_IRQHandler_Ack(BASE_IRQ_CAP + IRQ) == seL4_NoError);
    CHECK(seL4_IRQHandler_Ack(BASE_IRQ_CAP + IRQ + 1) == seL4_FailedLookup);
}

void init(void)
{
    numbers();
    messages();
    signals();
    devices();
    microkit_dbg_put8(255);
    microkit_dbg_putc(' ');
    microkit_dbg_put32(4294967295u);
    seL4_DebugPutString(" put\n");
    /* As a component does it that has no function for that: signalled at the next receive. */
    microkit_have_signal = seL4_True;
    microkit_signal_cap = BASE_OUTPUT_NOTIFICATION_CAP + CHANNEL;
    microkit_signal_msg = seL4_MessageInfo_new(0, 0, 0, 0);
}

void notified(microkit_channel ch)
{
    CHECK(ch == CHANNEL && !microkit_have_signal);
    microkit_dbg_puts("names: signalled back\n");
}

static seL4_Word rip_of_child(void)
{
    seL4_UserContext context = {0};
    CHECK(seL4_TCB_ReadRegisters(BASE_TCB_CAP + CHILD, seL4_False, 0, sizeof context / sizeof(seL4_Word),
                                 &context) == seL4_NoError);
    return context.rip;
}

/* Starts the child again by seL4's own calls. */
static void start_again(void)
{
    seL4_UserContext context = {.rip = ENTRY};
    CHECK(seL4_TCB_Suspend(BASE_TCB_CAP + CHILD) == seL4_NoError);
    CHECK(seL4_TCB_WriteRegisters(BASE_TCB_CAP + CHILD, seL4_False, 0, 1, &context) == seL4_NoError);
    CHECK(seL4_TCB_Resume(BASE_TCB_CAP + CHILD) == seL4_NoError);
}

static void end(void)
{
    microkit_dbg_puts(failed != 0 ? "names: some are wrong\n" : "names: all right\n");
    microkit_pd_stop(CHILD);
}

/* A life of the child each. */
seL4_Bool fault(microkit_child child, microkit_msginfo tag, microkit_msginfo *reply_tag)
{
    static unsigned lives;
    CHECK(child == CHILD && !seL4_isNullFault_tag(tag) && !seL4_isCapFault_tag(tag));
    switch (lives++) {
    case 0:
        CHECK(seL4_isVMFault_tag(tag) && microkit_msginfo_get_label(tag) == seL4_Fault_VMFault);
        CHECK(microkit_mr_get(seL4_VMFault_Addr) == 0x1234000 &&
              microkit_mr_get(seL4_VMFault_PrefetchFault) == 0);
        CHECK((microkit_mr_get(seL4_VMFault_FSR) & 2) != 0 &&
              microkit_mr_get(seL4_VMFault_IP) == rip_of_child());
        microkit_pd_restart(CHILD, ENTRY);
        return seL4_False;
    case 1:
        CHECK(seL4_isUserException_tag(tag) && microkit_mr_get(seL4_UserException_Number) == 6);
        CHECK(microkit_msginfo_get_count(tag) == seL4_UserException_Length);
        start_again();
        return seL4_False;
    case 2:
        CHECK(seL4_isUnknownSyscall_tag(tag) && microkit_mr_get(seL4_UnknownSyscall_Syscall) == 0xff);
        CHECK(microkit_mr_get(seL4_UnknownSyscall_RAX) == 0xff);
        CHECK(seL4_TCB_SetBreakpoint(BASE_TCB_CAP + CHILD, 0, microkit_mr_get(seL4_UnknownSyscall_RBX),
                                     seL4_DataBreakpoint, 8, seL4_BreakOnWrite) == seL4_NoError);
        start_again();
        return seL4_False;
    case 3:
        CHECK(seL4_isDebugException_tag(tag) && microkit_mr_get(seL4_DebugException_BreakpointNumber) == 0);
        CHECK(seL4_TCB_UnsetBreakpoint(BASE_TCB_CAP + CHILD, 0) == seL4_NoError);
        start_again();
        return seL4_False;
    default:
        CHECK(seL4_isVMFault_tag(tag) && microkit_mr_get(seL4_VMFault_Addr) == seL4_RangeError);
        end();
        return seL4_False;
    }
    (void)reply_tag;
}
