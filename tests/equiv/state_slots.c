/* The capabilities of a state. */
#include "cap/words.h"
#include "state_parts.h"

static uint64_t some_badge(void)
{
    return chance(2) ? 0 : number();
}

static void fill_slot(struct slot *s)
{
    unsigned e = below(ENDPOINTS), n = below(NOTIFICATIONS);
    switch (below(12)) {
    case 0:
    case 1:
    case 2:
    case 3:
    case 4:
        slot_fill(s, TYPE_ENDPOINT, chance(2) ? 7 : below(8), ref_endpoint(&arena->endpoint[e]), some_badge());
        break;
    case 5:
    case 10:
        slot_fill(s, TYPE_NOTIFICATION, chance(2) ? RIGHT_SIGNAL | RIGHT_WAIT : below(4) << 6,
                  (uintptr_t)&arena->notification[n], some_badge() | 1);
        break;
    case 6: slot_fill(s, TYPE_TCB, 0, (uintptr_t)thread(below(THREADS)), 0); break;
    case 7: slot_fill(s, TYPE_CNODE, 0, (uintptr_t)arena->inner, cnode_data(INNER_RADIX, 1, 1)); break;
    case 8: slot_fill(s, TYPE_FRAME, below(8) << 3, (uintptr_t)arena, 0); break;
    default: break;
    }
    if ((slot_type(s) == TYPE_ENDPOINT || slot_type(s) == TYPE_NOTIFICATION) &&
        chance(30)) /* half taken apart: no operation may work on it */
        s->prev |= (uint64_t)TYPE_DYING << SLOT_TYPE_SHIFT, s->prev &= (1ull << SLOT_RIGHTS_SHIFT) - 1;
}

static uint64_t link_after(struct slot *s, uint64_t before, struct slot *before_here)
{
    if (slot_empty(s))
        return before;
    slot_set_prev(s, (const struct slot *)(uintptr_t)before);
    slot_set_next(before_here, s);
    return (uintptr_t)s;
}

void state_link_slots(void)
{
    struct slot *all = arena->root[0], *last = kernel.cap_list;
    uint64_t before = kernel.cap_list_address;
    size_t count = sizeof arena->root / sizeof *all + sizeof arena->inner / sizeof *all;
    for (size_t i = 0; i < count; i++) {
        uint64_t now = link_after(&all[i], before, last);
        if (now != before)
            last = &all[i];
        before = now;
    }
}

void state_capabilities(void)
{
    for (unsigned k = 0; k < SPACES; k++) {
        for (unsigned i = 1; i < 1 << ROOT_RADIX; i++) {
            if (slot_empty(&arena->root[k][i]))
                fill_slot(&arena->root[k][i]);
        }
    }
    for (unsigned i = 1; i < 1 << INNER_RADIX; i++)
        fill_slot(&arena->inner[i]);
}
