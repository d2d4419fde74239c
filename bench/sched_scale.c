/* Does a context switch cost more when many threads are ready? Two threads yield to one another while others
   are ready on all lower priorities; those never run. */
#include "harness.h"
#include "partner.h"
#include "shot.h"
#include "yield_pair.h"

enum { LOWEST = SENTINEL_PRIORITY + 1, THREADS_MAX = 1000 };

static uint64_t tcb[THREADS_MAX]; /* slots */
static unsigned ready;

/* A thread that is ready and never runs needs no stack and no code. */
static bool make_ready(const struct benchmark *self, unsigned priority)
{
    if (tcb[ready] == 0) {
        tcb[ready] = object_new(TYPE_TCB, 0);
        thread_configure(cap_at(tcb[ready]), cap_at(CAP_SELF_CNODE), cap_at(CAP_SELF_SPACE), suite_fault_ep,
                         priority, priority);
    }
    long error = thread_resume(cap_at(tcb[ready++]));
    if (error != 0)
        BENCH_ERROR("%s: thread %u cannot be made ready: %s", self->id, ready, error_name(error));
    return error == 0;
}

/* A yield of the only thread is a system call that finds nobody. */
static bool sample_alone(const struct benchmark *self, uint64_t *ticks)
{
    SHOT("mov %[op], %%eax\n\tsyscall\n\t", SYS_YIELD);
    *ticks = shot_ticks();
    if (shot.result != 0)
        BENCH_ERROR("%s: yield returned %ld", self->id, (long)shot.result);
    return shot.result == 0;
}

static bool prepare_alone(const struct benchmark *self)
{
    (void)self;
    return true;
}

/* The two that yield count: this many others. */
static bool prepare(const struct benchmark *self)
{
    for (ready = 0; ready + 2 < self->variant;) {
        if (!make_ready(self, LOWEST + ready % (BENCH_PRIORITY - LOWEST)))
            return false;
    }
    return yield_pair_open(self);
}

static void finish(void)
{
    yield_pair_close();
    while (ready > 0)
        thread_suspend(cap_at(tcb[--ready]));
}

#define SCALE(name, path, threads)                                                                             \
    {                                                                                                          \
        .id = "sched.scale/" name #threads, .boot = path, .variant = threads, .prepare = prepare,              \
        .sample = yield_pair_sample, .finish = finish                                                          \
    }
#define ALONE(name, path)                                                                                      \
    {                                                                                                          \
        .id = "sched.scale/" name "1", .boot = path, .prepare = prepare_alone, .sample = sample_alone          \
    }
static const struct benchmark list[] = {
    ALONE("", BOOT_FAST),           SCALE("", BOOT_FAST, 2),
    SCALE("", BOOT_FAST, 10),       SCALE("", BOOT_FAST, 100),
    SCALE("", BOOT_FAST, 1000),     ALONE("slow/", BOOT_SLOW),
    SCALE("slow/", BOOT_SLOW, 2),   SCALE("slow/", BOOT_SLOW, 10),
    SCALE("slow/", BOOT_SLOW, 100), SCALE("slow/", BOOT_SLOW, 1000),
};
BENCHMARKS(080, sched_scale, list);
