/* A program that may try anything: four threads that share a CNode with endpoints, spaces, tables, frames and
   untyped memory, and the question that counts: what does the CPU take for a page table? */
#ifndef BATON_HOSTILE_H
#define BATON_HOSTILE_H

#include "world.h"

enum {
    THREADS = 4,
    ENDPOINTS = 2,
    FIRST_TCB = 8,
    FIRST_EP = 12,
    FIRST_SPACE = 14,
    SMALL_CNODE = 16,
    TABLES = 17,
    FRAMES = 27,
    MEMORY_BITS = 19
};

extern struct tcb *thread[THREADS];
extern struct endpoint *endpoint[ENDPOINTS];

/* All of these new; the tables are not mapped. */
void hostile_reset(void);
/* memory_map into the first space. */
long hostile_map(unsigned slot, uint64_t vaddr, unsigned rights);
/* CHECKs that the CPU, walking from the roots of the spaces, takes only page tables for tables, and finds only
 * frames. */
void hostile_check_tables(void);

#endif
