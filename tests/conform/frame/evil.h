/* Programs that try to break the kernel, or out of ring 3: what must happen to each. */
#ifndef CONFORM_EVIL_H
#define CONFORM_EVIL_H

#include "frame/fault.h"
#include "frame/registers.h"

enum {
    PAGE_BYTES = 4096,
    ANYWHERE = 0, /* as rip: not looked at */
    VECTOR_DIVIDE = 0,
    VECTOR_DEBUG = 1,
    VECTOR_BREAKPOINT = 3,
    VECTOR_OPCODE = 6,
    VECTOR_STACK = 12,
    VECTOR_PROTECTION = 13,
    VECTOR_PAGE = 14,
    PF_PRESENT = 1, /* of the CPU's error code (SDM vol. 3, 4.7) */
    PF_WRITE = 2,
    PF_USER = 4,
    PF_FETCH = 16,
};

/* #GP of that error code. */
struct fault evil_protection(uint64_t error);
/* Actor A begins anew, its faults go to `ep`. */
void evil_configure(cap_t ep);
/* The same, and it runs the code until it faults. */
void evil_start(cap_t ep, void (*code)(uint64_t), uint64_t argument);
/* The same, and the fault is that; A is left where it is. */
void evil_faults(cap_t ep, void (*code)(uint64_t), uint64_t argument, struct fault want, uint64_t rip);
/* The same, but it runs to its end. */
void evil_returns(cap_t ep, void (*code)(uint64_t), uint64_t argument);
/* The next fault of A, whatever it is. */
struct msg evil_fault(cap_t ep);
/* A page of A's and ours with that code in it, readable and executable. */
void evil_code(uint64_t page, const void *code, size_t bytes, size_t at);
/* CPUID of ring 3: eax, ebx, ecx, edx. */
struct evil_cpuid {
    uint32_t r[4];
};
struct evil_cpuid evil_cpuid(uint32_t leaf);
bool evil_is_intel(void);
bool evil_is_kvm(void);
bool evil_is_tcg(void);
/* Has the emulator executed what no CPU does in ring 3 of 64-bit mode? Then the case is skipped. Only for instructions that no
   setting of the kernel could make a CPU execute there: QEMU 10's TCG takes INTO and those of the caches for ones that do nothing. */
bool evil_tcg_executes(const struct step *s);
/* Are the highest 17 bits the same? */
bool evil_is_canonical(uint64_t address);
/* Has the emulator raised #PF where every CPU has #GP, at an address that is not canonical? QEMU 8.2's TCG does, and only its
   message tells: nothing but #PF writes the address (CR2) that this message has. */
bool evil_tcg_pages(const struct msg *m);
/* Addresses that are not the user's: each bit from 47 up alone, and all bits from it up. */
enum { EVIL_ADDRESSES = 2 * 17 };
uint64_t evil_address(unsigned k);

#endif
