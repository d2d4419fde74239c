/* A table in which a slot has a few places. Slots of one page stand together, for the sake of the CPU's caches. */
#include "check/check.h"

enum { PAGE_SLOTS = 1 << (PAGE_BITS - SLOT_BITS), GROUP_BITS = 7, TABLE = PAGE_SLOTS << GROUP_BITS, WAYS = 8 };

static struct seen {
    const struct slot *slot;
    struct slot words;
} table[TABLE];
static unsigned noted; /* since all was forgotten */

/* Where it is; or else where it can be put, which may be in the place of another. */
static struct seen *place_of(const struct slot *s)
{
    uint64_t at = (uintptr_t)s;
    unsigned i = check_hash(at >> PAGE_BITS, GROUP_BITS) * PAGE_SLOTS + at / sizeof *s % PAGE_SLOTS;
    for (unsigned way = 1; way < WAYS && table[i].slot && table[i].slot != s; way++)
        i = (i + PAGE_SLOTS) % TABLE;
    return &table[i];
}

/* Most of those in a full table are gone. */
static void forget(void)
{
    for (unsigned i = 0; i < TABLE; i++)
        table[i].slot = NULL;
    noted = 0;
}

static __attribute__((noinline)) void note(const struct slot *s)
{
    const struct seen *seen = place_of(s);
    if (seen->slot && seen->slot != s && noted > TABLE)
        forget();
    noted++;
    *place_of(s) = (struct seen){s, *s};
}

bool seen_changed(const struct slot *s)
{
    const struct seen *seen = place_of(s);
    const struct slot *was = &seen->words;
    if (seen->slot == s &&
        !((was->object ^ s->object) | (was->data ^ s->data) | (was->prev ^ s->prev) | (was->next ^ s->next)))
        return false;
    note(s);
    return true;
}
