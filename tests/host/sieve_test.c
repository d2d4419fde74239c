/* bench/sieve.c: which samples it lets pass, when it gives up, and that its chain of additions really is a chain. */
#include "abi.h"
#include "sieve.h"
#include "test.h"

enum { N = 100, HZ = 1000000000 };

static struct sieve guard_for(uint64_t usual)
{
    uint64_t warm_up[9] = {usual, 1, usual, 5 * usual, usual, usual, 1, 9 * usual, usual};
    return sieve_of(warm_up, 9, N);
}

/* Before sieve_start: no matter how long a sample took. */
static void off(void)
{
    struct sieve g = guard_for(100);
    CHECK(g.limit == 0 && sieve_passes(&g, ~0ul) && g.rejected == 0 && sieve_verdict(&g) == NULL);
    CHECK(!sieve_is_on() && sieve_core_clock() == 0);
}

static void the_limit(void)
{
    uint64_t least = HZ / 20000, gap = 8 * sieve_tick_cost(), room = gap > least ? gap : least;
    CHECK(sieve_is_on());
    for (uint64_t usual = 10; usual < 10000000; usual *= 10) {
        struct sieve g = guard_for(usual);
        CHECK(g.limit == 2 * usual + room);
        CHECK(sieve_passes(&g, 0) && sieve_passes(&g, g.limit) && g.rejected == 0);
        CHECK(!sieve_passes(&g, g.limit + 1) && g.rejected == 1 && g.largest == g.limit + 1);
        CHECK(!sieve_passes(&g, g.limit + 9) && !sieve_passes(&g, g.limit + 2));
        CHECK(g.rejected == 3 && g.largest == g.limit + 9 && sieve_verdict(&g) == NULL);
    }
}

/* One in ten, and a few: then the samples pass, so that the attempt ends, and it is worth nothing. */
static void gives_up(void)
{
    struct sieve g = guard_for(100);
    unsigned rejected = 0;
    while (rejected < 10 * N && !sieve_passes(&g, g.limit + 1))
        rejected++;
    CHECK(rejected == N / 10 + 5);
    CHECK(sieve_verdict(&g) != NULL && sieve_passes(&g, g.limit + 1));
}

/* Between a core ten times as fast as the counter and one three times as slow; and most of the time it says the
 * same. */
static void core_clock(void)
{
    unsigned alike = 0;
    for (unsigned i = 0; i < 20; i++) {
        uint64_t a = sieve_core_clock(), b = sieve_core_clock();
        CHECK(a > 100 && a < 3000);
        alike += (a > b ? a - b : b - a) * 10 < a;
    }
    CHECK(alike > 5);
}

int main(void)
{
    test_run("sieve off", off);
    sieve_start(HZ);
    test_run("sieve limit", the_limit);
    test_run("sieve gives up", gives_up);
    test_run("sieve core clock", core_clock);
    return test_end();
}
