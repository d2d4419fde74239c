/* What does it cost to find a capability: in the root CNode, one and two CNodes below it, or not at all?
   The measured call is cap_identify, which does nothing else; syscall.null is what remains without it. */
#include "harness.h"
#include "shot.h"

/* Each nested CNode has a guard of one bit of value 1: without it, its slot 0 would have no address. */
enum { RADIX = 4, GUARD_BITS = 1, GUARD = 1, LEVEL_BITS = GUARD_BITS + RADIX, CHILD = 5, GRANDCHILD = 6 };

static cap_t address[4]; /* by depth; 0: missing */

static unsigned root_radix(void)
{
    unsigned radix = 0;
    while (UINT64_C(1) << radix < suite_boot->slot_count)
        radix++;
    return radix;
}

/* The path bits that lead from a nested CNode on to its slot `index`. */
static uint64_t level(uint64_t index)
{
    return GUARD | index << GUARD_BITS;
}

static bool copy_endpoint(const char *id, cap_t cnode, uint64_t index, uint64_t ep)
{
    long error = cap_copy(cnode, index, cap_at(CAP_SELF_CNODE), ep, RIGHT_ALL);
    if (error != 0)
        BENCH_ERROR("%s: cap_copy: %s", id, error_name(error));
    return error == 0;
}

static bool mint_cnode(const char *id, cap_t to, uint64_t index, uint64_t cnode)
{
    long error = cap_mint(to, index, cap_at(CAP_SELF_CNODE), cnode, RIGHT_ALL, cnode_guard(GUARD_BITS, GUARD));
    if (error != 0)
        BENCH_ERROR("%s: cap_mint of a CNode: %s", id, error_name(error));
    return error == 0;
}

static bool prepare(const struct benchmark *self)
{
    if (address[1] != 0)
        return true;
    uint64_t ep = object_new(TYPE_ENDPOINT, 0), top = slot_new();
    uint64_t first = object_new(TYPE_CNODE, RADIX), second = object_new(TYPE_CNODE, RADIX);
    if (!mint_cnode(self->id, cap_at(CAP_SELF_CNODE), top, first) ||
        !mint_cnode(self->id, cap_at(first), GRANDCHILD, second) ||
        !copy_endpoint(self->id, cap_at(first), CHILD, ep) ||
        !copy_endpoint(self->id, cap_at(second), CHILD, ep))
        return false;
    unsigned root = root_radix();
    address[0] = cap_at(slot_new());
    address[1] = cap_at(ep);
    address[2] = cap_at(top | level(CHILD) << root);
    address[3] = cap_at(top | level(GRANDCHILD) << root | level(CHILD) << (root + LEVEL_BITS));
    return true;
}

static bool sample(const struct benchmark *self, uint64_t *ticks)
{
    long expected = self->variant == 0 ? ERR_BAD_CAP : TYPE_ENDPOINT;
    shot.target = address[self->variant];
    SHOT("mov " SHOT_TARGET ", %%rdi\n\tmov %[op], %%eax\n\tsyscall\n\t", SYS_CAP_IDENTIFY);
    *ticks = shot_ticks();
    if ((long)shot.result == expected)
        return true;
    BENCH_ERROR("%s: cap_identify(%lx) returned %ld, not %ld", self->id, shot.target, (long)shot.result,
                expected);
    return false;
}

#define LOOKUP(name, depth)                                                                                    \
    {                                                                                                          \
        .id = "cap.lookup/" name, .boot = BOOT_FAST, .variant = depth, .prepare = prepare, .sample = sample    \
    }
static const struct benchmark list[] = {
    LOOKUP("1", 1),
    LOOKUP("2", 2),
    LOOKUP("3", 3),
    LOOKUP("missing", 0),
};
BENCHMARKS(020, cap_lookup, list);
