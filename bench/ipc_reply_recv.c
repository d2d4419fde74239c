/* What does answering and handing the CPU back cost: from before the server's reply_recv until after the
   client's call? */
#include "ipc_pair.h"

#define BATCH_FUNCTION NULL

static bool prepare(const struct benchmark *self)
{
    return pair_open(self, SERVICE_STAMP_REPLY);
}

/* The server read the first time; a second call, which nobody measures, fetches it as the reply's label. */
static bool sample(const struct benchmark *self, uint64_t *ticks)
{
    PAIR_SHOT(self);
    if (!pair_check(self, 0))
        return false;
    struct msg fetch = {0};
    long result = ipc_call(pair_ep(), &fetch);
    *ticks = shot.end - fetch.label;
    if (result == GOT_MESSAGE && shot.label == pair_label_and_badge() && shot.end > fetch.label)
        return true;
    BENCH_ERROR("%s: the fetching call returned %ld; the reply's label was %lx", self->id, result, shot.label);
    return false;
}

static const struct benchmark list[] = {IPC_ROWS("ipc.reply_recv")};
BENCHMARKS(040, ipc_reply_recv, list);
