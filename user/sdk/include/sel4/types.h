/* The types, and the few numbers, that a component knows by seL4's names. */
#ifndef BATON_SDK_SEL4_TYPES_H
#define BATON_SDK_SEL4_TYPES_H

#include <stdint.h>
#include <kernel/gen_config.h>
#include <sel4/constants.h>

typedef int8_t seL4_Int8;
typedef int16_t seL4_Int16;
typedef int32_t seL4_Int32;
typedef int64_t seL4_Int64;
typedef uint8_t seL4_Uint8;
typedef uint16_t seL4_Uint16;
typedef uint32_t seL4_Uint32;
typedef uint64_t seL4_Uint64;
typedef uint64_t seL4_Word;
#ifdef __cplusplus
typedef bool seL4_Bool;
#else
typedef _Bool seL4_Bool;
#endif

/* A slot of the component's own capability table. */
typedef seL4_Word seL4_CPtr;
typedef seL4_CPtr seL4_TCB;
typedef seL4_CPtr seL4_CNode;
typedef seL4_CPtr seL4_IRQHandler;
typedef seL4_CPtr seL4_X86_IOPort;

enum { seL4_False = 0, seL4_True = 1 };
enum { seL4_CapNull = 0 };

/* A message's first word: 52 bits of label above 12 of which the lowest 7 are the number of words. */
typedef struct seL4_MessageInfo {
    seL4_Word words[1];
} seL4_MessageInfo_t;

/* What the program sees of its IPC buffer: the kernel's part, then all words of a message as one array. */
typedef struct seL4_IPCBuffer_ {
    seL4_Word kernel[7];
    seL4_Word msg[seL4_MsgMaxLength];
} seL4_IPCBuffer;

typedef struct seL4_UserContext_ {
    seL4_Word rip, rsp, rflags, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15;
    seL4_Word fs_base, gs_base;
} seL4_UserContext;

/* Comes before each piece of what the boot loader said. */
typedef struct seL4_BootInfoHeader {
    seL4_Word id;
    seL4_Word len;
} seL4_BootInfoHeader;

#endif
