/* Sizes, limits and error numbers by seL4's names. A macro can be asked for by the preprocessor, an enumerator cannot. */
#ifndef BATON_SDK_SEL4_CONSTANTS_H
#define BATON_SDK_SEL4_CONSTANTS_H

#include <kernel/gen_config.h>

enum { seL4_WordBits = 64, seL4_WordSizeBits = 3 };
enum { seL4_PageBits = 12, seL4_LargePageBits = 21, seL4_HugePageBits = 30 };
enum { seL4_MsgLengthBits = 7, seL4_MsgMaxLength = 120, seL4_MsgMaxExtraCaps = 3 };

/* Behind the last address that a program can have; its IPC buffer is the page below. */
#define seL4_UserTop 0x7ffffffff000ull
#define seL4_UserVSpaceTop seL4_UserTop

typedef enum {
    seL4_NoError = 0,
    seL4_InvalidArgument,
    seL4_InvalidCapability,
    seL4_IllegalOperation,
    seL4_RangeError,
    seL4_AlignmentError,
    seL4_FailedLookup,
    seL4_TruncatedMessage,
    seL4_DeleteFirst,
    seL4_RevokeFirst,
    seL4_NotEnoughMemory
} seL4_Error;

/* The label that a message to an interrupt handler has when it acknowledges; microkit_signal_msg may carry it. */
enum { IRQAckIRQ = 1 };

/* What a breakpoint is for, and the numbers of those that a thread has: any of the four can be of either kind. */
typedef enum {
    seL4_DataBreakpoint = 0,
    seL4_InstructionBreakpoint,
    seL4_SingleStep,
    seL4_SoftwareBreakRequest
} seL4_BreakpointType;

typedef enum {
    seL4_BreakOnRead = 0,
    seL4_BreakOnWrite,
    seL4_BreakOnReadWrite,
    seL4_MaxBreakpointAccess
} seL4_BreakpointAccess;

enum {
    seL4_NumHWBreakpoints = 4,
    seL4_NumExclusiveBreakpoints = 0,
    seL4_NumExclusiveWatchpoints = 0,
    seL4_NumDualFunctionMonitors = 4,
    seL4_FirstBreakpoint = -1,
    seL4_FirstWatchpoint = -1,
    seL4_FirstDualFunctionMonitor = 0
};

#endif
