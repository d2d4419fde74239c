#include "fuzz.h"

static uint8_t held[SLOTS];
static uint8_t focus[WORKERS][TYPE_COUNT];
static unsigned empty_slots = SLOTS;
uint32_t held_missing;

void held_learn(uint64_t slot)
{
    if (slot >= SLOTS)
        return;
    long type = cap_identify(slot << SLOT_BITS);
    uint8_t now = type > 0 ? (uint8_t)type : TYPE_NULL;
    if (held[slot] == TYPE_NULL)
        empty_slots--;
    if (now == TYPE_NULL)
        empty_slots++;
    held[slot] = now;
}

unsigned held_type(uint64_t slot)
{
    return slot < SLOTS ? held[slot] : TYPE_NULL;
}

unsigned held_empty_count(void)
{
    return empty_slots;
}

static bool is_of(uint64_t slot, uint32_t types)
{
    return held[slot] != TYPE_NULL && (types == 0 || types >> held[slot] & 1);
}

static uint64_t search(uint32_t types)
{
    uint64_t start = below(SLOTS);
    for (uint64_t i = 0; i < SLOTS; i++) {
        uint64_t slot = (start + i) % SLOTS;
        if (is_of(slot, types))
            return slot;
    }
    held_missing = types;
    return start;
}

uint64_t held_of(unsigned worker, uint32_t types)
{
    if (types == 0 || (types & (types - 1)))
        return search(types);
    uint8_t *last = &focus[worker][__builtin_ctz(types)];
    if (!is_of(*last, types) || one_in(6))
        *last = (uint8_t)search(types);
    return *last;
}

static uint64_t from_free_on(bool (*wanted)(uint64_t slot))
{
    uint64_t start = below(SLOTS - FIRST_SLOT);
    for (uint64_t i = 0; i < SLOTS - FIRST_SLOT; i++) {
        uint64_t slot = FIRST_SLOT + (start + i) % (SLOTS - FIRST_SLOT);
        if (wanted(slot))
            return slot;
    }
    return FIRST_SLOT + start;
}

static bool is_empty(uint64_t slot)
{
    return held[slot] == TYPE_NULL;
}

static bool is_used(uint64_t slot)
{
    return held[slot] != TYPE_NULL;
}

uint64_t held_empty(void)
{
    return from_free_on(is_empty);
}

uint64_t held_used(void)
{
    return from_free_on(is_used);
}

/* Only what may have changed, or was not as believed, is worth a call: with the fast paths off every call is
 * checked, too. */
void held_update(uint64_t op, const uint64_t a[6], long result)
{
    bool wrong = result == ERR_BAD_CAP || result == ERR_WRONG_TYPE;
    bool changed = result >= 0 || result == ERR_OCCUPIED || result == ERR_BAD_CAP;
    for (unsigned place = PLACE_rdi; place <= PLACE_r10; place++) {
        unsigned kind = grammar_calls[op].kind[place], group = grammar_kinds[kind].group;
        bool is_slot = group == CLASS_SLOT_ANY || group == CLASS_SLOT_FREE || group == CLASS_SLOT_FULL;
        if (kind == KIND_NONE)
            continue;
        if (wrong && (group == CLASS_CAP || group == CLASS_CAP_OR_0))
            held_learn(a[place] >> SLOT_BITS & (SLOTS - 1));
        if (changed && is_slot)
            held_learn(a[place]);
    }
    for (uint64_t i = 1; op == SYS_RETYPE && result >= 0 && i < a[5]; i++)
        held_learn(a[4] + i);
    for (unsigned i = op == SYS_CAP_REVOKE ? 16 : (unsigned)below(2); i; i--)
        held_learn(below(SLOTS));
}
