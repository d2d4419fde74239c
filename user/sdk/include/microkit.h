/* What a component of a system is written against: its entry points, and what it may call. The names and numbers are those of
   the seL4 Microkit, so that its components compile here as they are. Slots are indices of the component's own capability
   table; which of them hold something, the system's report says. */
#ifndef BATON_SDK_MICROKIT_H
#define BATON_SDK_MICROKIT_H

#include <sel4/sel4.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef unsigned int microkit_channel;
typedef unsigned int microkit_child;
typedef unsigned int microkit_ioport;
typedef seL4_MessageInfo_t microkit_msginfo;

#define MONITOR_EP 5
#define TCB_CAP 6
#define BASE_OUTPUT_NOTIFICATION_CAP 10
#define BASE_ENDPOINT_CAP 74
#define BASE_IRQ_CAP 138
#define BASE_TCB_CAP 202
#define BASE_VM_TCB_CAP 266
#define BASE_VCPU_CAP 330
#define BASE_IOPORT_CAP 394
#define BASE_USER_CAPS 458

#define MICROKIT_MAX_CHANNELS 62
#define MICROKIT_MAX_CHANNEL_ID (MICROKIT_MAX_CHANNELS - 1)
#define MICROKIT_MAX_IOPORT_ID MICROKIT_MAX_CHANNELS
#define MICROKIT_MAX_USER_CAPS 128
#define MICROKIT_PD_NAME_LENGTH 64

/* ---- the component's own: the first two must be there, the others only if they can be called. */
void init(void);
void notified(microkit_channel ch);
#ifdef __cplusplus /* which has another meaning for that word */
microkit_msginfo microkit_protected(microkit_channel ch, microkit_msginfo msginfo) __asm__("protected");
#else
microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo);
#endif
/* True: the child goes on, after what *reply_msginfo says. */
seL4_Bool fault(microkit_child child, microkit_msginfo msginfo, microkit_msginfo *reply_msginfo);

/* ---- filled in by the tool: the name, and a bit for each id that is in use. */
extern char microkit_name[MICROKIT_PD_NAME_LENGTH];
extern seL4_Bool microkit_passive;
extern seL4_Word microkit_irqs, microkit_notifications, microkit_pps, microkit_ioports;

/* What to do before the next receive: a signal, or the acknowledgement of an interrupt. */
extern seL4_Bool microkit_have_signal;
extern seL4_CPtr microkit_signal_cap;
extern seL4_MessageInfo_t microkit_signal_msg;

/* ---- the console; nothing in a release build, and for a component with log="denied". */
void microkit_dbg_putc(int c);
void microkit_dbg_puts(const char *s);
void microkit_dbg_put8(seL4_Uint8 x);
void microkit_dbg_put32(seL4_Uint32 x);

/* Says that the component used an id that the description does not give it. */
void baton_wrong_id(const char *what, unsigned int id);

/* Ends the component by a fault at the address `error`. */
void microkit_internal_crash(seL4_Error error) __attribute__((noreturn));

/* Mostly it has: what is done then stands in one line. */
static inline int baton_has_id(seL4_Word ids, unsigned int id)
{
    return __builtin_expect(id <= MICROKIT_MAX_CHANNEL_ID && (ids >> id & 1), 1) != 0;
}

/* ---- channels */
static inline void microkit_notify(microkit_channel ch)
{
    if (!baton_has_id(microkit_notifications, ch)) {
        baton_wrong_id("microkit_notify", ch);
        return;
    }
    baton_signal(baton_address(BASE_OUTPUT_NOTIFICATION_CAP + ch));
}

static inline void microkit_irq_ack(microkit_channel ch)
{
    if (!baton_has_id(microkit_irqs, ch)) {
        baton_wrong_id("microkit_irq_ack", ch);
        return;
    }
    baton_call(BATON_SYS_IRQ_HANDLER_ACK, baton_address(BASE_IRQ_CAP + ch), 0, 0, 0);
}

static inline void microkit_deferred_notify(microkit_channel ch)
{
    if (!baton_has_id(microkit_notifications, ch)) {
        baton_wrong_id("microkit_deferred_notify", ch);
        return;
    }
    microkit_have_signal = seL4_True;
    microkit_signal_cap = BASE_OUTPUT_NOTIFICATION_CAP + ch;
    microkit_signal_msg = seL4_MessageInfo_new(0, 0, 0, 0);
}

static inline void microkit_deferred_irq_ack(microkit_channel ch)
{
    if (!baton_has_id(microkit_irqs, ch)) {
        baton_wrong_id("microkit_deferred_irq_ack", ch);
        return;
    }
    microkit_have_signal = seL4_True;
    microkit_signal_cap = BASE_IRQ_CAP + ch;
    microkit_signal_msg = seL4_MessageInfo_new(0, 0, 0, 0);
}

/* Each id above 61 is an endpoint capability after the user's; no bit says which of them exist. */
#define BATON_FIRST_WIDE_CHANNEL MICROKIT_MAX_CHANNELS
#define BATON_BASE_WIDE_ENDPOINT_CAP (BASE_USER_CAPS + MICROKIT_MAX_USER_CAPS)

/* Label of the answer when the callee died, or was started anew, before it answered; no server sends it. */
#define BATON_LABEL_NO_ANSWER 0xfffffffffffffull

/* pre: the message's words are set. post: the answer's are there. call.asm */
microkit_msginfo baton_ppcall(seL4_Word endpoint_address, microkit_msginfo msginfo);
microkit_msginfo baton_wide_ppcall(microkit_channel ch, microkit_msginfo msginfo);

#ifndef __cplusplus
/* The same of at most eight words, when the compiler knows how many. A word that is not sent is cleared: all eight registers travel.
   baton_take stores the answer's words; its return address goes below what a function may keep below its stack pointer. */
static inline __attribute__((always_inline)) microkit_msginfo baton_short_ppcall(seL4_Word address,
                                                                                 microkit_msginfo msginfo)
{
    const seL4_Word count = msginfo.words[0] & 0x7f, *word = BATON_IPC_BUFFER->msg;
    register seL4_Word r8 __asm__("r8") = count > 1 ? word[1] : 0;
    register seL4_Word r9 __asm__("r9") = count > 2 ? word[2] : 0;
    register seL4_Word r10 __asm__("r10") = count > 3 ? word[3] : 0;
    register seL4_Word r12 __asm__("r12") = count > 4 ? word[4] : 0;
    register seL4_Word r13 __asm__("r13") = count > 5 ? word[5] : 0;
    register seL4_Word r14 __asm__("r14") = count > 6 ? word[6] : 0;
    register seL4_Word r15 __asm__("r15") = count > 7 ? word[7] : 0;
    seL4_Word rax = BATON_SYS_CALL, rdi = address, rsi = msginfo.words[0], rdx = count > 0 ? word[0] : 0;
    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "js 1f\n\t"
                     "test $0x7f, %%sil\n\t"
                     "jz 2f\n\t"
                     "lea -128(%%rsp), %%rsp\n\t"
                     "call baton_take\n\t"
                     "lea 128(%%rsp), %%rsp\n"
                     "2:\n\t"
                     ".subsection 1\n"
                     "1:\tmov $-1 << 12, %%rsi\n\t"
                     "jmp 2b\n\t"
                     ".previous"
                     : "+a"(rax), "+D"(rdi), "+S"(rsi), "+d"(rdx), "+r"(r8), "+r"(r9), "+r"(r10), "+r"(r12),
                       "+r"(r13), "+r"(r14), "+r"(r15)
                     :
                     : "rbx", "rcx", "r11", "memory", "cc");
    msginfo.words[0] = rsi;
    return msginfo;
}
#endif

static inline microkit_msginfo microkit_ppcall(microkit_channel ch, microkit_msginfo msginfo)
{
    if (!baton_has_id(microkit_pps, ch))
        return baton_wide_ppcall(ch, msginfo);
#ifndef __cplusplus
    if (__builtin_constant_p(msginfo.words[0] & 0x7f) && (msginfo.words[0] & 0x7f) <= 8)
        return baton_short_ppcall(baton_address(BASE_ENDPOINT_CAP + ch), msginfo);
#endif
    return baton_ppcall(baton_address(BASE_ENDPOINT_CAP + ch), msginfo);
}

static inline microkit_msginfo microkit_msginfo_new(seL4_Word label, seL4_Uint16 count)
{
    return seL4_MessageInfo_new(label, 0, 0, count);
}

static inline seL4_Word microkit_msginfo_get_label(microkit_msginfo msginfo)
{
    return seL4_MessageInfo_get_label(msginfo);
}

static inline seL4_Word microkit_msginfo_get_count(microkit_msginfo msginfo)
{
    return seL4_MessageInfo_get_length(msginfo);
}

static inline void microkit_mr_set(seL4_Uint8 mr, seL4_Word value)
{
    seL4_SetMR(mr, value);
}

static inline seL4_Word microkit_mr_get(seL4_Uint8 mr)
{
    return seL4_GetMR(mr);
}

/* ---- children: what cannot be done crashes the caller, after a message. */
void microkit_pd_restart(microkit_child pd, seL4_Word entry_point);
void microkit_pd_stop(microkit_child pd);
void microkit_pd_resume(microkit_child pd);

/* ---- I/O ports: `port` is the number of the port itself, not counted from the beginning of the range. */
seL4_Word baton_port_in(microkit_ioport id, seL4_Word port, seL4_Word bytes);
void baton_port_out(microkit_ioport id, seL4_Word port, seL4_Word bytes, seL4_Word value);

static inline seL4_Uint8 microkit_x86_ioport_read_8(microkit_ioport id, seL4_Word port)
{
    return (seL4_Uint8)baton_port_in(id, port, 1);
}

static inline seL4_Uint16 microkit_x86_ioport_read_16(microkit_ioport id, seL4_Word port)
{
    return (seL4_Uint16)baton_port_in(id, port, 2);
}

static inline seL4_Uint32 microkit_x86_ioport_read_32(microkit_ioport id, seL4_Word port)
{
    return (seL4_Uint32)baton_port_in(id, port, 4);
}

static inline void microkit_x86_ioport_write_8(microkit_ioport id, seL4_Word port, seL4_Word value)
{
    baton_port_out(id, port, 1, value);
}

static inline void microkit_x86_ioport_write_16(microkit_ioport id, seL4_Word port, seL4_Word value)
{
    baton_port_out(id, port, 2, value);
}

static inline void microkit_x86_ioport_write_32(microkit_ioport id, seL4_Word port, seL4_Word value)
{
    baton_port_out(id, port, 4, value);
}

/* ---- capabilities that <cspace> gives: the slot number of the description becomes one that seL4's calls take. */
static inline seL4_CPtr microkit_cspace_root_slot_to_cptr(seL4_Word slot)
{
    return slot == 0 || slot >= MICROKIT_MAX_USER_CAPS ? (seL4_CPtr)seL4_CapNull : BASE_USER_CAPS + slot;
}

#ifdef __cplusplus
}
#endif

#endif
