#include "sieve.h"

#include "abi.h"
#include "stats.h"

/* A sample may take what LIMIT_TICKS ticks of the kernel's clock take beyond twice the usual: a tick may
   really fall into a sample, and with it the caches that it empties and the exits that a hypervisor needs for
   it. Being put aside for another program takes longer. FLOOR_HZ: nor is less than one 20000th of a second
   taken for that. */
enum { LIMIT_TICKS = 8, FLOOR_HZ = 20000, USUAL = 2 };
enum { ALLOWED_PART = 10, ALLOWED_LEAST = 5 }; /* one sample in ten, rejected, is enough */
enum { TICKS_WATCHED = 32, PATIENCE = 16 };
enum { SHOTS = 15, CHAIN = 1024, SHORT = 1, LONG = 17 };

static bool is_on;
static uint64_t tick_cost, least_gap;

static uint64_t read_clock(void)
{
    uint32_t low, high;
    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

/* Ticks of `rounds` times CHAIN additions, each of which needs the sum before it. An addition of two registers
   takes one cycle on every x86 since the P6, and in a chain none overlaps with another; additions of a constant
   are not used, as some cores leave these out altogether (they add them up where they rename registers). */
static uint64_t chain(uint64_t rounds)
{
    uint64_t sum = 0, one = 1, start = read_clock();
    __asm__ volatile("1: .rept %c[chain]\n\t"
                     "add %[one], %[sum]\n\t"
                     ".endr\n\t"
                     "dec %[rounds]\n\t"
                     "jnz 1b"
                     : [sum] "+r"(sum), [rounds] "+r"(rounds)
                     : [one] "r"(one), [chain] "i"(CHAIN)
                     : "cc");
    return read_clock() - start;
}

static uint64_t median_of_chains(uint64_t rounds)
{
    uint64_t shots[SHOTS];
    for (size_t i = 0; i < SHOTS; i++)
        shots[i] = chain(rounds);
    stats_sort(shots, SHOTS);
    return stats_percentile(shots, SHOTS, 50);
}

/* The difference of a long chain and a short one leaves out the clock and the last jump, which is predicted
 * wrongly. */
uint64_t sieve_core_clock(void)
{
    enum { CYCLES = (LONG - SHORT) * CHAIN };
    if (!is_on)
        return 0;
    uint64_t few = median_of_chains(SHORT), many = median_of_chains(LONG);
    return many > few ? ((many - few) * 1000 + CYCLES / 2) / CYCLES : 0;
}

/* Puts a gap among the largest, which descend. */
static void insert(uint64_t *largest, uint64_t gap)
{
    size_t i = TICKS_WATCHED - 1;
    for (; i > 0 && largest[i - 1] < gap; i--)
        largest[i] = largest[i - 1];
    largest[i] = gap;
}

/* Reads the clock over and over while TICKS_WATCHED ticks come. That many of the gaps are theirs; a host may add
   some larger ones of its own, but it would have to interrupt as often as the kernel's own clock to move their
   median far. */
static uint64_t watch_ticks(uint64_t tsc_hz)
{
    uint64_t largest[TICKS_WATCHED] = {0}, last = read_clock(), period = tsc_hz / TICK_HZ;
    uint64_t end = last + TICKS_WATCHED * period, latest = last + PATIENCE * TICKS_WATCHED * period;
    while (last < end && last < latest) {
        uint64_t now = read_clock(), gap = now - last;
        if (gap > period / 2) /* the guest was asleep, and its ticks with it: they are still to come */
            end += gap;
        else if (gap > largest[TICKS_WATCHED - 1])
            insert(largest, gap);
        last = now;
    }
    return largest[TICKS_WATCHED / 2];
}

void sieve_start(uint64_t tsc_hz)
{
    is_on = true;
    tick_cost = watch_ticks(tsc_hz);
    least_gap = tsc_hz / FLOOR_HZ;
}

bool sieve_is_on(void)
{
    return is_on;
}

uint64_t sieve_tick_cost(void)
{
    return tick_cost;
}

struct sieve sieve_of(uint64_t *warm_up, size_t count, size_t n)
{
    struct sieve g = {.allowed = n / ALLOWED_PART + ALLOWED_LEAST};
    if (!is_on || count == 0)
        return g;
    stats_sort(warm_up, count);
    uint64_t gap = LIMIT_TICKS * tick_cost;
    g.limit = USUAL * stats_percentile(warm_up, count, 50) + (gap > least_gap ? gap : least_gap);
    return g;
}

bool sieve_passes(struct sieve *g, uint64_t ticks)
{
    if (g->limit == 0 || ticks <= g->limit)
        return true;
    g->rejected++;
    if (ticks > g->largest)
        g->largest = ticks;
    return g->rejected > g->allowed; /* given up: let it end */
}

const char *sieve_verdict(const struct sieve *g)
{
    return g->rejected > g->allowed ? "the machine below interrupted more than one sample in ten" : NULL;
}
