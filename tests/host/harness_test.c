/* bench/harness.c on a made-up clock: what it does in which order, what is subtracted, which samples count, when it
   tries again, and when it gives up. Every statistic of every list differs from every other, so that one taken for
   another is seen. */
#include "block.h"
#include "harness.h"
#include "shot.h"
#include "test.h"

enum { N = 1000, SHOTS = 1001, WARM = 200, TRIES = 3, BIG = 100000 };
enum { WARM_TICKS = 9000, FIRST_CORE_CLOCK = 500 };

/* ---- the made-up machine */

static struct machine {
    uint64_t overhead[2 * TRIES]; /* median of each calibration: before and after, attempt by attempt */
    uint64_t spread;              /* from the first quartile to the median, and from there to the third */
    unsigned warm;                /* samples of an attempt that take WARM_TICKS and more */
    unsigned interrupted;         /* every n-th later sample takes BIG; 0: none */
    unsigned fails_at;            /* the sample that fails, counted from 1; 0: none */
    bool hopeless;                /* the sieve's verdict */
    uint64_t least;               /* of a sample, the clock's own cost in it */
} machine;

/* ---- what was seen */

static struct seen {
    char phases[200]; /* "warm*200 core calibrate*1001 ...": runs of the same are counted */
    const char *phase;
    unsigned run;
    unsigned samples, batches, calibrations, shots, of_attempt;
    unsigned results, refused, displays, blocks, tables, raws, finished, passes;
    struct result result;
    uint64_t raw[N];
    size_t raw_n, guard_count, guard_n, pass_n;
    uint64_t guard_least, guard_most;
    const char *why;
    char error[320];
} seen;

static void end_phase(void)
{
    size_t used = strlen(seen.phases);
    if (seen.phase)
        snprintf(seen.phases + used, sizeof seen.phases - used, "%s%s*%u", used ? " " : "", seen.phase,
                 seen.run);
    seen.phase = NULL, seen.run = 0;
}

static void note(const char *phase)
{
    if (!seen.phase || strcmp(seen.phase, phase) != 0) {
        end_phase();
        seen.phase = phase;
    }
    seen.run++;
}

/* Of 1001: the least 40 below the median, a quarter `spread` below, a quarter `spread` above, some far out; in an
   order that is not sorted. Their mean is another number, too. */
uint64_t fake_overhead(void)
{
    unsigned i = (seen.shots++ * 7) % SHOTS;
    uint64_t median = machine.overhead[seen.calibrations % (2 * TRIES)];
    note("calibrate");
    if (seen.shots % SHOTS == 0)
        seen.calibrations++;
    if (i == 0)
        return median - machine.spread - 11;
    if (i <= 400)
        return median - machine.spread;
    return i <= 600 ? median : i < 990 ? median + machine.spread : 700;
}

/* The first ones are slow, as in cold caches; then they rise from `least`, in an order that is not sorted. */
static bool sample(const struct benchmark *self, uint64_t *ticks)
{
    unsigned i = seen.of_attempt++;
    (void)self;
    seen.samples++;
    note(i < machine.warm ? "warm" : "sample");
    if (machine.fails_at == seen.samples)
        return false;
    if (i < machine.warm)
        *ticks = WARM_TICKS + i;
    else if (machine.interrupted && (i - machine.warm) % machine.interrupted == machine.interrupted - 1)
        *ticks = BIG + i;
    else
        *ticks = machine.least + (i - machine.warm) * 7 % N;
    return true;
}

static bool batch(const struct benchmark *self, uint64_t *ticks)
{
    (void)self;
    note("batch");
    unsigned i = seen.batches++ * 5 % 31;
    *ticks = 10000 + i * (i % 2 ? 3 : 4); /* neither the mean nor the middle one is the median */
    return true;
}

static bool prepare(const struct benchmark *self)
{
    (void)self;
    note("prepare");
    return true;
}

static void finish(void)
{
    note("finish");
    seen.finished++;
}

/* ---- what the harness calls, in place of bench/sieve.c, event.c, display.c and block.c */

struct sieve sieve_of(uint64_t *warm_up, size_t count, size_t n)
{
    seen.guard_count = count, seen.guard_n = n;
    seen.guard_least = warm_up[0], seen.guard_most = warm_up[count - 1];
    return (struct sieve){.limit = BIG - 1, .allowed = n};
}

bool sieve_passes(struct sieve *g, uint64_t ticks)
{
    if (ticks <= g->limit)
        return true;
    g->rejected++, g->largest = ticks;
    return false;
}

const char *sieve_verdict(const struct sieve *g)
{
    (void)g;
    return machine.hopeless ? "the sieve's verdict" : NULL;
}

uint64_t sieve_core_clock(void)
{
    static uint64_t calls;
    note("core");
    if (seen.samples <= WARM)
        calls = 0;
    return FIRST_CORE_CLOCK + calls++;
}

void event_result(const struct result *r)
{
    seen.results++, seen.result = *r;
}

void event_samples(const char *id, const uint64_t *samples, size_t n)
{
    (void)id;
    seen.raws++, seen.raw_n = n;
    memcpy(seen.raw, samples, n * sizeof samples[0]);
}

void event_refused(const char *id, const char *why)
{
    (void)id;
    seen.refused++, seen.why = why;
}

void table_line(const struct result *r)
{
    seen.tables += r->id != NULL;
}
void display_result(const struct result *r)
{
    seen.displays += r->id != NULL;
}
void display_refused(const char *id)
{
    seen.displays += id != NULL;
}
void block_result(const struct result *r)
{
    seen.blocks += r->id != NULL;
}
void block_refused(const char *id)
{
    seen.blocks += id != NULL;
}
void display_error(const char *why)
{
    seen.displays += why != NULL;
}
void event_error(const char *why)
{
    snprintf(seen.error, sizeof seen.error, "%s", why);
}

static bool further(const struct benchmark *b, size_t samples)
{
    (void)b;
    note("pass");
    seen.passes++, seen.pass_n = samples;
    return true;
}

/* ---- the tests */

static struct benchmark usual;

/* A machine that is steady except for its noise, and a benchmark that has everything. */
static void reset(void)
{
    seen = (struct seen){0};
    machine =
        (struct machine){.overhead = {101, 103, 104, 106, 107, 109}, .spread = 5, .warm = WARM, .least = 1101};
    usual = (struct benchmark){.id = "made.up/1", .prepare = prepare, .sample = sample, .finish = finish};
    suite_further_pass = NULL;
}

static bool run(size_t samples, bool raw)
{
    struct options options = {.samples = samples, .raw = raw};
    bool good = benchmark_run(&usual, &options);
    end_phase();
    return good;
}

/* ... and the result says no more about it than that it is there. */
static void check_told(const char *what, unsigned results, unsigned refused)
{
    CHECK_NUMBER(what, seen.results, results);
    CHECK_NUMBER("refusals", seen.refused, refused);
    CHECK_NUMBER("lines of the table", seen.tables, results);
    CHECK_NUMBER("rows on the screen", seen.displays, results + refused);
    CHECK_NUMBER("entries of the block", seen.blocks, results + refused);
}

static void order(void)
{
    reset();
    usual.batch = batch;
    suite_further_pass = further;
    CHECK(run(N, false));
    CHECK_STRING("what was done", seen.phases,
                 "prepare*1 warm*200 core*1 calibrate*1001 sample*1000 batch*31 "
                 "calibrate*1001 core*1 pass*1 finish*1");
    check_told("results", 1, 0);
    CHECK_NUMBER("samples of the further pass", seen.pass_n, N);
    CHECK_NUMBER("raw samples that nobody asked for", seen.raws, 0);
}

/* The median of the calibration before the samples, and no other number of either. */
static void overhead(void)
{
    reset();
    CHECK(run(N, true));
    CHECK_NUMBER("overhead", seen.result.overhead, 101);
    CHECK_NUMBER("the first sample", seen.raw[0], 1000);
    CHECK_NUMBER("the second", seen.raw[1], 1007);
    CHECK_NUMBER("raw samples", seen.raw_n, N);
}

/* The samples are 1000 to 1999, each once. */
static void statistics(void)
{
    reset();
    CHECK(run(N, false));
    const struct stats *s = &seen.result.stats;
    CHECK_NUMBER("n", s->n, N);
    CHECK_NUMBER("min", s->min, 1000);
    CHECK_NUMBER("q1", s->q1, 1249);
    CHECK_NUMBER("median", s->median, 1499);
    CHECK_NUMBER("q3", s->q3, 1749);
    CHECK_NUMBER("p99", s->p99, 1989);
    CHECK_NUMBER("max: no sample of the warm-up is among them", s->max, 1999);
    CHECK_NUMBER("mean", s->mean_milli, 1499500);
    CHECK_NUMBER("core clock before", seen.result.core_clock, FIRST_CORE_CLOCK);
    CHECK_NUMBER("core clock after", seen.result.core_clock_after, FIRST_CORE_CLOCK + 1);
}

static void no_less_than_nothing(void)
{
    reset();
    machine.least = 50; /* half of the samples take less than the clock's own cost */
    CHECK(run(N, false));
    CHECK_NUMBER("min", seen.result.stats.min, 0);
    CHECK_NUMBER("max", seen.result.stats.max, 948);
}

/* The sieve judges by the warm-up, all of it, and for as many samples as are taken. */
static void warm_up_is_the_guards(void)
{
    reset();
    CHECK(run(N, false));
    CHECK_NUMBER("samples of the warm-up", seen.guard_count, WARM);
    CHECK_NUMBER("its first", seen.guard_least, WARM_TICKS);
    CHECK_NUMBER("its last", seen.guard_most, WARM_TICKS + WARM - 1);
    CHECK_NUMBER("samples to come", seen.guard_n, N);
}

static void warm_up_of_few(void)
{
    reset();
    machine.warm = 30;
    CHECK(run(30, false));
    CHECK_STRING("no more than samples", seen.phases,
                 "prepare*1 warm*30 core*1 calibrate*1001 sample*30 calibrate*1001 core*1 finish*1");
    reset();
    machine.warm = 10;
    usual.cold = true;
    CHECK(run(N, false));
    CHECK_STRING("cold caches are not warmed", seen.phases,
                 "prepare*1 warm*10 core*1 calibrate*1001 sample*1000 calibrate*1001 core*1 finish*1");
    reset();
    machine.warm = 70;
    usual.samples_max = 70;
    CHECK(run(N, false));
    CHECK_STRING("what takes long", seen.phases,
                 "prepare*1 warm*70 core*1 calibrate*1001 sample*70 calibrate*1001 core*1 finish*1");
    CHECK_NUMBER("n", seen.result.stats.n, 70);
}

/* A sample in ten takes far too long: those are taken again, none counts, and the result says how many. */
static void rejected(void)
{
    reset();
    machine.interrupted = 10;
    CHECK(run(N, false));
    CHECK_NUMBER("samples that were taken", seen.samples, WARM + N + 111);
    CHECK_NUMBER("n", seen.result.stats.n, N);
    CHECK_NUMBER("max", seen.result.stats.max, 1999);
    CHECK_NUMBER("rejected", seen.result.sieve.rejected, 111);
    CHECK_NUMBER("the largest of them", seen.result.sieve.largest, BIG + WARM + 1109);
}

static void batches(void)
{
    reset();
    usual.batch = batch;
    CHECK(run(N, false));
    CHECK(seen.result.has_batch);
    uint64_t ticks[31], wanted;
    seen.batches = 0;
    for (int i = 0; i < 31; i++)
        batch(NULL, &ticks[i]);
    stats_sort(ticks, 31);
    wanted = ((ticks[15] - 101) * 1000 + 32) / 64; /* the clock is read once for all 64 */
    CHECK_NUMBER("thousandths of one of 64", seen.result.batch_milli, wanted);
    reset();
    CHECK(run(N, false) && !seen.result.has_batch);
}

static const char *const MOVED = "the overhead of the clock moved while the samples were taken";

/* It moved during the first attempt: nothing of that one counts. */
static void moves_once(void)
{
    reset();
    machine.overhead[1] = 140, machine.overhead[2] = 150, machine.overhead[3] = 152;
    machine.warm = 2 * WARM + N; /* the first attempt is slow in all of its samples */
    machine.least = 1150;
    CHECK(run(N, false));
    check_told("results", 1, 0);
    CHECK_NUMBER("calibrations", seen.calibrations, 4);
    CHECK_NUMBER("overhead", seen.result.overhead, 150);
    CHECK_NUMBER("min", seen.result.stats.min, 1000);
    CHECK_NUMBER("max", seen.result.stats.max, 1999);
    CHECK_NUMBER("the warm-up of the second attempt", seen.guard_least, WARM_TICKS + WARM + N);
}

static void refuse(uint64_t a, uint64_t b, const char *why)
{
    reset();
    suite_further_pass = further;
    for (int i = 0; i < TRIES; i++)
        machine.overhead[2 * i] = a, machine.overhead[2 * i + 1] = b;
    CHECK(run(N, true)); /* the suite goes on */
    check_told("results", 0, 1);
    CHECK_STRING("why", seen.why, why);
    CHECK_NUMBER("calibrations", seen.calibrations, 2 * TRIES);
    CHECK_NUMBER("raw samples", seen.raws, 0);
    CHECK_NUMBER("further passes", seen.passes, 0);
    CHECK_NUMBER("it was finished", seen.finished, 1);
}

static void keeps_moving(void)
{
    refuse(101, 140, MOVED);
    refuse(140, 101, MOVED);
    refuse(101, 107, MOVED); /* a twentieth of either is 5 */
}

static void spreads(void)
{
    reset();
    machine.spread = 20;
    CHECK(run(N, false));
    check_told("results", 0, 1);
    CHECK_STRING("why", seen.why,
                 "the overhead of the clock spreads too far from its first to its third quartile");
}

static void guard_gives_up(void)
{
    reset();
    machine.hopeless = true;
    CHECK(run(N, false));
    check_told("results", 0, 1);
    CHECK_STRING("why", seen.why, "the sieve's verdict");
}

/* In the warm-up, and among the samples: the suite ends. */
static void a_sample_fails(void)
{
    for (unsigned at = WARM; at <= WARM + 1; at++) {
        reset();
        machine.fails_at = at;
        CHECK(!run(N, false));
        CHECK_NUMBER("samples", seen.samples, at);
        check_told("results", 0, 0);
    }
}

int main(void)
{
    test_run("harness order", order);
    test_run("harness overhead", overhead);
    test_run("harness statistics", statistics);
    test_run("harness takes no sample for negative", no_less_than_nothing);
    test_run("harness warm-up is the sieve's", warm_up_is_the_guards);
    test_run("harness warm-up of few, cold and long ones", warm_up_of_few);
    test_run("harness rejected samples", rejected);
    test_run("harness batches", batches);
    test_run("harness overhead moves once", moves_once);
    test_run("harness overhead keeps moving", keeps_moving);
    test_run("harness overhead spreads", spreads);
    test_run("harness sieve gives up", guard_gives_up);
    test_run("harness sample fails", a_sample_fails);
    return test_end();
}
