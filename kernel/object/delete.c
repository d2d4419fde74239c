#include "object/delete.h"

#include "abi/handlers.h"
#include "cap/words.h"
#include "debug/checking.h"
#include "debug/debug.h"
#include "debug/trace.h"
#include "object/cnode.h"
#include "object/derive.h"
#include "object/endpoint.h"
#include "object/irq.h"
#include "object/notification.h"
#include "object/frame.h"
#include "object/space.h"
#include "object/thread.h"
#include "object/timer.h"
#include "thread/tcb.h"

enum { EMPTY_SLOTS_PER_STEP = 16 };

/* ---- data word of a dying slot: bits 0-20 progress, 21-63 the dying slot below it on the stack, by its link
 * bits */
enum { DYING_LINK_SHIFT = 21 };
#define DYING_PROGRESS ((1ull << DYING_LINK_SHIFT) - 1)

_Static_assert(SLOT_LINK >> SLOT_BITS < 1ull << (64 - DYING_LINK_SHIFT), "a link fits above the progress");

static struct slot *top;
/* What sys_cap_revoke revokes; NULL when the CNode that it lies in has begun to go. From then on nobody finds the
   slot, whatever it still holds: a saved reply leaves it without a step on it, when the thread goes. */
static const struct slot *revoked;

static struct slot *dying_below(const struct slot *s)
{
    return slot_link(s->data >> DYING_LINK_SHIFT << SLOT_BITS);
}

/* Marks the last capability to an object that takes time: its rights go, its object's memory stays spoken for.
 */
static void push_dying(struct slot *s)
{
    unsigned radix = 0;
    if (slot_type(s) == TYPE_CNODE) {
        radix = cnode_radix(s);
        if ((uintptr_t)revoked - s->object < sizeof *s << radix)
            revoked = NULL;
    }
    s->object |= radix; /* in the bits that a CNode's alignment leaves free if they are needed: radix < 32 */
    s->data = ((uintptr_t)top & SLOT_LINK) >> SLOT_BITS << DYING_LINK_SHIFT;
    s->prev = (s->prev & SLOT_LINK) | (uint64_t)(slot_type(s) | TYPE_DYING) << SLOT_TYPE_SHIFT;
    top = s;
}

static void slot_emptied(struct slot *s)
{
    if (slot_flags(s) & SLOT_IN_TCB)
        tcb_slots_changed(tcb_of_slot(s));
}

/* The object goes with its last capability. True: not at once, since it has slots of its own, or threads wait at it. */
static bool end_object(const struct slot *s)
{
    switch (slot_type(s)) {
    case TYPE_ADDRESS_SPACE: space_release(s); return false;
    case TYPE_TCB: tcb_end(tcb_of(s->object)); return true;
    case TYPE_TIMER: timer_disarm(timer_of(s)); return true;
    case TYPE_IRQ_HANDLER: irq_mask(irq_handler_of(s), true); return true;
    case TYPE_CNODE:
    case TYPE_ENDPOINT:
    case TYPE_NOTIFICATION: return true;
    default: return false;
    }
}

/* What each capability stands for by itself goes with it. */
static void end_use(struct slot *s)
{
    switch (slot_type(s)) {
    case TYPE_FRAME: frame_unmap(s); break;
    case TYPE_PAGE_TABLE: table_unmap(s); break;
    case TYPE_REPLY: tcb_wake_canceled(tcb_of(s->object)); break;
    default: break;
    }
}

static inline void take_away(struct slot *s)
{
    derive_remove(s);
    slot_emptied(s);
}

/* One step towards an empty slot. pre: it is not empty. post: it is empty, or dying and on the stack */
static inline __attribute__((always_inline)) void first_step(struct slot *s)
{
    entry_deletes();
    slot_lives(s);
    if (slot_dying(s))
        return;
    bool last = slot_last(s);
    end_use(s);
    if (last && end_object(s)) {
        push_dying(s);
        slot_emptied(s);
        return;
    }
    if (last)
        object_gone(s);
    take_away(s);
}

static __attribute__((noinline)) void delete_step(struct slot *s)
{
    first_step(s);
}

/* One step on the slots of a dying CNode; true when all are empty. */
static bool step_cnode(struct slot *s)
{
    uint64_t radix = s->object & 31, next = s->data & DYING_PROGRESS;
    struct slot *slots = (struct slot *)(uintptr_t)(s->object & ~31ull);
    for (unsigned i = 0; i < EMPTY_SLOTS_PER_STEP && next < 1ull << radix; i++) {
        struct slot *inner = &slots[next];
        if (slot_usable(inner)) {
            delete_step(inner);
            break;
        }
        next++; /* empty, or dying and on the stack, which ends it */
    }
    s->data = (s->data & ~DYING_PROGRESS) | next;
    return next == 1ull << radix;
}

/* The same for an object that has these few. */
static inline bool step_slots(struct slot *slots, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (slot_usable(&slots[i])) {
            delete_step(&slots[i]);
            return false;
        }
    }
    return true;
}

/* Freed last: another handler that got the entry meanwhile would lose what is bound to it. */
static bool step_handler(struct irq_handler *h)
{
    if (!step_slots(&h->notification, 1))
        return false;
    irq_free(h);
    return true;
}

/* Takes one thing out of the object on top of the stack. pre: there is one. Its slot, if that is empty now; else NULL. */
static const struct slot *step_dying(void)
{
    struct slot *s = top;
    bool done = true;
    entry_deletes();
    switch (slot_object_type(s)) {
    case TYPE_CNODE: done = step_cnode(s); break;
    case TYPE_TCB: done = step_slots(tcb_of(s->object)->slots, TCB_SLOTS); break;
    case TYPE_ENDPOINT: done = !endpoint_cancel_one(endpoint_of(s->object)); break;
    case TYPE_NOTIFICATION: done = !notification_cancel_one(notification_of(s)); break;
    case TYPE_TIMER: done = step_slots(&timer_of(s)->target, 1); break;
    case TYPE_IRQ_HANDLER: done = step_handler(irq_handler_of(s)); break;
    default: panic("slot %p of type %x is dying", (void *)s, slot_type(s));
    }
    if (!done || top != s)
        return NULL;
    top = dying_below(s);
    object_gone(s);
    derive_remove(s);
    slot_emptied(s);
    return s;
}

/* Up to so many steps, until nothing is dying. Was the slot emptied by one of them? */
static __attribute__((noinline)) bool go_on(const struct slot *s, unsigned steps)
{
    bool emptied = false;
    for (; top && steps; steps--)
        emptied |= step_dying() == s;
    return emptied;
}

bool delete_pending(void)
{
    return top;
}

/* The first step of each slot; nothing after these may look at the slots. Such a step takes away no more than
   what the slot holds, or makes it a dying one, which is on the stack and ends with that. */
bool delete_steps(struct slot *slots, unsigned count, unsigned steps)
{
    for (unsigned i = 0; i < count; i++) {
        if (slot_empty(&slots[i]) || slot_dying(&slots[i]))
            continue;
        delete_step(&slots[i]);
        steps--;
    }
    go_on(NULL, steps);
    return !top;
}

/* The steps that are left go to whatever is on top of the stack. The slot, on the stack if it is not empty, may become empty
   on the way: then the call has done what it was for, and the rest is a share in what others have left. */
long delete_slot(struct slot *s)
{
    unsigned steps = STEPS_PER_ENTRY;
    if (slot_usable(s)) {
        first_step(s);
        steps--;
    }
    if (!top)
        return 0;
    bool done = !slot_dying(s);
    return go_on(s, steps) || done ? 0 : restart();
}

long delete_first(struct slot *slots, unsigned count)
{
    delete_steps(slots, count, STEPS_PER_ENTRY);
    return restart();
}

/* Deleting from an empty slot is no error. */
CALL_ON(cap_delete, struct slot *, s, cnode_slot(caller, caller->rdi, caller->rsi, &error))
{
    /* ==== commit */
    trace(TRACE_DELETE, (uintptr_t)s, 0);
    return delete_slot(s);
}

/* The next child to go, or NULL. The child that is the caller's own CSpace is left until last: the call can be
   started again only while its address means something. */
static inline struct slot *next_child(const struct slot *s, const struct tcb *caller)
{
    if (!slot_has_children(s))
        return NULL;
    struct slot *child = slot_next(s);
    if (child != &caller->slots[TCB_CSPACE])
        return child;
    struct slot *after = slot_next(child);
    return after && slot_is_parent(s, after) ? after : child;
}

/* Without a CSpace, or the slot to be revoked, the call cannot be started again: then only what is dying is
   left, and later deletions end that. */
static long again(const struct tcb *caller)
{
    return revoked && slot_type(&caller->slots[TCB_CSPACE]) == TYPE_CNODE ? restart() : 0;
}

/* Deletes all that was derived from a capability, not itself. It may delete the caller, or the slot itself when
   that lies in a CNode that goes: then there is nothing left to do here, and the slot, which steps may have
   turned into memory without an owner, is not looked at any more. Errors: BAD_CAP for an empty slot. */
CALL_ON(cap_revoke, struct slot *, s, cnode_slot(caller, caller->rdi, caller->rsi, &error))
{
    unsigned steps = STEPS_PER_ENTRY;
    if (slot_empty(s) || slot_dying(s))
        return ERR_BAD_CAP;
    /* ==== commit */
    trace(TRACE_DELETE, (uintptr_t)s, 1);
    revoked = s;
    for (struct slot *child; revoked && (child = next_child(s, caller)); steps--) {
        if (!steps)
            return again(caller);
        if (slot_same_object(s, child) && slot_type(s) != TYPE_FRAME) { /* a copy: nothing ends with it */
            entry_deletes();
            take_away(child);
        } else if (slot_dying(child)) {
            (void)step_dying();
        } else {
            delete_step(child);
        }
    }
    if (top)
        go_on(NULL, steps);
    return 0;
}
