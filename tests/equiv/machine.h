/* The emulated CPU: runs the kernel's own bytes from an entry to the instruction that returns to ring 3, or to the
   idle loop. */
#ifndef EQUIV_MACHINE_H
#define EQUIV_MACHINE_H

#include <stdbool.h>
#include <stdint.h>
#include "extended.h"

/* In the order of the general registers' encoding. */
enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15, GENERAL };

struct registers {
    uint64_t general[GENERAL];
    uint64_t cr3;
};

/* What the CPU puts on the kernel's stack at a fault with an error code, lowest address first (SDM vol. 3, 6.14.2), or
   without one at an interrupt; and CR2. */
struct fault {
    uint64_t error, rip, cs, rflags, rsp, ss;
    uint64_t cr2;
    unsigned vector;
};
enum { FAULT_FRAME_WORDS = 6, VECTOR_OF_PAGE_FAULT = 14, VECTOR_OF_CLOCK = 0x20 };

/* EXIT_KERNEL: it was a fault of the kernel's own, about to be a panic. */
enum exit_kind { EXIT_SYSRET, EXIT_IRET, EXIT_IDLE, EXIT_KERNEL, EXIT_WRONG };

struct outcome {
    enum exit_kind exit;
    struct registers registers; /* as ring 3 finds them: with EXIT_IRET rsp is the user's */
    uint64_t rip, rflags;
    struct extended extended;
    bool slow;       /* it came by the C path */
    char wrong[160]; /* EXIT_WRONG: what happened */
};

void machine_init(void); /* pre: image_load */
/* From now on text between those addresses can run, too: a mutant (mutant.h). */
void machine_knows(uint64_t from, uint64_t to);
/* Once more in a child of the process: it inherits no timer. */
void machine_watch_for_loops(void);
/* The emulated kernel has this memory at the same address. */
void machine_map(void *memory, uint64_t size);
/* Called when the C path is reached, with the user's registers as they then are: rsp is the user's. */
extern void (*machine_at_slow)(const struct registers *r);
/* From now on called before each instruction, and for each access to memory that it makes; not for what the CPU
   does by itself (page tables, exception frames). */
struct machine_watch {
    void (*instruction)(uint64_t address, unsigned size);
    void (*access)(bool store, uint64_t address, unsigned size);
};
void machine_watch(struct machine_watch by);
/* For a watcher of an instruction: a register as it is before it; and how to go on elsewhere, as the real CPU would
   and this one cannot. */
uint64_t machine_register(unsigned i);
void machine_set_register(unsigned i, uint64_t value);
void machine_go_to(uint64_t rip);
/* Runs a function of the kernel's boot to its end; text is writable meanwhile. */
void machine_call(uint64_t function, uint64_t argument);
/* Where the CPU pushes the frame of a fault; at first the top of the kernel's stack. */
void machine_enters_at(uint64_t stack);
/* A trap in ring 0, or one that is handled where it comes, is run through and is no end. */
extern bool machine_traps_in_kernel;
/* Flags with which the entry is reached; at first none. And the flags as they are now, for a watcher. */
extern uint64_t machine_flags_at_entry;
uint64_t machine_flags(void);
/* Goes on from where a run has ended, in the idle loop, to just after its HLT. False: none comes within a few instructions. pre: machine_watch */
bool machine_halts(void);
/* From the entry of a system call, or of a fault when there is one. */
void machine_run(uint64_t entry, const struct registers *user, const struct fault *fault,
                 struct outcome *outcome);
extern const char *const register_names[GENERAL];

#endif
