/* Breakpoints of actors, and small functions that hit them. */
#ifndef CONFORM_BREAK_H
#define CONFORM_BREAK_H

#include "frame/fault.h"
#include "frame/shared.h"

/* Writes 7 as that many bytes to its argument, or reads that many; the label after it is where a hit is reported. */
void store_1(uint64_t to), store_2(uint64_t to), store_4(uint64_t to), store_8(uint64_t to);
void load_1(uint64_t from), load_2(uint64_t from), load_4(uint64_t from), load_8(uint64_t from);
enum { STORE_BYTES = 4 }; /* of store_1's instruction alone; a load is 3 bytes */
/* Adds 1 to the word at its argument; adds_here is that instruction. */
void adds(uint64_t to);
extern const char adds_here[], adds_behind[];

/* A word that all actors have at the same address, and its address. */
volatile uint64_t *watched_word(void);
uint64_t watched(void);

/* Gives the actor a fault endpoint and a breakpoint. */
cap_t break_prepare(unsigned who, unsigned index, uint64_t vaddr, unsigned kind, unsigned length);
void break_set(unsigned who, unsigned index, uint64_t vaddr, unsigned kind, unsigned length);
/* The runner receives that fault of the actor: these bits, there. */
void break_expect(cap_t ep, unsigned who, uint64_t bits, const char *rip);
/* The actor runs it from beginning to end without a fault. */
void break_none(unsigned who, void (*code)(uint64_t), uint64_t argument);

#endif
