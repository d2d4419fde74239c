/* The CPU's private page, which lies right after the fast paths' text. */
#ifndef BATON_PERCPU_H
#define BATON_PERCPU_H

#include <stdint.h>

struct run_queue;
struct tcb;

/* What the fast paths know about the CPU. It lies on the CPU's private page, at a fixed distance from the
   fast path's text (docs/design.md section 7). */
struct cpu {
    struct tcb *current;
    /* Least key that may run at once: highest->key, and while the running thread has a slow reason more than any key
       (sched_current_changed). */
    uint32_t threshold;
    int32_t slice_left; /* ticks that the running thread may still run */
    struct run_queue *highest;
    uint64_t ready_bits[5]; /* bit number `key`: that queue is not empty */
    uint64_t stack_top;
    uint64_t queues;         /* where a queue of key 0 would be: queues are found by key */
    uint64_t kernel_cr3;     /* KPTI: the kernel's own, which it runs on */
    uint64_t entry_stack;    /* KPTI: where the kernel leaves for ring 3 and is entered from it */
    uint32_t spec_ctrl;      /* IA32_SPEC_CTRL in ring 3 */
    uint16_t data_selector;  /* what VERW asks about */
    void *extended;          /* the memory of the extended state that the registers hold; NULL: nobody's */
    uint64_t cr0_barred;     /* CR0 while a thread without extended state runs */
    uint64_t cr4, cr4_bases; /* CR4 while a thread without FS and GS base runs, and one with them */
};

extern struct cpu cpu;

/* During a quick system call (abi/handlers.h) the thread that made it lies on top of the kernel's stack. A mark in the bits
   that its alignment leaves free says that it cannot go on at once (entry.asm). During other calls the CR3 in force lies there: a mark
   in it costs a load of CR3, and no more. */
enum { CALLER_RESTARTS = 1, CALLER_SPACE_CHANGED = 2, CALLER_MARKS = 4 };

static inline uint64_t *cpu_caller(void)
{
    return (uint64_t *)(uintptr_t)cpu.stack_top - 1;
}

#endif
