/* bench_linux: the host's Linux, measured by the harness, the clock and the statistics of Baton's own suite.
   scripts/verbs/bench_linux.py runs it and reads its lines. */
#include "native.h"
#include "operations.h"
#include "os.h"

int main(int argc, char **argv)
{
    struct native n;
    if (!native_options(&n, argc, argv))
        return 2;
    if (!native_settle(&n))
        return 1;
    n.can = linux_can;
    const struct bootinfo clock = {.fastpath = 1, .tsc_hz = os_tsc_hz()};
    event_boot(&clock);
    print("cpu %d, %s\n", os_cpu,
          os_real_time ? "real-time class" : "no real-time class: linux.sched_yield is left out");
    return native_run(&n, linux_benchmarks, linux_benchmark_count);
}
