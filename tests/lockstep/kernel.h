/* The kernel for a host, driven from outside: what kernel.c, view.c and guard.c share. */
#ifndef BATON_LOCKSTEP_KERNEL_H
#define BATON_LOCKSTEP_KERNEL_H

#include <stddef.h>
#include <stdint.h>
#include "arch/arch.h"
#include "user_cpu.h"
#include "thread/tcb.h"

/* Where all memory lies that can become objects: the same in each run, so that the specification can name it. */
#define ARENA 0x20000000ull
enum { ARENA_BYTES = 1 << 17 };

/* In the order in which state.py has them. */
enum { REGISTERS = 18 };
static const uint16_t register_at[REGISTERS] = {
    offsetof(struct registers, rip),     offsetof(struct registers, rsp),
    offsetof(struct registers, rbp),     offsetof(struct registers, rsi),
    offsetof(struct registers, word[0]), offsetof(struct registers, word[1]),
    offsetof(struct registers, word[2]), offsetof(struct registers, word[3]),
    offsetof(struct registers, word[4]), offsetof(struct registers, word[5]),
    offsetof(struct registers, word[6]), offsetof(struct registers, word[7]),
    offsetof(struct registers, rax),     offsetof(struct registers, rdi),
    offsetof(struct registers, rbx),     offsetof(struct registers, rcx),
    offsetof(struct registers, r11),     offsetof(struct registers, rflags)};

static inline uint64_t *register_of(struct registers *r, unsigned i)
{
    return (uint64_t *)((char *)r + register_at[i]);
}

enum { ENDED_WELL, ENDED_IN_PANIC, ENDED_IN_SIGNAL, ENDED_NEVER };
/* Calls f; says how that ended. */
int guarded(void (*f)(const uint64_t *), const uint64_t *argument);
/* States of pages.h: what is there now is all that there is from now on; one comes back. */
void guard_pages(void);
void guard_restore(unsigned which);
/* Counts up in each step, so that one without end is found. */
extern volatile unsigned long guarded_calls;

#endif
