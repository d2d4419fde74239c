/* Ring 3 and the entry code, for tests: the registers of the running thread are in the CPU, not in its TCB.
   What a TCB or an endpoint holds that means nothing (tcb.h, endpoint.h) is overwritten with nonsense whenever
   the kernel is left, so that a kernel that relies on it is found out. */
#ifndef BATON_USER_CPU_H
#define BATON_USER_CPU_H

#include <stdbool.h>
#include <stdint.h>

struct tcb;
struct endpoint;

struct registers {
    uint64_t rax, rdi, rsi, word[8];
    uint64_t rbx, rcx, r11, rip, rsp, rbp, rflags;
};

extern struct registers user; /* of cpu.current; nothing while the CPU idles */

/* As a TCB has them. */
struct registers user_of(const struct tcb *t);
/* The running thread executes SYSCALL; `fast`: by the fast path, if that takes it (what fastpath/ does, in C).
 */
void user_syscall(bool fast);
/* It faults, or the timer ticks. */
void user_fault(unsigned label, uint64_t address, uint64_t error, uint64_t vector);
void user_tick(void);
/* Something outside interrupts the running thread; and at its end the registers of the next thread are loaded. */
void user_interrupt(void);
void user_run(void);
/* Nonsense into every word of it that means nothing now. */
void user_scramble_thread(struct tcb *t);
void user_scramble_endpoint(struct endpoint *ep);

#endif
