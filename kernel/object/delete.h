/* Taking things apart. The last capability to an object takes the object with it, and what an object holds
   (a CNode's slots, a TCB's, the threads that wait at an endpoint) may be any amount, nested to any depth. So
   it goes step by step: the slot with the last capability becomes a dying one, which stays where it is and is
   put on a stack; each step takes one thing out of the object on top; what turns out to be the last capability
   to a further object is put on top in turn. Neither the kernel's stack nor the time of one entry grows with
   it.

   A system call that has done its share of steps is started again (RESTART): its thread's rip is put back on
   the SYSCALL, so a pending interrupt is taken in ring 3 and the call then goes on from what is left. The stack
   of the dying outlives its caller: whoever deletes, revokes or resets next finishes it first. */
#ifndef BATON_DELETE_H
#define BATON_DELETE_H

#include "slot.h"

struct tcb;

enum {
    RESTART = 0x7fffffff, /* what an operation returns to be started again; never reaches ring 3 */
    STEPS_PER_ENTRY = 64,
};

/* One step towards an empty slot. pre: it is not empty. post: it is empty, or dying and on the stack */
void delete_step(struct slot *s);
/* Does up to *steps steps until the slot is empty and nothing is dying; false when there is more to do. */
bool delete_slot(struct slot *s, unsigned *steps);
/* Does up to *steps steps until nothing is dying; false when there is more to do. */
bool delete_dying(unsigned *steps);

long cap_delete(struct tcb *caller);
long cap_revoke(struct tcb *caller);

#endif
