/* What does a yield cost when N threads of one priority are ready, so that the next one is not alone in its queue? The
   first two are a pair as in switch.yield/cross; the others stand between the second and the first. */
#include "crowd.h"
#include "yield_pair.h"

static bool prepare(const struct benchmark *self)
{
    if (!yield_pair_open(self))
        return false;
    crowd_start(self->variant - 2);
    return true;
}

static void finish(void)
{
    crowd_stop();
    yield_pair_close();
}

#define READY(name, path, count)                                                                               \
    {                                                                                                          \
        .id = "switch.yield/ready/" name #count, .boot = path, .cross = true, .variant = count,                \
        .prepare = prepare, .sample = yield_pair_sample, .finish = finish                                      \
    }
static const struct benchmark list[] = {
    READY("", BOOT_FAST, 3),      READY("", BOOT_FAST, 10),      READY("", BOOT_FAST, 100),
    READY("slow/", BOOT_SLOW, 3), READY("slow/", BOOT_SLOW, 10), READY("slow/", BOOT_SLOW, 100),
};
BENCHMARKS(072, switch_ready, list);
