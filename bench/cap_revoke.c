/* How does the cost of a revoke grow with the number of capabilities that go? Children are copies of an
   endpoint's capability, all derived from the one that is revoked, in a CNode of their own. */
#include "harness.h"
#include "shot.h"

enum { RADIX = 14, SLOTS = 1 << RADIX };

static uint64_t parent, cnode; /* slots; 0: not made yet */

static bool prepare(const struct benchmark *self)
{
    (void)self;
    if (parent == 0) {
        parent = object_new(TYPE_ENDPOINT, 0);
        cnode = object_new(TYPE_CNODE, RADIX);
    }
    return true;
}

static bool make_children(const struct benchmark *self)
{
    for (uint64_t i = 0; i < self->variant; i++) {
        long error = cap_copy(cap_at(cnode), i, cap_at(CAP_SELF_CNODE), parent, RIGHT_ALL);
        if (error != 0) {
            BENCH_ERROR("%s: child %lu: %s", self->id, i, error_name(error));
            return false;
        }
    }
    return true;
}

static bool sample(const struct benchmark *self, uint64_t *ticks)
{
    if (!make_children(self))
        return false;
    shot_arguments(cap_at(CAP_SELF_CNODE), parent, 0, 0, 0, 0);
    SHOT(PLAIN_BODY, SYS_CAP_REVOKE);
    *ticks = shot_ticks();
    long error = (long)shot.result;
    if (error == 0) /* the last slot is empty again: it can be filled */
        error = cap_copy(cap_at(cnode), self->variant - 1, cap_at(CAP_SELF_CNODE), parent, RIGHT_ALL);
    if (error == 0)
        error = cap_delete(cap_at(cnode), self->variant - 1);
    if (error != 0)
        BENCH_ERROR("%s: %s", self->id, error_name(error));
    return error == 0;
}

#define REVOKE(children, samples)                                                                              \
    {                                                                                                          \
        .id = "cap.revoke/" #children, .boot = BOOT_FAST, .variant = children, .prepare = prepare,             \
        .sample = sample, .samples_max = samples                                                               \
    }
static const struct benchmark list[] = {
    REVOKE(1, 0), REVOKE(10, 0), REVOKE(100, 200), REVOKE(1000, 50), REVOKE(10000, 11),
};
_Static_assert(SLOTS >= 10000, "the children fit the CNode");
BENCHMARKS(130, cap_revoke, list);
