/* Memory at one fixed address in both address spaces: what actors are told to do and what they saw. Assembly names it
   without a register, because in a register test every register holds a pattern. */
#ifndef CONFORM_SHARED_H
#define CONFORM_SHARED_H

#include "frame/conform.h"

#define SHARED_VADDR 0x20000000

enum { STEPS = 20, ACTOR_STACK_PAGES = 2 };

struct actor {
    struct step step[STEPS];
    volatile uint64_t planned, next; /* step numbers; a step is at its number modulo STEPS */
    cap_t tcb;
};

enum { RAX, RBX, RCX, RDX, RSI, RDI, RBP, RSP, R8, R9, R10, R11, R12, R13, R14, R15, FLAGS, REGS };

/* in[FLAGS] is the last of `in`: rsp points at it for POPF and at out[0] at the system call. */
struct regs {
    uint64_t in[REGS], out[REGS];
    uint64_t saved_rsp, unused[29];
};

struct shared {
    struct regs regs[4];
    volatile uint64_t order;
    uint64_t unused[255];
    struct actor actor[ACTORS];
};

_Static_assert(sizeof(struct regs) == 512, "registers.c has the addresses");

static inline struct shared *shared(void)
{
    return (struct shared *)SHARED_VADDR; /* NOLINT: actors_init maps it */
}

#endif
