/* The memory of objects that are no more, and what an entry may not do after it deleted something. */
#include "cap/words.h"
#include "debug/checking.h"
#include "debug/debug.h"
#include "object/irq.h"
#include "object/timer.h"
#include "object/untyped.h"
#include "thread/tcb.h"

static bool deleted; /* in this entry */

void entry_forget(void)
{
    deleted = false;
}

void entry_note_deletion(void)
{
    deleted = true;
}

void entry_assert_none(void)
{
    if (deleted)
        panic("invariant makes-or-deletes broken: one entry deletes, and then makes a capability");
}

#define POISON 0x5eadfa11c0ffee00ull /* even, so not a present entry; not canonical; bits 0-7 are no REF_... */

static void fill(uint64_t start, uint64_t bytes)
{
    uint64_t *word = (uint64_t *)(uintptr_t)start;
    for (uint64_t i = 0; i < bytes / sizeof *word; i++)
        word[i] = POISON;
}

void slot_assert_lives(const struct slot *s)
{
    if (s->object == POISON)
        panic("invariant lies-in-live-memory broken: slot %p is looked at after its object", (const void *)s);
}

/* Slots that are being taken apart stay: they are on the stack, which may end after the object that they lie
 * in. */
static void fill_slots(struct slot *slots, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        if (!slot_dying(&slots[i]))
            fill((uintptr_t)&slots[i], sizeof slots[i]);
    }
}

static void poison_tcb(struct tcb *t)
{
    coverage_gone(t);
    fill((uintptr_t)t, offsetof(struct tcb, slots));
    fill_slots(t->slots, TCB_SLOTS);
}

static void poison_timer(struct timer *t)
{
    fill((uintptr_t)t, offsetof(struct timer, target));
    fill_slots(&t->target, 1);
}

enum { PAGE = 4096 };

/* Not objects without memory, and not untyped memory, whose children live on. An address space keeps the kernel's
   half: the CPU may still run on it. */
void poison(const struct slot *s)
{
    uint64_t object = s->object;
    switch (slot_object_type(s)) {
    case TYPE_CNODE: fill_slots((struct slot *)(uintptr_t)(object & ~31ull), 1ull << (object & 31)); break;
    case TYPE_TCB: poison_tcb(tcb_of(object)); break;
    case TYPE_TIMER: poison_timer(timer_of(s)); break;
    case TYPE_ENDPOINT: fill((uintptr_t)endpoint_of(object), 1u << TYPE_BITS_ENDPOINT); break;
    case TYPE_NOTIFICATION: fill(object, 1u << TYPE_BITS_NOTIFICATION); break;
    case TYPE_ADDRESS_SPACE: fill(object, PAGE / 2); break;
    case TYPE_PAGE_TABLE:
    case TYPE_EXTENDED_STATE: fill(object, PAGE); break;
    case TYPE_FRAME:
        if (!(slot_flags(s) & SLOT_DEVICE))
            fill(object, PAGE);
        break;
    default: break;
    }
}
