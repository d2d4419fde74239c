/* Runs whenever nobody else wants to, reads the clock all the time, and so sees how long others had the CPU: interrupts, the kernel's
   threads, servers. QEMU's clock counts instructions (-icount shift=0). */
#define _GNU_SOURCE
#include <sched.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>
#include "shared.h"

enum {
    QUIET = 400,       /* no gap: from one reading of the clock to the next it is shorter, even behind a gap */
    SETTLING = 2,      /* seconds for what starts with the machine; while all sleep they pass at once */
    LOOPS = 1000000,   /* in which the shortest loop is looked for */
    ALONE = 200000000, /* then, so long, only what the machine does by itself: phase 0 */
    TICK = 4000000,    /* nanoseconds: Debian's kernels have 250 in a second */
};

static uint64_t clock_now(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

static uint64_t shortest_loop(uint64_t end)
{
    uint64_t least = QUIET, last = clock_now();
    for (uint64_t now = last; now < end; last = now) {
        now = clock_now();
        least = now - last < least ? now - last : least;
    }
    return least;
}

/* How many ticks Linux has counted, without a system call. */
static uint64_t ticks_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now); /* clock: the guest's own, which instructions drive */
    return ((uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec + TICK / 2) / TICK;
}

static void take_gap(volatile struct phase *p, bool begins, uint64_t now, uint64_t gap)
{
    static uint64_t ticks;
    uint64_t before = ticks;
    ticks = ticks_now();
    if (begins) {
        p->began = now;
        p->opened = gap;
        p->opening_ticks = ticks - before;
    } else {
        p->others += gap;
        p->gaps++;
        p->ticks += ticks - before;
    }
}

_Noreturn void count_gaps(volatile struct shared *shared, void (*settled)(void))
{
    struct sched_param none = {0};
    sched_setscheduler(0, SCHED_IDLE, &none);
    sleep(SETTLING);
    shared->least = shortest_loop(clock_now() + LOOPS);
    take_gap(&shared->phase[0], true, 0, 0);
    uint64_t last = clock_now(), seen = 0, ready = last + ALONE;
    for (;;) {
        uint64_t now = clock_now(), gap = now - last, number = shared->number;
        last = now;
        if (gap <= QUIET)
            continue;
        take_gap(&shared->phase[number], number != seen, now, gap);
        seen = number;
        if (ready != 0 && now >= ready) {
            settled();
            ready = 0;
            last = clock_now();
        }
    }
}
