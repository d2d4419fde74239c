/* Where capabilities lie, and where their objects lie. */
#include "check/check.h"

#include "object/derive.h"
#include "object/irq.h"
#include "object/timer.h"
#include "object/untyped.h"
#include "thread/tcb.h"

/* ---- the objects that have slots in them, by address: a table with open addressing, in which an entry counts only if it was made
   in this walk */
enum { TABLE_BITS = 13, TABLE = 1 << TABLE_BITS, SMALLEST = 6, LARGEST = CNODE_RADIX_MAX + SLOT_BITS };

static struct live {
    uint64_t start;
    uint32_t walk, bits;
} table[TABLE];
static uint32_t walk;
static unsigned used;

/* Where the last slot was found that lies in the same kilobyte, or in one with the same place here: most slots lie in the same object
   as that one. */
enum { NEAR = 10, NEAR_BITS = 9 };
static struct near {
    uint64_t start, size;
    uint64_t walk;
} nears[1 << NEAR_BITS];

static struct live *place_of(uint64_t start)
{
    unsigned i = check_hash(start >> SMALLEST, TABLE_BITS);
    while (table[i].walk == walk && table[i].start != start)
        i = (i + 1) % TABLE;
    return &table[i];
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
    *place_of(start) = (struct live){start, walk, bits};
}

static void add_object(const struct slot *s)
{
    switch (slot_object_type(s)) {
    case TYPE_CNODE:
        add(s->object & ~31ull, (slot_dying(s) ? (unsigned)(s->object & 31) : cnode_radix(s)) + SLOT_BITS);
        break;
    case TYPE_TCB: add(s->object, TYPE_BITS_TCB); break;
    case TYPE_TIMER: add(s->object, TYPE_BITS_TIMER); break;
    default: break;
    }
}

static __attribute__((noinline)) bool found(uint64_t at, struct near *near)
{
    if (at - (uintptr_t)irq_handlers < sizeof irq_handlers) {
        *near = (struct near){(uintptr_t)irq_handlers, sizeof irq_handlers, walk};
        return true;
    }
    for (unsigned bits = SMALLEST; bits <= LARGEST; bits++) {
        uint64_t start = at >> bits << bits;
        const struct live *l = place_of(start);
        if (l->walk != walk || l->bits < bits)
            continue;
        *near = (struct near){start, 1ull << l->bits, walk};
        return true;
    }
    return table_full();
}

static bool lives(const struct slot *s)
{
    uint64_t at = (uintptr_t)s;
    struct near *near = &nears[check_hash(at >> NEAR, NEAR_BITS)];
    return (near->walk == walk && at - near->start < near->size) || found(at, near);
}

static void check_lives(void)
{
    walk++;
    used = 0;
    for (const struct slot *s = slot_next(&cap_list); s; s = slot_next(s))
        add_object(s);
    for (const struct slot *s = slot_next(&cap_list); s; s = slot_next(s))
        holds("lies-in-live-memory", lives(s) || slot_dying(s), s);
}

/* ---- the untyped memory that the walk is in, which may lie in other untyped memory. What is nested deeper than
   this array is compared with the deepest in it. */
static struct {
    uint64_t start, size, taken;
} around[64] = {{0, UINT64_MAX, UINT64_MAX}};

static void check_watermarks(void)
{
    unsigned level = 0;
    for (const struct slot *s = slot_next(&cap_list); s; s = slot_next(s)) {
        while (s->object - around[level].start >= around[level].size)
            level--;
        holds("untyped-children-below-watermark", s->object - around[level].start < around[level].taken, s);
        if (slot_type(s) != TYPE_UNTYPED || level + 1 == sizeof around / sizeof around[0])
            continue;
        level++;
        around[level].start = s->object;
        around[level].size = 1ull << untyped_bits(s);
        around[level].taken = untyped_watermark(s);
    }
}

void check_places(void)
{
    check_lives();
    check_watermarks();
}
