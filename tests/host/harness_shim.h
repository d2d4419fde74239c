/* Before bench/harness.c on the host: a measured region whose clock is the test's (harness_test.c). */
#ifndef HARNESS_SHIM_H
#define HARNESS_SHIM_H

#include <stdbool.h>
#include <stdint.h>

#define BENCH_SHOT_H /* in place of bench/shot.h */

struct shot {
    uint64_t ticks;
};
extern struct shot shot;
extern void (*shot_hook)(bool before);

/* What the next empty region takes. */
uint64_t fake_overhead(void);
#define SHOT(body, op_number) (shot.ticks = sizeof body == 1 && (op_number) == 0 ? fake_overhead() : 0)
enum { BATCH = 64 };

static inline uint64_t shot_ticks(void)
{
    return shot.ticks;
}

#endif
