/* What does a context switch by itself cost: from before one thread's yield until after the other's? */
#include "yield_pair.h"

#define YIELD(name, path, is_cross)                                                                            \
    {                                                                                                          \
        .id = "switch.yield/" name, .boot = path, .cross = is_cross, .prepare = yield_pair_open,               \
        .sample = yield_pair_sample, .finish = yield_pair_close                                                \
    }
static const struct benchmark list[] = {
    YIELD("same", BOOT_FAST, false),
    YIELD("cross", BOOT_FAST, true),
    YIELD("same/slow", BOOT_SLOW, false),
    YIELD("cross/slow", BOOT_SLOW, true),
};
BENCHMARKS(070, switch_yield, list);
