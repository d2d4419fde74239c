/* The parts of the fuzzer. */
#ifndef FUZZ_H
#define FUZZ_H

#include "baton.h"
#include "grammar.h"
#include "ipc_buffer.h"

enum {
    WORKERS = 4,
    RADIX = 7, /* of the workers' CSpace, the pool */
    SLOTS = 1 << RADIX,
    SLOT_SELF = CAP_SELF_CNODE, /* the pool itself, */
    SLOT_UNTYPED = 2,           /* the memory that they make objects of, */
    SLOT_SPACE = 3,             /* the program's address space, */
    FIRST_SLOT = 4,             /* and the others change all the time */
    WORKER_PRIORITY = 20,
    REVIVER_PRIORITY = 10,
};

/* ---- random.c: every choice follows from the seed */
void random_seed(uint64_t seed);
uint64_t random64(void);
uint64_t below(uint64_t n);
bool one_in(uint64_t n);
/* A number at the edge of what something may be. */
uint64_t edge(void);

/* ---- held.c: what the slots of the pool are believed to hold. It is a guess: capabilities also come and go
   without the workers' doing. */
/* Asks the kernel. */
void held_learn(uint64_t slot);
unsigned held_type(uint64_t slot);
/* A slot with a capability of one of these types (bits 1 << type; 0: of any): a worker comes back to the same
   object for a while, so that its calls build on one another. Any slot when there is none. */
uint64_t held_of(unsigned worker, uint32_t types);
/* The types of the last search that found nothing: to be made next. */
extern uint32_t held_missing;
uint64_t held_empty(void);
uint64_t held_used(void);
unsigned held_empty_count(void);
/* Something was done to the slots that these arguments name, or they are not what they were believed to be. */
void held_update(uint64_t op, const uint64_t a[6], long result);

/* ---- arguments.c: arguments by the grammar of abi.def, most of them right */
void arguments_make(unsigned worker, uint64_t op, uint64_t a[6]);
/* A capability address, also by way of CNodes in CNodes. */
uint64_t address_of(uint64_t slot);
void buffer_make(unsigned worker, struct ipc_buffer *b, bool registers);

/* ---- fuzz.c */
/* A system call that a panic can name: r14 is the seed, r15 the number of the call. The second is one of those wanted. */
long fuzz_call(uint64_t op, const uint64_t a[6]);
long fuzz_counted(uint64_t op, const uint64_t a[6]);

/* ---- doomed.c: callers that die inside their calls */
void doomed_init(void);
/* Makes some, and lets them run. */
void doomed_round(void);

/* ---- halves.c: what is being taken apart while others hold it */
void halves_init(void);
void halves_round(void);

/* ---- agent.asm: what the threads that the workers make run. It needs no stack: rsp is the capability address
   for the system call whose number it finds in rdi. It makes that call again and again, and yields; after an
   error, or when the budget is spent, it raises a fault, and goes on when that is answered. */
extern char agent[];
extern int64_t agent_budget;
/* A system call for an agent. */
uint64_t agent_call(void);

#endif
