#ifndef BATON_TRAP_H
#define BATON_TRAP_H

#include <stdint.h>

enum { VECTORS = 256, VECTOR_STUB_BYTES = 16, INTERRUPT_STUB_BYTES = 8 };
enum {
    VECTOR_DEBUG = 1,
    VECTOR_NMI = 2,
    VECTOR_PROTECTION = 13,
    VECTOR_PAGE_FAULT = 14,
    VECTOR_MACHINE_CHECK = 18,
    VECTOR_FIRST_IRQ = 32,
};

/* What entry.asm leaves on the stack of a trap in ring 0, lowest address first. */
struct trap_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
    uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

#endif
