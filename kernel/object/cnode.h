/* CNodes: how a capability address finds a slot, and the operations on slots. */
#ifndef BATON_CNODE_H
#define BATON_CNODE_H

#include "arch/arch.h"
#include "cap/words.h"
#include "thread/tcb.h"

/* The slot that an address names in the thread's CSpace, or NULL.

   The low SLOT_BITS of an address are 0; above them is a path, read from its low end: the radix of the root
   CNode selects a slot; while bits remain that are not all 0, that slot must hold a CNode whose guard equals
   the next bits, and its radix selects the next slot. Each step uses up at least one bit of the 59. */
struct slot *cap_lookup(const struct tcb *t, uint64_t address);
/* The same, and it must hold this type, which is not TYPE_NULL; NULL and the error in *error otherwise. */
struct slot *cap_lookup_any_type(const struct tcb *t, uint64_t address, unsigned type, long *error);

/* The same again, inline for a capability in the root CNode, where nearly all are. The compiler must not learn
   that index and address are equal there: it could go on using the address, and speculation would get past
   the bound. */
static inline struct slot *cap_lookup_type(const struct tcb *t, uint64_t address, unsigned type, long *error)
{
    uint64_t index = address & t->cspace_mask;
    bool in_root = index == address;
    __asm__("" : "+r"(index));
    struct slot *s = (struct slot *)((uintptr_t)t->cspace + index);
    if (in_root && slot_type(s) == type)
        return s;
    return cap_lookup_any_type(t, address, type, error);
}

/* The same, and the capability has one of these rights. */
static inline struct slot *cap_lookup_right(const struct tcb *t, uint64_t address, unsigned type,
                                            unsigned rights, long *error)
{
    struct slot *s = cap_lookup_type(t, address, type, error);
    if (s && !(slot_rights(s) & rights)) {
        *error = ERR_NO_RIGHT;
        return NULL;
    }
    return s;
}

/* Slot `index` of the CNode that the address names; NULL and the error otherwise. Here, too, speculation
   past the test stays within the CNode: the compiler must not learn that the index has no bits beyond it. */
static inline struct slot *cnode_slot(const struct tcb *t, uint64_t cnode, uint64_t index, long *error)
{
    const struct slot *s = cap_lookup_type(t, cnode, TYPE_CNODE, error);
    if (!s)
        return NULL;
    uint64_t beyond = index & -(1ull << cnode_radix(s));
    if (beyond) {
        *error = ERR_BAD_ARGUMENT;
        return NULL;
    }
    __asm__("" : "+r"(beyond));
    struct slot *found = &cnode_slots(s)[index ^ beyond];
    __asm__ volatile("" : "+r"(found)); /* now, not where it is used: fewer words are needed until then */
    if (!found)
        __builtin_unreachable(); /* so the callers' question is not asked once more */
    return found;
}

/* How a system call on one object or slot begins: look_up finds it, or writes the error and is NULL; the body that follows has it
   in `found`, of that type. */
#define CALL_ON(call, type, found, look_up)                                                                    \
    static long call##_on(UNUSED struct tcb *caller, UNUSED type found);                                       \
    long sys_##call(struct tcb *caller)                                                                        \
    {                                                                                                          \
        long error;                                                                                            \
        type on = look_up;                                                                                     \
        return on ? call##_on(caller, on) : error;                                                             \
    }                                                                                                          \
    static long call##_on(UNUSED struct tcb *caller, UNUSED type found)
#define UNUSED __attribute__((unused))

enum { SLOTS_PER_CALL = 256 };

/* `count` slots from `first` on, 1 to SLOTS_PER_CALL; NULL and the error otherwise. */
static inline struct slot *cnode_range(const struct tcb *t, uint64_t cnode, uint64_t first, uint64_t count,
                                       long *error)
{
    const struct slot *s = cap_lookup_type(t, cnode, TYPE_CNODE, error);
    if (!s)
        return NULL;
    uint64_t slots = 1ull << cnode_radix(s);
    if (count - 1 >= SLOTS_PER_CALL || (first | (first + count - 1)) >= slots) {
        *error = ERR_BAD_ARGUMENT;
        return NULL;
    }
    struct slot *found = &cnode_slots(s)[mask_nospec(first, slots)];
    if (!found)
        __builtin_unreachable();
    return found;
}

#endif
