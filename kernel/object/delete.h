/* Taking things apart. The last capability to an object takes the object with it, and what an object holds
   (a CNode's slots, a TCB's, the threads that wait at an endpoint) may be any amount, nested to any depth. So
   it goes step by step: the slot with the last capability becomes a dying one, which stays where it is and is
   put on a stack; each step takes one thing out of the object on top; what turns out to be the last capability
   to a further object is put on top in turn. Neither the kernel's stack nor the time of one entry grows with
   it.

   A system call that has done its share of steps is started again (RESTART): its thread's rip is put back on
   the SYSCALL, so a pending interrupt is taken in ring 3 and the call then goes on with what is left. The stack
   of the dying outlives its caller. Each later delete or revoke spends on what others have left there the steps that its
   entry has left when its own work is done; only a call that lets memory start again does all of it. What threads that
   are no less urgent put on top meanwhile has to go first. */
#ifndef BATON_DELETE_H
#define BATON_DELETE_H

#include "arch/percpu.h"
#include "cap/slot.h"

struct tcb;

/* What an operation returns to be started again; never reaches ring 3. No error is this number, and no value: none is below
   0, neither what a port of 32 bits says, nor an address. */
#define RESTART (-(1l << 30))

static inline long restart(void)
{
    *cpu_caller() |= CALLER_RESTARTS;
    return RESTART;
}

enum { STEPS_PER_ENTRY = 64 };

/* A step may take anything with it: the caller, its CNode, every slot and object that its system call
   has looked up. So nothing that was looked up outlives a step, and each of these is the last thing that an
   operation does: `return delete_...(...)` (tests/lint.py holds the kernel to that). An operation with
   something left to do when the slots are empty is started again, looks everything up anew, and does it in an
   entry that finds nothing to delete. */

/* Up to `steps` steps, at least `count`, until these slots of one object are empty and nothing is dying; false
   when there is more to do. */
bool delete_steps(struct slot *slots, unsigned count, unsigned steps);
/* An entry's share of the steps until the slot is empty; those that are left go on with what is dying. 0 when it is, else RESTART. */
long delete_slot(struct slot *s);
/* The same for slots of one object, or for none; but RESTART in any case. */
long delete_first(struct slot *slots, unsigned count);
/* Is anything left that was being taken apart? */
bool delete_pending(void);

/* pre: `count` slots. Are they all empty? */
static inline bool slots_empty(const struct slot *slots, unsigned count)
{
    bool empty = true;
    for (unsigned i = 0; i < count; i++)
        empty = empty && slot_empty(&slots[i]);
    return empty;
}

#endif
