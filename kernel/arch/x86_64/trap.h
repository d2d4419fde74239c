#ifndef BATON_TRAP_H
#define BATON_TRAP_H

#include <stdbool.h>
#include <stdint.h>

struct tcb;

enum { VECTORS = 256, VECTOR_STUB_BYTES = 16, VECTOR_PROTECTION = 13, VECTOR_PAGE_FAULT = 14 };

/* What entry.asm leaves on the stack of a trap in ring 0, lowest address first. */
struct trap_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
    uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

/* An exception or interrupt in ring 3. pre: the registers are saved in t. post: cpu.current runs next */
void trap_user(struct tcb *t, uint64_t vector, uint64_t error);
/* A trap in ring 0, or an NMI or machine check anywhere: an interrupt of the idle thread (false); an NMI, or a
   debug exception that a user made happen at an entry (true: the frame is what to go back to); or a panic. */
bool trap_kernel(struct trap_frame *f);

#endif
