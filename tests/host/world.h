/* A kernel without a machine: threads, a CNode that all of them share, and system calls as ring 3 makes them.
 */
#ifndef BATON_WORLD_H
#define BATON_WORLD_H

#include "abi/abi.h"
#include "arch_host.h"
#include "cap/slot.h"
#include "object/delete.h"
#include "object/derive.h"
#include "thread/tcb.h"

enum { WORLD_RADIX = 7, WORLD_SLOTS = 1 << WORLD_RADIX, SLOT_CNODE = 1, SLOT_UNTYPED = 2 };

extern struct slot *world; /* slots of the shared root CNode; [SLOT_CNODE] names itself */

/* An empty machine: nothing is ready, the idle thread runs. The address spaces of the last world are released.
 */
void world_reset(void);
/* Fills slot i with an original capability to a new object; frames of size_bits 12, CNodes and untypeds as
 * asked. */
void *world_object(unsigned i, unsigned type, unsigned size_bits);
/* A thread with the shared CSpace, stopped. */
struct tcb *world_thread(unsigned slot, unsigned priority);
/* world_thread, and it runs. */
struct tcb *world_caller(unsigned slot, unsigned priority);

enum { REF_TAG = 7 };

/* Deletes to the end, as a system call that is started again and again would. */
static inline void slot_delete(struct slot *s)
{
    CHECK(delete_steps(s, 1, ~0u));
}

/* Puts a slot that was filled just now on the derivation list, right after the one that it comes from. */
static inline void derive_insert(struct slot *from, struct slot *s, unsigned flags)
{
    derive_fill(from, s, s->prev, s->object, s->data, flags);
}

static inline uint64_t at(uint64_t slot)
{
    return slot << SLOT_BITS;
}

/* The running thread's system call; what is in its rax when the kernel is done. */
long sys(uint64_t op, uint64_t rdi, uint64_t rsi, uint64_t rdx, uint64_t r8, uint64_t r9, uint64_t r10);
/* One entry of it: it may have to be started again. */
void sys_once(uint64_t op, uint64_t rdi, uint64_t rsi);
/* The running thread's call, which was to be started again when another took over. */
long sys_again(void);
/* The same call must fail with this error and change nothing but rax. */
void check_refused(const char *what, long error, uint64_t op, uint64_t rdi, uint64_t rsi, uint64_t rdx,
                   uint64_t r8, uint64_t r9, uint64_t r10);

#endif
