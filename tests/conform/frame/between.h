/* A call that takes several entries into the kernel, and what is done between each two of them. A breakpoint on its SYSCALL stops the
   thread that makes it before each; so the cut lies in the same places in every run, on every machine. */
#ifndef CONFORM_BETWEEN_H
#define CONFORM_BETWEEN_H

#include "frame/guest.h"

extern struct between {
    uint64_t op, argument[6]; /* rdi, rsi, rdx, r8, r9, r10 */
    volatile uint64_t result, ended;
    volatile uint64_t left; /* r10 after the call */
} between;

/* Where the caller's faults go: for guest_new, before between_begin. */
cap_t between_faults(void);
/* The guest, which is less urgent than we are, will make the call. */
#define between_begin(guest, op, ...) between_call(guest, op, (const uint64_t[6]){__VA_ARGS__})
void between_call(struct guest *g, uint64_t op, const uint64_t argument[6]);
/* Goes on to the next cut: the caller is ready to enter the kernel. False: the call has ended, or its caller is gone. */
bool between_next(void);
/* So many there were. One may be missing on a machine that saves RF set when an interrupt comes (QEMU 8 to 10 do; Intel SDM vol. 3,
   17.3.1.1): there a thread that a tick has caught right before the SYSCALL passes the breakpoint. */
void between_expect_cuts(unsigned cuts, unsigned wanted);
/* The call has ended, with that result. */
#define between_expect(wanted) EXPECT(between.ended), EXPECT_IS(between.result, wanted)

#endif
