/* The calls that components make by seL4's names, on Baton's system calls. A slot becomes the address that the kernel
   takes, and messages of at most eight words stay in registers: call.asm, sel4.c. */
#ifndef BATON_SDK_SEL4_H
#define BATON_SDK_SEL4_H

#include <sel4/types.h>
#include <sel4/fault.h>
#include <sel4/ioport.h>
#include <baton/calls.h>

#ifdef __cplusplus
extern "C" {
#endif

/* At the same address in every component; the variable is for those that name it. */
#define BATON_IPC_BUFFER ((seL4_IPCBuffer *)0x7fffffffe000ull)
extern seL4_IPCBuffer *__sel4_ipc_buffer;

static inline seL4_IPCBuffer *seL4_GetIPCBuffer(void)
{
    return BATON_IPC_BUFFER;
}

static inline seL4_Word seL4_GetMR(int i)
{
    return BATON_IPC_BUFFER->msg[i];
}

static inline void seL4_SetMR(int i, seL4_Word word)
{
    BATON_IPC_BUFFER->msg[i] = word;
}

static inline seL4_MessageInfo_t seL4_MessageInfo_new(seL4_Word label, seL4_Word caps_unwrapped,
                                                      seL4_Word extra_caps, seL4_Word length)
{
    seL4_MessageInfo_t info = {
        {label << 12 | (caps_unwrapped & 7) << 9 | (extra_caps & 3) << 7 | (length & 0x7f)}};
    return info;
}

static inline seL4_Word seL4_MessageInfo_get_label(seL4_MessageInfo_t info)
{
    return info.words[0] >> 12;
}

static inline seL4_Word seL4_MessageInfo_get_length(seL4_MessageInfo_t info)
{
    return info.words[0] & 0x7f;
}

static inline seL4_Word seL4_MessageInfo_get_capsUnwrapped(seL4_MessageInfo_t info)
{
    return info.words[0] >> 9 & 7;
}

static inline seL4_Word seL4_MessageInfo_get_extraCaps(seL4_MessageInfo_t info)
{
    return info.words[0] >> 7 & 3;
}

/* A system call that takes up to four numbers and keeps all registers but rax, rcx and r11. */
static inline seL4_Word baton_call(seL4_Word number, seL4_Word rdi, seL4_Word rsi, seL4_Word rdx,
                                   seL4_Word fourth)
{
    register seL4_Word r8 __asm__("r8") = fourth;
    seL4_Word rax = number;
    __asm__ volatile("syscall"
                     : "+a"(rax)
                     : "D"(rdi), "S"(rsi), "d"(rdx), "r"(r8)
                     : "rcx", "r11", "memory", "cc");
    return rax;
}

/* The address of a slot of the own table. */
static inline seL4_Word baton_address(seL4_CPtr slot)
{
    return slot << 5;
}

/* In debug builds each component has the kernel's console here, unless its file says log="denied". */
enum { BATON_CONSOLE_CAP = 7 };

/* A call that the kernel has refused for want of authority is told to the root task if the file says log="denied". */
void baton_refused(seL4_Word call, seL4_CPtr slot, long error);

/* Looks at one register, and nobody gets another: none has to be cleared. */
static inline long baton_signal(seL4_Word address)
{
    long result = BATON_SYS_SIGNAL;
    __asm__ volatile("syscall" : "+a"(result) : "D"(address) : "rcx", "r11", "memory", "cc");
    return result;
}

static inline void seL4_Signal(seL4_CPtr notification)
{
    long result = baton_signal(baton_address(notification));
    if (result < 0)
        baton_refused(BATON_SYS_SIGNAL, notification, result);
}

static inline void seL4_Yield(void)
{
    baton_call(BATON_SYS_YIELD, 0, 0, 0, 0);
}

seL4_MessageInfo_t seL4_Call(seL4_CPtr endpoint, seL4_MessageInfo_t info);
void seL4_Send(seL4_CPtr endpoint, seL4_MessageInfo_t info);
void seL4_NBSend(seL4_CPtr endpoint, seL4_MessageInfo_t info);
/* The third argument of the original, a reply object, is not needed: it may be anything. */
seL4_MessageInfo_t seL4_Recv(seL4_CPtr source, seL4_Word *badge, seL4_CPtr reply);
seL4_MessageInfo_t seL4_NBRecv(seL4_CPtr source, seL4_Word *badge, seL4_CPtr reply);
seL4_MessageInfo_t seL4_Wait(seL4_CPtr source, seL4_Word *badge);
seL4_MessageInfo_t seL4_NBWait(seL4_CPtr source, seL4_Word *badge);
seL4_MessageInfo_t seL4_Poll(seL4_CPtr source, seL4_Word *badge);
seL4_MessageInfo_t seL4_ReplyRecv(seL4_CPtr source, seL4_MessageInfo_t info, seL4_Word *badge, seL4_CPtr reply);

seL4_MessageInfo_t seL4_NBSendRecv(seL4_CPtr to, seL4_MessageInfo_t info, seL4_CPtr source, seL4_Word *badge,
                                   seL4_CPtr reply);

seL4_Error seL4_IRQHandler_Ack(seL4_IRQHandler handler);

seL4_Error seL4_TCB_Suspend(seL4_TCB thread);
seL4_Error seL4_TCB_Resume(seL4_TCB thread);
/* All or the first `count` words of the context. The bases of FS and GS are not read, and not changed. */
seL4_Error seL4_TCB_ReadRegisters(seL4_TCB thread, seL4_Bool suspend, seL4_Uint8 arch_flags, seL4_Word count,
                                  seL4_UserContext *registers);
seL4_Error seL4_TCB_WriteRegisters(seL4_TCB thread, seL4_Bool resume, seL4_Uint8 arch_flags, seL4_Word count,
                                   seL4_UserContext *registers);

/* A breakpoint's length is its size, that of an instruction 0. What it hits, and each step, is a debug exception. */
seL4_Error seL4_TCB_SetBreakpoint(seL4_TCB thread, seL4_Uint16 number, seL4_Word address, seL4_Word type,
                                  seL4_Word size, seL4_Word access);
seL4_Error seL4_TCB_UnsetBreakpoint(seL4_TCB thread, seL4_Uint16 number);

/* Nothing in a release build: there the component has no console. */
static inline void seL4_DebugPutChar(char c)
{
    baton_call(BATON_SYS_DEBUG_PUTCHAR, baton_address(BATON_CONSOLE_CAP), (seL4_Uint8)c, 0, 0);
}

void seL4_DebugPutString(char *text);
void seL4_DebugDumpScheduler(void);

/* The names that fault messages show come from the description. */
static inline void seL4_DebugNameThread(seL4_CPtr thread, const char *name)
{
    (void)thread, (void)name;
}

#ifdef __cplusplus
}
#endif

#endif
