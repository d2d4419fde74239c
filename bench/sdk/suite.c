/* The component that measures, in a system that the SDK's tool made: the harness, clock, statistics and console lines of the suite.
   Which benchmarks, how many samples: by the kernel's command line, as in bench.elf. */
#include "cpu_id.h"
#include "operations.h"
#include "seen.h"

enum { NOTHING_MATCHES = 2, MHZ = 1000000 };
enum { EXIT = 0, EXIT_PORT = 0xf4 };

/* The pages that the root task filled, each with one piece: where the description maps them. */
struct piece {
    uint64_t id, length;
    union {
        uint32_t mhz;
        char cmdline[240];
    } u;
};
const volatile struct piece *cmdline_at, *clock_at;

static char cmdline[sizeof(struct piece)];

static bool word(const char *key, const char *wanted)
{
    char value[16];
    return cmdline_value(cmdline, key, value, sizeof value) && strcmp(value, wanted) == 0;
}

static size_t number(const char *text)
{
    size_t n = 0;
    for (; *text >= '0' && *text <= '9' && n <= STATS_MAX_COUNT; text++)
        n = n * 10 + (size_t)(*text - '0');
    return *text == 0 ? n : 0;
}

static bool read_options(struct options *options)
{
    char value[16] = "1000";
    *options = (struct options){.filter = "*", .mitigations = "auto", .cold_word = "auto"};
    for (size_t i = 0; i + 1 < sizeof cmdline && cmdline_at->u.cmdline[i]; i++)
        cmdline[i] = cmdline_at->u.cmdline[i];
    cmdline_value(cmdline, "bench", options->filter, sizeof options->filter);
    cmdline_value(cmdline, "samples", value, sizeof value);
    options->samples = number(value);
    options->raw = word("raw", "on");
    return options->samples >= 1 && options->samples <= STATS_MAX_COUNT;
}

/* As in bench.elf: where instructions are counted, nothing disturbs. */
static void start_sieve(uint64_t tsc_hz)
{
    struct cpu_id cpu;
    cpu_id_read(&cpu);
    if (strcmp(cpu.hypervisor, "TCGTCGTCGTCG") != 0)
        sieve_start(tsc_hz);
}

static int run_all(const struct options *options)
{
    size_t count = 0, index = 0;
    for (size_t i = 0; i < sdk_benchmark_count; i++)
        count += glob_match(options->filter, sdk_benchmarks[i].id);
    event_plan(count);
    for (size_t i = 0; i < sdk_benchmark_count; i++) {
        const struct benchmark *b = &sdk_benchmarks[i];
        if (!glob_match(options->filter, b->id))
            continue;
        event_start(b->id, index++, count);
        if (!benchmark_run(b, options))
            return 1;
    }
    if (count == 0) {
        print("no benchmark of the SDK's system matches \"%s\"; there are:", options->filter);
        for (size_t i = 0; i < sdk_benchmark_count; i++)
            print(" %s%s", sdk_benchmarks[i].id, i + 1 == sdk_benchmark_count ? "\n" : "");
        return NOTHING_MATCHES;
    }
    event_done();
    return 0;
}

static int run(void)
{
    struct options options;
    bool good = read_options(&options);
    const struct bootinfo boot = {.fastpath = !word("fastpath", "off"),
                                  .tsc_hz = (uint64_t)clock_at->u.mhz * MHZ};
    event_boot(&boot);
    if (!good) {
        BENCH_ERROR("samples= is no number from 1 to %d", STATS_MAX_COUNT);
        return 1;
    }
    start_sieve(boot.tsc_hz);
    event_clock();
    return run_all(&options);
}

void init(void)
{
    microkit_x86_ioport_write_8(EXIT, EXIT_PORT, (seL4_Uint8)run());
}

void notified(microkit_channel ch)
{
    (void)ch;
}
