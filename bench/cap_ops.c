/* What do the operations on one capability cost? The capability is a copy of an endpoint's, in the root CNode.
 */
#include "harness.h"
#include "shot.h"

enum { BADGE = 7 };

static uint64_t from, to; /* slots; `to` is empty between the samples */

static bool prepare(const struct benchmark *self)
{
    (void)self;
    if (from == 0) {
        from = object_new(TYPE_ENDPOINT, 0);
        to = slot_new();
    }
    return true;
}

static bool zero(const struct benchmark *self, const char *what, long result)
{
    if (result != 0)
        BENCH_ERROR("%s: %s: %s", self->id, what, error_name(result));
    return result == 0;
}

static cap_t own(void)
{
    return cap_at(CAP_SELF_CNODE);
}

/* `to` holds what it should, and is emptied again. */
static bool made(const struct benchmark *self, uint64_t *ticks)
{
    *ticks = shot_ticks();
    return zero(self, "the measured call", (long)shot.result) &&
           zero(self, "what it made", cap_identify(cap_at(to)) - TYPE_ENDPOINT) &&
           zero(self, "cap_delete", cap_delete(own(), to));
}

static bool copy(const struct benchmark *self, uint64_t *ticks)
{
    shot_arguments(own(), to, own(), from, RIGHT_ALL, 0);
    SHOT(PLAIN_BODY, SYS_CAP_COPY);
    return made(self, ticks);
}

static bool mint(const struct benchmark *self, uint64_t *ticks)
{
    shot_arguments(own(), to, own(), from, RIGHT_SEND, BADGE);
    SHOT(PLAIN_BODY, SYS_CAP_MINT);
    return made(self, ticks);
}

static bool move(const struct benchmark *self, uint64_t *ticks)
{
    shot_arguments(own(), to, own(), from, 0, 0);
    SHOT(PLAIN_BODY, SYS_CAP_MOVE);
    *ticks = shot_ticks();
    return zero(self, "the measured call", (long)shot.result) &&
           zero(self, "moving it back", cap_move(own(), from, own(), to));
}

static bool delete_copy(const struct benchmark *self, uint64_t *ticks)
{
    if (!zero(self, "cap_copy", cap_copy(own(), to, own(), from, RIGHT_ALL)))
        return false;
    shot_arguments(own(), to, 0, 0, 0, 0);
    SHOT(PLAIN_BODY, SYS_CAP_DELETE);
    *ticks = shot_ticks();
    return zero(self, "the measured call", (long)shot.result) &&
           zero(self, "what is left", cap_identify(cap_at(to)) - ERR_BAD_CAP);
}

static const struct benchmark list[] = {
    {.id = "cap.copy", .boot = BOOT_FAST, .prepare = prepare, .sample = copy},
    {.id = "cap.mint", .boot = BOOT_FAST, .prepare = prepare, .sample = mint},
    {.id = "cap.move", .boot = BOOT_FAST, .prepare = prepare, .sample = move},
    {.id = "cap.delete", .boot = BOOT_FAST, .prepare = prepare, .sample = delete_copy},
};
BENCHMARKS(120, cap_ops, list);
