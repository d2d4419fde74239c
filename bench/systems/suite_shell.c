/* How long does a system to use take from the first instruction of the machine to its prompt? */
#include "operations.h"
#include "region.h"

enum { SAMPLES = 3 /* of one boot, and so all the same */ };

const volatile uint64_t *prompt_stood; /* where the description maps what watch.c has seen */

static bool prepare(const struct benchmark *self)
{
    if (*prompt_stood == 0)
        BENCH_ERROR("%s: there is no prompt", self->id);
    return *prompt_stood != 0;
}

/* With what the harness takes off for the clock's two readings. */
static bool boot(const struct benchmark *self, uint64_t *ticks)
{
    (void)self;
    REGION_BEGIN();
    REGION_END();
    *ticks = *prompt_stood + shot_ticks();
    return true;
}

const struct benchmark sdk_benchmarks[] = {
    {.id = "boot.to_shell", .cross = true, .prepare = prepare, .sample = boot, .samples_max = SAMPLES},
};
const size_t sdk_benchmark_count = 1;
