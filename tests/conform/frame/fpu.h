/* Extended state of actors: what they load and what they find. The compiler uses none of these registers. */
#ifndef CONFORM_FPU_H
#define CONFORM_FPU_H

#include "frame/fault.h"
#include "frame/shared.h"

/* All of it as one thread sees it; st is the top of the x87 stack, a number. */
struct fpu {
    uint64_t xmm[16][2];
    uint64_t ymm[16][2]; /* the upper halves; not looked at where the CPU has no AVX */
    uint64_t st;
    uint32_t mxcsr, fcw;
};

extern struct fpu fpu_in[ACTORS], fpu_out[ACTORS];

/* Registers of a pattern of its own for each seed. */
void fpu_prepare(unsigned who, uint64_t seed);
/* For actors: load all registers from fpu_in[who]; store them all in fpu_out[who]. */
void fpu_load(uint64_t who);
void fpu_store(uint64_t who);
bool fpu_same(unsigned who);
/* pre: fpu_store just after the thread was given new state */
bool fpu_initial(unsigned who);
/* A new state object for the actor. */
uint64_t fpu_give(unsigned who);
/* One instruction each: movaps between registers. */
void code_sse(uint64_t unused);
/* Takes it away from all actors. */
void fpu_take(void);
/* The actor (stopped) is made to run `function`; it faults for lack of extended state. */
void fpu_expect_none(unsigned who);

/* For actors that count their rounds, and those in which a register was not as it was left. */
enum { FPU_ROUNDS = 12 };
extern volatile uint64_t fpu_rounds[ACTORS], fpu_wrong[ACTORS];
extern cap_t fpu_ep; /* where it serves */
void fpu_clear(void);
void fpu_spins(uint64_t who);
void fpu_serves(uint64_t who);

#endif
