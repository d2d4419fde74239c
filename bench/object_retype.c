/* What does it cost to make an object of each type, its memory cleared? One retype of one object into an empty
   slot; frames are of 4 KiB, CNodes have 16 slots, untyped memory has 4 KiB. */
#include "harness.h"
#include "shot.h"

enum { UNTYPED_BITS = 21, CNODE_RADIX = 4 };

static uint64_t memory, anchor, made; /* slots; 0: not made yet */

static bool zero(const struct benchmark *self, const char *what, long result)
{
    if (result != 0)
        BENCH_ERROR("%s: %s: %s", self->id, what, error_name(result));
    return result == 0;
}

static long make(unsigned type, unsigned size_bits, uint64_t slot)
{
    return retype(cap_at(memory), type, size_bits, cap_at(CAP_SELF_CNODE), slot, 1);
}

/* One small object stays, so that the untyped has a child and the measured call is not the one that starts it
   again from its beginning. */
static bool prepare(const struct benchmark *self)
{
    if (memory != 0)
        return true;
    memory = object_new(TYPE_UNTYPED, UNTYPED_BITS);
    anchor = slot_new(), made = slot_new();
    return zero(self, "making the first object", make(TYPE_ENDPOINT, 0, anchor));
}

static unsigned size_bits(unsigned type)
{
    switch (type) {
    case TYPE_CNODE: return CNODE_RADIX;
    case TYPE_FRAME:
    case TYPE_UNTYPED: return 12;
    default: return 0;
    }
}

static bool start_again(const struct benchmark *self)
{
    cap_t own = cap_at(CAP_SELF_CNODE);
    return zero(self, "deleting the first object", cap_delete(own, anchor)) &&
           zero(self, "making it again", make(TYPE_ENDPOINT, 0, anchor));
}

static bool sample(const struct benchmark *self, uint64_t *ticks)
{
    for (int tries = 0; tries < 2; tries++) {
        shot_arguments(cap_at(memory), self->variant, size_bits(self->variant), cap_at(CAP_SELF_CNODE), made,
                       1);
        SHOT(PLAIN_BODY, SYS_RETYPE);
        if ((long)shot.result != ERR_NO_MEMORY)
            break;
        if (!start_again(self))
            return false;
    }
    *ticks = shot_ticks();
    return zero(self, "the measured call", (long)shot.result) &&
           zero(self, "what it made", cap_identify(cap_at(made)) - (long)self->variant) &&
           zero(self, "cap_delete", cap_delete(cap_at(CAP_SELF_CNODE), made));
}

#define RETYPE(name, type)                                                                                     \
    {                                                                                                          \
        .id = "object.retype/" name, .boot = BOOT_FAST, .variant = type, .prepare = prepare, .sample = sample  \
    }
static const struct benchmark list[] = {
    RETYPE("untyped", TYPE_UNTYPED),
    RETYPE("cnode", TYPE_CNODE),
    RETYPE("tcb", TYPE_TCB),
    RETYPE("endpoint", TYPE_ENDPOINT),
    RETYPE("notification", TYPE_NOTIFICATION),
    RETYPE("address_space", TYPE_ADDRESS_SPACE),
    RETYPE("page_table", TYPE_PAGE_TABLE),
    RETYPE("frame", TYPE_FRAME),
    RETYPE("extended_state", TYPE_EXTENDED_STATE),
};
BENCHMARKS(140, object_retype, list);
