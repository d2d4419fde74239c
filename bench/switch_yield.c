/* What does a context switch by itself cost: from before one thread's yield until after the other's? */
#include "yield_pair.h"

#define YIELD(name, is_cross)                                                                                  \
    {                                                                                                          \
        .id = "switch.yield/" name, .boot = BOOT_FAST, .cross = is_cross, .prepare = yield_pair_open,          \
        .sample = yield_pair_sample, .finish = yield_pair_close                                                \
    }
static const struct benchmark list[] = {
    YIELD("same", false),
    YIELD("cross", true),
};
const struct benchmark_set switch_yield_set = {list, 2};
