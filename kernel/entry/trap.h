/* Where entry.asm enters C. */
#ifndef BATON_ENTRY_TRAP_H
#define BATON_ENTRY_TRAP_H

#include <stdbool.h>
#include <stdint.h>

struct tcb;
struct trap_frame;

/* A system call where C sees each one first: with the trace on, and in the checking build; and of a number that is in no table.
   The entry calls the handlers of the others by itself. pre: caller is running; its registers are saved in its TCB.
   post: cpu.current is the thread that runs next. */
void syscall_dispatch(struct tcb *caller);

/* An exception or interrupt in ring 3. pre: the registers are saved in t. post: cpu.current runs next */
void trap_user(struct tcb *t, uint64_t vector, uint64_t error);
/* A trap in ring 0, or an NMI or machine check anywhere: an interrupt of the idle thread (false); an NMI, or a
   debug exception that a user caused at an entry (true: the frame is what to go back to); or a panic. */
bool trap_kernel(struct trap_frame *f);

/* An interrupt in ring 3 or of the idle thread. */
void trap_interrupt(uint64_t vector);
/* An interrupt that nobody waits for. */
void trap_unexpected(unsigned vector);
/* The vector is an exception's: is it an interrupt all the same? None is in service when an exception comes. */
bool trap_sent_by_device(uint64_t vector);
/* tick.c: the one clock interrupt, for the ticks of time slices and for the deadlines of timers. */
void tick_interrupt(void);

#endif
