/* Sequences of inputs as a program of ring 3. tests/lockstep/program.py writes the table; replay.c plays it. */
#ifndef BATON_REPLAY_H
#define BATON_REPLAY_H

#include "baton.h"

/* NOBODY: the sequence ends while no thread is ready. */
enum { NOBODY = 99, THREADS_MOST = 8, STACK_BYTES = 1 << 14, UNITS_OF_A_TICK = 16 };

/* Those that a system call or its end sets; begin.asm pushes them in this order, the last first. */
struct registers {
    uint64_t rax, rdi, rsi, rdx, r8, r9, r10, r12, r13, r14, r15, rbx;
};
enum register_bits { RAX = 1, RDI = 2, RSI = 4, RDX = 8, R8 = 0x10, R9 = 0x20, R10 = 0x40 };
enum { R12 = 0x80, R13 = 0x100, R14 = 0x200, R15 = 0x400, RBX = 0x800 };

/* CALLS: with these registers. STORES: rsi at the address rdi. TOUCHES: reads there, where no page is; until there is one. */
enum does { CALLS, SETS_TIMER, TRAPS, TOUCHES, STORES, WAITS, ENDS };

/* A thread comes to ring 3, from its last call or from its start: who that must be, what its registers must hold, and what it does next. */
struct arrival {
    const char *what;         /* it does */
    unsigned input;           /* its place in the sequence */
    unsigned thread;          /* in the order in which they get an entry; 0 is the first */
    uint64_t unknown;         /* set of register_bits that the specification does not say here */
    struct registers has, in; /* in: of the call */
    enum does does;
    unsigned at; /* WAITS: until then, in units since the start */
};
/* From the first state on. ends_at: in units. */
struct sequence {
    const char *name;
    const struct arrival *arrivals;
    unsigned count, ends_at;
};
extern const struct sequence sequences[];
extern const unsigned sequence_count;

/* What table and program share. */
extern char replay_stacks[THREADS_MOST][STACK_BYTES];
#define STACK(thread) (uint64_t)(replay_stacks[(thread) + 1])
#define ENTRY (uint64_t) & replay_begin
void replay_begin(void);
/* In the order of a thread's life: what its registers hold; they are filled with what the next call takes. 1: it traps instead; another
   number: it touches that address. */
uint64_t replay_arrive(struct registers *r);

#endif
