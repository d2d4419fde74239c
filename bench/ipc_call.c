/* What does handing a message and the CPU to a waiting server cost: from before the client's call until after
   the server's receive? */
#include "ipc_pair.h"

#define BATCH_FUNCTION NULL

static bool prepare(const struct benchmark *self)
{
    return pair_open(self, SERVICE_STAMP_RECV);
}

/* The server read the second time; it is the label of its reply. */
static bool sample(const struct benchmark *self, uint64_t *ticks)
{
    PAIR_SHOT(self);
    *ticks = shot.label - shot.start;
    return pair_check(self, pair_label_and_badge());
}

static const struct benchmark list[] = {IPC_ROWS("ipc.call")};
BENCHMARKS(030, ipc_call, list);
