/* Guests: threads whose TCB, CNode and address space a case makes itself, so that it can take them away. */
#ifndef CONFORM_GUEST_H
#define CONFORM_GUEST_H

#include "frame/conform.h"

enum { GUESTS = 12, GUEST_STEPS = 4, BELOW = 50 }; /* BELOW: a priority less urgent than the runner's */

struct guest_step {
    uint64_t op;
    cap_t cap;
    struct msg
        m; /* as sent, then as received; arguments of other calls: label rsi, words 0 to 3 rdx r8 r9 r10 */
    long result;
    volatile uint64_t done;
};

struct guest {
    struct guest_step step[GUEST_STEPS];
    unsigned steps;
    uint64_t tcb;  /* slot */
    uint64_t root; /* slot of its root CNode */
};

extern struct guest guests[GUESTS];

/* A new object of that untyped memory, in a slot of the case. */
uint64_t make(uint64_t untyped, unsigned type, unsigned size_bits);
long revoke(uint64_t slot);
bool is_gone(uint64_t slot);
/* What others have begun to delete and left behind is finished: each deletion has a share of an entry for it. */
void deletions_end(void);

/* Makes guest k: its TCB comes from `untyped`. It will do its steps, then execute UD2; the case chooses where
   its faults go (0: it just stops). Not started. */
struct guest *guest_new(unsigned k, uint64_t untyped, unsigned priority, cap_t fault_ep);
/* The same with another root CNode and another entry. */
struct guest *guest_new_in(unsigned k, uint64_t untyped, uint64_t root, unsigned priority, cap_t fault_ep);
struct guest_step *guest_plan(struct guest *g, uint64_t op, cap_t cap, uint64_t rsi, uint64_t rdx);
/* The message of the step is pattern(seed). */
struct guest_step *guest_plan_ipc(struct guest *g, uint64_t op, cap_t cap, uint64_t seed);
void guest_go(struct guest *g);
/* Where the thread of guest k starts if nothing else is said; its stack. */
void guest_enter(struct guest *g, void (*function)(uint64_t argument), uint64_t argument);

/* The untyped memory from which a case makes its guests and objects, to revoke it: a new one. */
extern uint64_t pool;
uint64_t pool_new(void);
/* Guest k, its TCB from the pool, waits by this operation, with the message pattern(100 + k). */
void guest_run(unsigned k, uint64_t op, cap_t cap);
/* Gone for good: nothing makes it go on. */
void guest_expect_dead(unsigned k);

#endif
