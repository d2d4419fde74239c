/* kernel/object/cnode.c: lookup against a resolver that works on strings of bits, and the operations on slots.
 */
#include "arch/arch.h"
#include "cap/words.h"
#include "object/cnode.h"
#include "object/derive.h"
#include "world.h"

enum { TEXT = 64, CHILDREN = 64 };

/* The address as the 59 bits of its path, the first bit first; NULL when its low bits are not 0. */
static const char *path_of(uint64_t address, char *text)
{
    if (address % 32)
        return NULL;
    for (unsigned i = 0; i < 59; i++)
        text[i] = address >> (5 + i) & 1 ? '1' : '0';
    text[59] = 0;
    return text;
}

static uint64_t number(const char *bits, unsigned count)
{
    uint64_t n = 0;
    for (unsigned i = 0; i < count && bits[i]; i++)
        n += (uint64_t)(bits[i] - '0') << i;
    return n;
}

static const char *skip(const char *bits, unsigned count)
{
    while (count-- && *bits)
        bits++;
    return bits;
}

/* The rule of cnode.h, word by word. */
static struct slot *resolve(struct slot *slots, unsigned radix, uint64_t address)
{
    char text[TEXT];
    const char *path = path_of(address, text);
    if (!path)
        return NULL;
    for (;;) {
        struct slot *s = &slots[number(path, radix)];
        path = skip(path, radix);
        if (!strchr(path, '1'))
            return s;
        if (slot_type(s) != TYPE_CNODE)
            return NULL;
        unsigned guard_bits = cnode_guard_bits(s);
        if (number(path, guard_bits) != cnode_guard_value(s))
            return NULL;
        path = skip(path, guard_bits);
        slots = cnode_slots(s);
        radix = cnode_radix(s);
    }
}

static void set_cspace(struct tcb *t, struct slot *slots, unsigned radix)
{
    if (!slot_empty(&t->slots[TCB_CSPACE]))
        t->slots[TCB_CSPACE] = (struct slot){0};
    slot_fill(&t->slots[TCB_CSPACE], TYPE_CNODE, 0, (uintptr_t)slots, cnode_data(radix, 0, 0));
    tcb_slots_changed(t);
}

static struct slot *new_cnode(unsigned radix)
{
    return host_memory(sizeof(struct slot) << radix);
}

static void check_address(const struct tcb *t, struct slot *root, unsigned radix, uint64_t address)
{
    struct slot *wanted = resolve(root, radix, address), *got = cap_lookup(t, address);
    if (got != wanted)
        CHECK_NUMBER("address finds another slot", address, ~address);
}

/* Root and one nested CNode of each small shape; every address of 12 path bits, and wrong low bits. */
static void exhaustive(void)
{
    for (unsigned shape = 0; shape < 3 * 3 * 4; shape++) {
        world_reset();
        unsigned radix = 1 + shape % 3, inner = 1 + shape / 3 % 3, guard_bits = shape / 9;
        struct tcb t = {0};
        struct slot *root = new_cnode(radix), *nested = new_cnode(inner);
        set_cspace(&t, root, radix);
        slot_fill(&root[0], TYPE_CNODE, 0, (uintptr_t)root, cnode_data(radix, 1, 1)); /* a cycle */
        slot_fill(&nested[1], TYPE_CNODE, 0, (uintptr_t)nested, cnode_data(inner, guard_bits, 0));
        for (uint64_t guard = 0; guard < 1ull << guard_bits; guard++) {
            slot_fill(&root[1], TYPE_CNODE, 0, (uintptr_t)nested, cnode_data(inner, guard_bits, guard));
            for (uint64_t path = 0; path < 1 << 12; path++) {
                check_address(&t, root, radix, path << 5);
                CHECK(cap_lookup(&t, path << 5 | 1) == NULL);
                CHECK(cap_lookup(&t, path << 5 | 16) == NULL);
            }
        }
    }
}

/* A random path that mostly follows what is there. */
static uint64_t likely_address(struct slot *slots, unsigned radix)
{
    uint64_t address = 0;
    unsigned at = 5;
    for (;;) {
        uint64_t index = random_next() & ((1ull << radix) - 1);
        address |= at < 64 ? index << at : 0;
        at += radix;
        const struct slot *s = &slots[index];
        if (at >= 64 || slot_type(s) != TYPE_CNODE || random_below(8) == 0)
            break;
        address |= cnode_guard_value(s) << at;
        at += cnode_guard_bits(s);
        slots = cnode_slots(s);
        radix = cnode_radix(s);
        if (at >= 64)
            break;
    }
    return random_below(4) ? address : address ^ 1ull << random_below(64);
}

static void random_spaces(void)
{
    for (unsigned round = 0; round < 200 && !test_state.failing; round++) {
        world_reset();
        struct slot *cnodes[6];
        unsigned radix[6];
        for (unsigned i = 0; i < 6; i++)
            cnodes[i] = new_cnode(radix[i] = 1 + random_below(i == 0 && round % 50 == 0 ? 16 : 9));
        for (unsigned i = 0; i < 6; i++) {
            for (unsigned k = 0; k < 1u << radix[i]; k++) {
                unsigned to = random_below(6), guard_bits = random_below(17);
                uint64_t guard = random_next() & ((1ull << guard_bits) - 1);
                if (random_below(3))
                    slot_fill(&cnodes[i][k], TYPE_CNODE, 0, (uintptr_t)cnodes[to],
                              cnode_data(radix[to], guard_bits, guard));
                else
                    slot_fill(&cnodes[i][k], random_below(TYPE_COUNT), 0, (uintptr_t)cnodes[to],
                              cnode_data(radix[to], 0, 0));
            }
        }
        struct tcb t = {0};
        set_cspace(&t, cnodes[0], radix[0]);
        for (unsigned i = 0; i < 2000; i++)
            check_address(&t, cnodes[0], radix[0], likely_address(cnodes[0], radix[0]));
    }
}

/* A thread that has no CSpace finds one empty slot, and nothing else. */
static void no_cspace(void)
{
    struct tcb t = {0};
    long error = 0;
    tcb_slots_changed(&t);
    CHECK(cap_lookup(&t, 0) && slot_empty(cap_lookup(&t, 0)));
    for (unsigned bit = 0; bit < 64; bit++)
        CHECK(cap_lookup(&t, 1ull << bit) == NULL);
    CHECK(!cap_lookup_type(&t, 0, TYPE_CNODE, &error) && error == ERR_BAD_CAP);
}

/* ---- the operations; slot 8 an endpoint, 9 an untyped, 10 a CNode of radix 2 with a guard, 11 a frame */
static void stock(void)
{
    world_reset();
    world_caller(3, 10);
    world_object(8, TYPE_ENDPOINT, 0);
    world_object(9, TYPE_UNTYPED, 12);
    world_object(10, TYPE_CNODE, 2);
    world_object(11, TYPE_FRAME, 12);
    slot_fill(&world[12], TYPE_DEBUG, 0, 0, 0);
}

static const uint64_t pair_calls[] = {SYS_CAP_COPY, SYS_CAP_MINT, SYS_CAP_MOVE};

static void refused_pairs(void)
{
    stock();
    for (unsigned i = 0; i < 3; i++) {
        uint64_t op = pair_calls[i], own = at(SLOT_CNODE);
        check_refused("to no slot", ERR_BAD_CAP, op, at(WORLD_SLOTS), 40, own, 8, 0xff, 0);
        check_refused("to no slot: low bits", ERR_BAD_CAP, op, own | 1, 40, own, 8, 0xff, 0);
        check_refused("to an empty slot", ERR_BAD_CAP, op, at(60), 40, own, 8, 0xff, 0);
        check_refused("to no CNode", ERR_WRONG_TYPE, op, at(8), 40, own, 8, 0xff, 0);
        check_refused("to index too high", ERR_BAD_ARGUMENT, op, own, WORLD_SLOTS, own, 8, 0xff, 0);
        check_refused("to index wraps", ERR_BAD_ARGUMENT, op, own, ~0ull, own, 8, 0xff, 0);
        check_refused("to index of 2^32", ERR_BAD_ARGUMENT, op, own, 1ull << 32 | 40, own, 8, 0xff, 0);
        check_refused("from an empty slot as CNode", ERR_BAD_CAP, op, own, 40, at(60), 8, 0xff, 0);
        check_refused("from no CNode", ERR_WRONG_TYPE, op, own, 40, at(11), 8, 0xff, 0);
        check_refused("from index too high", ERR_BAD_ARGUMENT, op, own, 40, at(10), 4, 0xff, 0);
        check_refused("from an empty slot", ERR_BAD_CAP, op, own, 40, own, 60, 0xff, 0);
        check_refused("to an occupied slot", ERR_OCCUPIED, op, own, 8, own, 11, 0xff, 0);
        check_refused("to itself", ERR_OCCUPIED, op, own, 8, own, 8, 0xff, 0);
    }
    check_refused("copy of an untyped", ERR_WRONG_TYPE, SYS_CAP_COPY, at(1), 40, at(1), 9, 0xff, 0);
    check_refused("mint of an untyped", ERR_WRONG_TYPE, SYS_CAP_MINT, at(1), 40, at(1), 9, 0xff, 0);
    check_refused("mint of a frame", ERR_WRONG_TYPE, SYS_CAP_MINT, at(1), 40, at(1), 11, 0xff, 0);
    check_refused("mint of a TCB", ERR_WRONG_TYPE, SYS_CAP_MINT, at(1), 40, at(1), 3, 0xff, 0);
    check_refused("guard of 17 bits", ERR_BAD_ARGUMENT, SYS_CAP_MINT, at(1), 40, at(1), 10, 0xff, 17);
    check_refused("guard value too wide", ERR_BAD_ARGUMENT, SYS_CAP_MINT, at(1), 40, at(1), 10, 0xff,
                  8 << 8 | 3);
    check_refused("guard of no bits", ERR_BAD_ARGUMENT, SYS_CAP_MINT, at(1), 40, at(1), 10, 0xff, 1 << 8);
    check_refused("guard value of 56 bits", ERR_BAD_ARGUMENT, SYS_CAP_MINT, at(1), 40, at(1), 10, 0xff,
                  ~0xffull | 16);
}

static void refused_others(void)
{
    stock();
    check_refused("delete in no CNode", ERR_WRONG_TYPE, SYS_CAP_DELETE, at(8), 0, 0, 0, 0, 0);
    check_refused("delete at no index", ERR_BAD_ARGUMENT, SYS_CAP_DELETE, at(10), 4, 0, 0, 0, 0);
    check_refused("delete of nothing", 0, SYS_CAP_DELETE, at(1), 60, 0, 0, 0, 0);
    check_refused("cancel nothing", ERR_BAD_CAP, SYS_CAP_CANCEL_BADGED, at(1), 60, 0, 0, 0, 0);
    check_refused("cancel out of range", ERR_BAD_ARGUMENT, SYS_CAP_CANCEL_BADGED, at(1), WORLD_SLOTS, 0, 0, 0,
                  0);
    check_refused("cancel at a frame", ERR_WRONG_TYPE, SYS_CAP_CANCEL_BADGED, at(1), 11, 0, 0, 0, 0);
    check_refused("cancel in a frame", ERR_WRONG_TYPE, SYS_CAP_CANCEL_BADGED, at(11), 1, 0, 0, 0, 0);
    check_refused("identify nothing", ERR_BAD_CAP, SYS_CAP_IDENTIFY, at(60), 0, 0, 0, 0, 0);
    check_refused("identify nowhere", ERR_BAD_CAP, SYS_CAP_IDENTIFY, 7, 0, 0, 0, 0, 0);
    check_refused("identify a frame", TYPE_FRAME, SYS_CAP_IDENTIFY, at(11), 0, 0, 0, 0, 0);
}

static void copies_narrow(void)
{
    for (unsigned have = 0; have < 8; have++) {
        for (unsigned mask = 0; mask < 256; mask++) {
            stock();
            slot_fill(&world[20], TYPE_ENDPOINT, have, world[8].object, 0);
            CHECK_NUMBER("copy", sys(SYS_CAP_COPY, at(1), 40, at(1), 20, mask, 0), 0);
            CHECK_NUMBER("mint", sys(SYS_CAP_MINT, at(1), 41, at(1), 20, mask, 77), 0);
            CHECK(slot_rights(&world[40]) == (have & mask) && world[40].data == 0 &&
                  slot_flags(&world[40]) == 0);
            CHECK(slot_rights(&world[41]) == (have & mask) && world[41].data == 77);
            CHECK(slot_flags(&world[41]) == SLOT_NEW_BADGE);
            check_refused("a badge over a badge", ERR_IN_USE, SYS_CAP_MINT, at(1), 42, at(1), 41, 0xff, 78);
            CHECK_NUMBER("copy of badged", sys(SYS_CAP_COPY, at(1), 42, at(1), 41, 0xff, 0), 0);
            CHECK(world[42].data == 77 && world[42].object == world[8].object);
        }
    }
}

/* Mint gives a CNode its guard; a lookup through it then works, and only with that guard. */
static void guards_work(void)
{
    for (unsigned bits = 0; bits <= 16; bits++) {
        stock();
        uint64_t guard = bits ? (1ull << (bits - 1)) : 0;
        CHECK_NUMBER("mint", sys(SYS_CAP_MINT, at(1), 40, at(1), 10, 0xff, guard << 8 | bits), 0);
        CHECK(world[40].data == cnode_data(2, bits, guard) && slot_flags(&world[40]) == 0);
        CHECK_NUMBER("copy into it", sys(SYS_CAP_COPY, at(10), 3, at(1), 8, 0xff, 0), 0);
        uint64_t path = 40 | guard << WORLD_RADIX | 3ull << (WORLD_RADIX + bits);
        CHECK_NUMBER("through it", sys(SYS_CAP_IDENTIFY, at(path), 0, 0, 0, 0, 0), TYPE_ENDPOINT);
        for (unsigned wrong = 0; wrong < bits; wrong++)
            CHECK_NUMBER("past the guard",
                         sys(SYS_CAP_IDENTIFY, at(path ^ 1ull << (WORLD_RADIX + wrong)), 0, 0, 0, 0, 0),
                         ERR_BAD_CAP);
        CHECK_NUMBER("empty slot past it",
                     sys(SYS_CAP_IDENTIFY, at(path ^ 1ull << (WORLD_RADIX + bits)), 0, 0, 0, 0, 0),
                     ERR_BAD_CAP);
    }
}

static void moves(void)
{
    stock();
    for (unsigned from = 8; from <= 12; from++) {
        struct slot was = world[from];
        CHECK_NUMBER("move", sys(SYS_CAP_MOVE, at(1), 40 + from, at(1), from, 0, 0), 0);
        CHECK(memcmp(&world[40 + from], &was, sizeof was) == 0 && slot_empty(&world[from]));
    }
    CHECK_NUMBER("a CNode into itself", sys(SYS_CAP_MOVE, at(50), 1, at(1), 50, 0, 0), 0);
    CHECK(slot_empty(&world[50]));
}

int main(void)
{
    random_seed();
    test_run("cnode: lookup, every address of small spaces", exhaustive);
    test_run("cnode: lookup, random spaces", random_spaces);
    test_run("cnode: lookup without a CSpace", no_cspace);
    test_run("cnode: copy, mint, move: every error, nothing changes", refused_pairs);
    test_run("cnode: delete, identify: errors and no-ops change nothing", refused_others);
    test_run("cnode: copies narrow rights and keep badges", copies_narrow);
    test_run("cnode: guards", guards_work);
    test_run("cnode: moves", moves);
    return test_end();
}
