/* What does the baton hand-over cost a program whose data, code, translations and branches are in no cache: one
   IPC after a long time of something else? Each sample is one operation; everything is evicted right before it.
 */
#include "evict.h"
#include "ipc_pair.h"

enum { SAMPLES = 50 };

static bool open_call(const struct benchmark *self)
{
    evict_open();
    return pair_open(self, SERVICE_STAMP_RECV);
}

static bool open_reply_recv(const struct benchmark *self)
{
    evict_open();
    return pair_open_caller(self);
}

static bool open_round_trip(const struct benchmark *self)
{
    evict_open();
    return pair_open(self, SERVICE_ECHO);
}

static bool label_is(const struct benchmark *self, uint64_t label)
{
    if (shot.label != label)
        BENCH_ERROR("%s: the call returned %ld, label %lx instead of %lx", self->id, (long)shot.result,
                    shot.label, label);
    return shot.label == label;
}

static bool call(const struct benchmark *self, uint64_t *ticks)
{
    pair_load();
    evict();
    SHOT(CALL_BODY, SYS_CALL);
    *ticks = shot.label - shot.start;
    return pair_check(self, pair_label_and_badge());
}

/* Here this thread is the server, because it is the one that can evict: the partner has called, and reads the
   clock as soon as it has its answer. */
static bool reply_recv(const struct benchmark *self, uint64_t *ticks)
{
    pair_load();
    evict();
    SHOT(CALL_BODY, SYS_REPLY_RECV);
    *ticks = shot.label - shot.start;
    return pair_check(self, pair_label_and_badge() - CLIENT_BADGE);
}

static bool round_trip(const struct benchmark *self, uint64_t *ticks)
{
    pair_load();
    evict();
    SHOT(CALL_BODY, SYS_CALL);
    *ticks = shot_ticks();
    return label_is(self, pair_label_and_badge()) && pair_check(self, 0);
}

#define COLD_ROW(name, space, is_cross, path, in_boot, function)                                               \
    {                                                                                                          \
        .id = "ipc." name "/" space "/" path "/8w/cold", .boot = in_boot, .cross = is_cross, .variant = 8,     \
        .prepare = open_##function, .sample = function, .finish = pair_close, .samples_max = SAMPLES,          \
        .cold = true                                                                                           \
    }
#define COLD_ROWS(name, function)                                                                              \
    COLD_ROW(name, "same", false, "fast", BOOT_FAST, function),                                                \
        COLD_ROW(name, "same", false, "slow", BOOT_SLOW, function),                                            \
        COLD_ROW(name, "cross", true, "fast", BOOT_FAST, function),                                            \
        COLD_ROW(name, "cross", true, "slow", BOOT_SLOW, function)

static const struct benchmark list[] = {
    COLD_ROWS("call", call),
    COLD_ROWS("reply_recv", reply_recv),
    COLD_ROWS("round_trip", round_trip),
};
BENCHMARKS(160, ipc_cold, list);
