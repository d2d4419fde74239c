/* Labels of fault messages, and which word holds what. */
#ifndef BATON_SDK_SEL4_FAULT_H
#define BATON_SDK_SEL4_FAULT_H

#include <sel4/types.h>

enum {
    seL4_Fault_NullFault = 0,
    seL4_Fault_CapFault = 1,
    seL4_Fault_UnknownSyscall = 2,
    seL4_Fault_UserException = 3,
    seL4_Fault_DebugException = 4,
    seL4_Fault_Timeout = 5,
    seL4_Fault_VMFault = 6
};

enum {
    seL4_VMFault_IP = 0,
    seL4_VMFault_Addr = 1,
    seL4_VMFault_PrefetchFault = 2,
    seL4_VMFault_FSR = 3,
    seL4_VMFault_Length = 4
};

enum {
    seL4_UserException_FaultIP = 0,
    seL4_UserException_SP = 1,
    seL4_UserException_FLAGS = 2,
    seL4_UserException_Number = 3,
    seL4_UserException_Code = 4,
    seL4_UserException_Length = 5
};

enum {
    seL4_DebugException_FaultIP = 0,
    seL4_DebugException_ExceptionReason = 1,
    seL4_DebugException_TriggerAddress = 2,
    seL4_DebugException_BreakpointNumber = 3,
    seL4_DebugException_Length = 4
};

/* Never sent here, since a call with a wrong capability returns an error, but components name them. */
enum {
    seL4_CapFault_IP = 0,
    seL4_CapFault_Addr = 1,
    seL4_CapFault_InRecvPhase = 2,
    seL4_CapFault_LookupFailureType = 3
};

enum {
    seL4_UnknownSyscall_RAX = 0,
    seL4_UnknownSyscall_RBX,
    seL4_UnknownSyscall_RCX,
    seL4_UnknownSyscall_RDX,
    seL4_UnknownSyscall_RSI,
    seL4_UnknownSyscall_RDI,
    seL4_UnknownSyscall_RBP,
    seL4_UnknownSyscall_R8,
    seL4_UnknownSyscall_R9,
    seL4_UnknownSyscall_R10,
    seL4_UnknownSyscall_R11,
    seL4_UnknownSyscall_R12,
    seL4_UnknownSyscall_R13,
    seL4_UnknownSyscall_R14,
    seL4_UnknownSyscall_R15,
    seL4_UnknownSyscall_FaultIP,
    seL4_UnknownSyscall_SP,
    seL4_UnknownSyscall_FLAGS,
    seL4_UnknownSyscall_Syscall,
    seL4_UnknownSyscall_Length
};

/* Which fault a message tells of. */
static inline seL4_Bool seL4_isNullFault_tag(seL4_MessageInfo_t tag)
{
    return tag.words[0] >> 12 == seL4_Fault_NullFault;
}

static inline seL4_Bool seL4_isCapFault_tag(seL4_MessageInfo_t tag)
{
    return tag.words[0] >> 12 == seL4_Fault_CapFault;
}

static inline seL4_Bool seL4_isUnknownSyscall_tag(seL4_MessageInfo_t tag)
{
    return tag.words[0] >> 12 == seL4_Fault_UnknownSyscall;
}

static inline seL4_Bool seL4_isUserException_tag(seL4_MessageInfo_t tag)
{
    return tag.words[0] >> 12 == seL4_Fault_UserException;
}

static inline seL4_Bool seL4_isDebugException_tag(seL4_MessageInfo_t tag)
{
    return tag.words[0] >> 12 == seL4_Fault_DebugException;
}

static inline seL4_Bool seL4_isVMFault_tag(seL4_MessageInfo_t tag)
{
    return tag.words[0] >> 12 == seL4_Fault_VMFault;
}

#endif
