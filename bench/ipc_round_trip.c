/* What does a protected call to a server and back cost? */
#include "ipc_pair.h"

#define BATCH_FUNCTION batch

static bool prepare(const struct benchmark *self)
{
    return pair_open(self, SERVICE_ECHO);
}

static bool check(const struct benchmark *self, uint64_t label)
{
    if (shot.label == label)
        return pair_check(self, 0);
    BENCH_ERROR("%s: the call returned %ld, label %lx instead of %lx", self->id, (long)shot.result, shot.label,
                label);
    return false;
}

static bool sample(const struct benchmark *self, uint64_t *ticks)
{
    PAIR_SHOT(self);
    *ticks = shot_ticks();
    return check(self, pair_label_and_badge());
}

/* In a batch the words and the label of a reply are those of the next call, with 1 added to the label, which
   takes as long as to load one. So the last label says how many of the calls were answered. */
#define NEXT_CALL_BODY                                                                                         \
    "mov " SHOT_TARGET ", %%rdi\n\t"                                                                           \
    "lea 1(%%rsi), %%rsi\n\t"                                                                                  \
    "mov %[op], %%eax\n\t"                                                                                     \
    "syscall\n\t"

static bool batch(const struct benchmark *self, uint64_t *ticks)
{
    pair_load();
    uint64_t label = shot.label + BATCH * (1 + CLIENT_BADGE);
    if (self->variant == 0)
        SHOT(TIMES_64(CLEAR_WORDS NEXT_CALL_BODY), SYS_CALL);
    else
        SHOT(TIMES_64(NEXT_CALL_BODY), SYS_CALL);
    *ticks = shot_ticks();
    return check(self, label);
}

static const struct benchmark list[] = {IPC_ROWS("ipc.round_trip")};
BENCHMARKS(050, ipc_round_trip, list);
