/* A call by the kernel's own means, which shows what really comes back, and one by the library with a secret in every register. */
#ifndef STALE_H
#define STALE_H

#include <microkit.h>

enum { SECRET = 0x5ec2e7, SYS_CALL = 3 };

/* How many of the eight words that come back are not 0. pre: the slot is an endpoint's */
static inline int words_back(seL4_CPtr slot, seL4_Word info)
{
    register seL4_Word r8 __asm__("r8") = 0, r9 __asm__("r9") = 0, r10 __asm__("r10") = 0,
                          r12 __asm__("r12") = 0;
    register seL4_Word r13 __asm__("r13") = 0, r14 __asm__("r14") = 0, r15 __asm__("r15") = 0;
    seL4_Word rax = SYS_CALL, rdi = slot << 5, rsi = info, rdx = 0;
    __asm__ volatile("syscall"
                     : "+a"(rax), "+D"(rdi), "+S"(rsi), "+d"(rdx), "+r"(r8), "+r"(r9), "+r"(r10), "+r"(r12),
                       "+r"(r13), "+r"(r14), "+r"(r15)
                     :
                     : "rbx", "rcx", "r11", "memory");
    return !!rdx + !!r8 + !!r9 + !!r10 + !!r12 + !!r13 + !!r14 + !!r15;
}

/* microkit_ppcall, with what the caller knows in all registers that carry words. */
static inline void call_with_secrets(seL4_CPtr slot, seL4_Word info)
{
    seL4_Word rdi = slot << 5, rsi = info;
    __asm__ volatile(
        "mov %2, %%rdx; mov %%rdx, %%r8; mov %%rdx, %%r9; mov %%rdx, %%r10; mov %%rdx, %%r12; mov %%rdx, %%r13;"
        "mov %%rdx, %%r14; mov %%rdx, %%r15; call baton_ppcall"
        : "+D"(rdi), "+S"(rsi)
        : "i"(SECRET)
        : "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
}

static inline void say(const char *what, seL4_Word value)
{
    microkit_dbg_puts(microkit_name);
    microkit_dbg_puts(what);
    microkit_dbg_put32((seL4_Uint32)value);
    microkit_dbg_puts("\n");
}

#endif
