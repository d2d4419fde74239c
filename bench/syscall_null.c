/* What do entering and leaving the kernel cost, when it does nothing in between? */
#include "harness.h"
#include "shot.h"

#define BODY "mov %[op], %%eax\n\tsyscall\n\t"

static bool check(const struct benchmark *self)
{
    if (shot.result == 0)
        return true;
    BENCH_ERROR("%s: the system call returned %s", self->id, error_name((long)shot.result));
    return false;
}

static bool prepare(const struct benchmark *self)
{
    (void)self;
    return true;
}

static bool sample(const struct benchmark *self, uint64_t *ticks)
{
    SHOT(BODY, SYS_NULL);
    *ticks = shot_ticks();
    return check(self);
}

static bool batch(const struct benchmark *self, uint64_t *ticks)
{
    SHOT(TIMES_64(BODY), SYS_NULL);
    *ticks = shot_ticks();
    return check(self);
}

static const struct benchmark list[] = {
    {.id = "syscall.null", .boot = BOOT_FAST, .prepare = prepare, .sample = sample, .batch = batch},
};
BENCHMARKS(010, syscall_null, list);
