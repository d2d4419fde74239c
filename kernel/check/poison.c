#include "check/poison.h"

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

/* ---- the objects that have slots in them, by address: a table with open addressing, in which an entry counts
   only if it was made in this round */
enum { TABLE_BITS = 13, TABLE = 1 << TABLE_BITS, SMALLEST = 6, LARGEST = CNODE_RADIX_MAX + SLOT_BITS };

static struct live {
    uint64_t start;
    uint32_t round, bits;
} table[TABLE];
static uint32_t round;
static unsigned used;
static uint64_t last_start, last_end; /* where the last slot was found: the next is often there */

static struct live *place_of(uint64_t start)
{
    unsigned i = (unsigned)((start >> SMALLEST) * 0x9e3779b97f4a7c15ull >> (64 - TABLE_BITS));
    while (table[i].round == round && table[i].start != start)
        i = (i + 1) % TABLE;
    return &table[i];
}

void live_begin(void)
{
    round++;
    used = 0;
    last_start = last_end = 0;
}

/* With more objects than the table has room for, none is found missing. */
static bool table_full(void)
{
    return used > TABLE / 2;
}

static void add(uint64_t start, unsigned bits)
{
    if (table_full())
        return;
    used++;
    *place_of(start) = (struct live){start, round, bits};
}

void live_add(const struct slot *s)
{
    switch (slot_type(s)) {
    case TYPE_CNODE: add(s->object, cnode_radix(s) + SLOT_BITS); break;
    case TYPE_CNODE | TYPE_DYING: add(s->object & ~31ull, (unsigned)(s->object & 31) + SLOT_BITS); break;
    case TYPE_TCB:
    case TYPE_TCB | TYPE_DYING: add(s->object, TYPE_BITS_TCB); break;
    case TYPE_TIMER:
    case TYPE_TIMER | TYPE_DYING: add(s->object, TYPE_BITS_TIMER); break;
    default: break;
    }
}

bool live_slot(const struct slot *s)
{
    uint64_t at = (uintptr_t)s;
    if ((at >= last_start && at < last_end) || table_full() ||
        at - (uintptr_t)irq_handlers < sizeof irq_handlers)
        return true;
    for (unsigned bits = SMALLEST; bits <= LARGEST; bits++) {
        uint64_t start = at >> bits << bits;
        const struct live *l = place_of(start);
        if (l->round != round || l->bits < bits)
            continue;
        last_start = start;
        last_end = start + (1ull << l->bits);
        return true;
    }
    return false;
}
