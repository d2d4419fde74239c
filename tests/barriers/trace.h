/* What one run through the kernel did that matters against the CPU, in the order in which it did it. */
#ifndef BARRIERS_TRACE_H
#define BARRIERS_TRACE_H

#include <stdbool.h>
#include <stdint.h>

enum kind {
    SPEC_CTRL, /* value: what was written */
    PRED_CMD,
    OTHER_MSR,
    CR3,
    VERW, /* value: address of the selector */
    CLAC,
    FENCE,        /* LFENCE */
    HISTORY,      /* the loop over the branch history begins */
    HISTORY_JUMP, /* one of its jumps was taken */
    CALL,         /* value: where it will return to */
    RETURN,
    INDIRECT,  /* a call or a jump to an address in a register or in memory */
    C_BEGINS,  /* the first instruction of compiled code, or the first after assembly; value: rbp */
    BACKWARDS, /* C begins with the direction flag set */
    LOAD,      /* value: the address */
    STORE,
};

struct event {
    enum kind kind;
    uint64_t at, value; /* at: the instruction's address */
};

struct trace {
    struct event *event;
    unsigned count;
};

extern struct trace trace;

enum { FLAG_IF = 1 << 9, FLAG_DF = 1 << 10 };
/* Bits of IA32_SPEC_CTRL. The kernel does not know the last one: firmware has set it, and it must stay. */
enum { IBRS = 1, BHI_DIS_S = 1 << 10, FIRMWARES = 1 << 2 };

/* What the kernel's CPUID and RDMSR find. */
struct cpu_shown {
    uint32_t vendor[3]; /* ebx, edx, ecx of leaf 0 */
    uint32_t signature, leaf7_ebx, leaf7_edx, leaf7_2_edx;
    uint32_t amd_8_ebx, amd_21_eax;
    uint64_t capabilities;
};

extern const struct cpu_shown *shown;
extern uint64_t spec_ctrl; /* the MSR */
extern uint64_t efer_written;

void trace_init(void); /* pre: world_init */
void trace_start(void);
/* Is this address in the loop over the branch history? */
bool trace_in_history(uint64_t address);

#endif
