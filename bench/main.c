/* bench.elf: measures what the kernel's paths cost, seen from ring 3. This file chooses what to measure and
   sets the scene: the runner thread measures; this thread watches for faults and failures of every other;
   the sentinel, of lower priority, runs only when all of them wait, which must not happen. */
#include "harness.h"
#include "block.h"
#include "counters.h"
#include "cpu_id.h"
#include "service/service.h"
#include "watch.h"

const struct bootinfo *suite_boot;
const char *suite_current = "start";
cap_t suite_fault_ep;
uint64_t suite_report_slot;
struct ipc_buffer *suite_buffer;
cap_t suite_tcb;

extern const struct benchmark_set *const registry_start[], *const registry_end[];

static struct options options;
static struct cpu_id this_cpu;
static struct build this_build;
static enum boot this_boot;

/* Calls `visit` for each benchmark of this boot that matches the pattern; stops when it returns false.
   Returns how many it visited, or a negative number when stopped. */
static long visit_matching(const char *pattern, size_t count,
                           bool (*visit)(const struct benchmark *b, size_t index, size_t count))
{
    size_t index = 0;
    for (const struct benchmark_set *const *set = registry_start; set < registry_end; set++) {
        for (size_t i = 0; i < (*set)->count; i++) {
            const struct benchmark *b = &(*set)->list[i];
            if (b->boot != this_boot || (b->cold && !options.cold) || !glob_match(pattern, b->id))
                continue;
            if (visit && !visit(b, index, count))
                return -1;
            index++;
        }
    }
    return (long)index;
}

static bool visit_name(const struct benchmark *b, size_t index, size_t count)
{
    print("%s%s%s", index == 0 ? "" : " ", b->id, index + 1 == count ? "\n" : "");
    return true;
}

static bool visit_run(const struct benchmark *b, size_t index, size_t count)
{
    suite_current = b->id;
    event_start(b->id, index, count);
    display_start(b->id, index);
    return benchmark_run(b, &options);
}

/* Whether this is TCG, where nothing takes time. */
static bool counts_instructions(void)
{
    return strcmp(this_cpu.hypervisor, "TCGTCGTCGTCG") == 0;
}

static bool start_guard(void)
{
    bool by_itself = strcmp(options.sieve, "auto") == 0;
    if (!by_itself && strcmp(options.sieve, "on") != 0 && strcmp(options.sieve, "off") != 0) {
        BENCH_ERROR("sieve=%s is none of on, off, auto", options.sieve);
        return false;
    }
    if (by_itself ? !counts_instructions() : strcmp(options.sieve, "on") == 0)
        sieve_start(suite_boot->tsc_hz);
    return true;
}

static void show_options(void)
{
    char text[160];
    print_to(text, sizeof text,
             "cycles of the time-stamp counter, %lu.%03lu MHz; %zu samples; bench=%s mitigations=%s",
             suite_boot->tsc_hz / 1000000, suite_boot->tsc_hz / 1000 % 1000, options.samples, options.filter,
             options.mitigations);
    display_title(text);
}

/* Over all that this boot knows, whatever was asked for: the block's reader has the same list. */
static void visit_known(void (*visit)(const char *id))
{
    for (const struct benchmark_set *const *set = registry_start; set < registry_end; set++)
        for (size_t i = 0; i < (*set)->count; i++)
            if ((*set)->list[i].boot == this_boot)
                visit((*set)->list[i].id);
}

static void tell_block(void)
{
    visit_known(block_list);
    block_open(&(struct block_head){suite_boot, &this_cpu, &this_build, &options});
    visit_known(block_put);
    block_close();
}

/* Exit code of the suite. */
static uint64_t run_all(void)
{
    size_t count = (size_t)visit_matching(options.filter, 0, NULL);
    event_options(&options);
    event_clock();
    if (options.pmu && counters_open())
        suite_further_pass = counters_measure;
    event_plan(count);
    show_options();
    display_plan(count);
    if (count == 0) {
        display_error("no benchmark of this boot matches what bench= on the command line says");
        print("no benchmark of a boot with fastpath=%s matches \"%s\"; there are: ",
              this_boot == BOOT_FAST ? "on" : "off", options.filter);
        visit_matching("*", (size_t)visit_matching("*", 0, NULL), visit_name);
        return 2;
    }
    if (visit_matching(options.filter, count, visit_run) < 0)
        return 1;
    tell_block();
    event_done();
    display_end();
    watch_no_more();
    if (options.hold)
        display_hold();
    return 0;
}

static bool parse_samples(const char *text, size_t *n)
{
    *n = 0;
    for (; *text >= '0' && *text <= '9' && *n <= STATS_MAX_COUNT; text++)
        *n = *n * 10 + (size_t)(*text - '0');
    return *text == 0 && *n >= 1 && *n <= STATS_MAX_COUNT;
}

/* Those of cold caches say nothing where the CPU is emulated: there they run only when asked for, by name
 * or by word. */
static bool parse_cold(const char *cmdline)
{
    const char *word = options.cold_word;
    cmdline_value(cmdline, "cold", options.cold_word, sizeof options.cold_word);
    options.cold = strcmp(word, "on") == 0;
    if (strcmp(word, "auto") == 0) {
        options.cold = glob_match("*cold*", options.filter) || !counts_instructions();
        return true;
    }
    return options.cold || strcmp(word, "off") == 0;
}

static bool parse_options(const char *cmdline)
{
    char value[16];
    options = (struct options){
        .filter = "*", .samples = 1000, .mitigations = "auto", .cold_word = "auto", .sieve = "auto"};
    cmdline_value(cmdline, "bench", options.filter, sizeof options.filter);
    cmdline_value(cmdline, "mitigations", options.mitigations, sizeof options.mitigations);
    if (cmdline_value(cmdline, "samples", value, sizeof value) && !parse_samples(value, &options.samples)) {
        BENCH_ERROR("samples=%s: give a number from 1 to %d", value, STATS_MAX_COUNT);
        return false;
    }
    if (!parse_cold(cmdline)) {
        BENCH_ERROR("cold=%s is none of on, off, auto", options.cold_word);
        return false;
    }
    cmdline_value(cmdline, "sieve", options.sieve, sizeof options.sieve);
    options.pmu = cmdline_value(cmdline, "pmu", value, sizeof value) && strcmp(value, "on") == 0;
    options.raw = cmdline_value(cmdline, "raw", value, sizeof value) && strcmp(value, "on") == 0;
    options.hold = !cmdline_value(cmdline, "hold", value, sizeof value) || strcmp(value, "off") != 0;
    return true;
}

/* scripts/mkiso.sh writes commit=<40 digits>, with a + behind them when the tree was not as committed. */
static void parse_build(const char *cmdline, struct build *build)
{
    char commit[sizeof build->commit + 1] = "";
    *build = (struct build){0};
    cmdline_value(cmdline, "commit", commit, sizeof commit);
    size_t length = strlen(commit);
    build->dirty = length != 0 && commit[length - 1] == '+';
    if (build->dirty)
        commit[length - 1] = 0;
    memcpy(build->commit, commit, sizeof build->commit);
    cmdline_value(cmdline, "image", build->image, sizeof build->image);
    cmdline_value(cmdline, "nasm", build->nasm, sizeof build->nasm);
}

static void show_origin(const struct cpu_id *cpu, const struct build *build)
{
    char text[160];
    print_to(text, sizeof text, "Baton %.10s%s  fast paths %s  %s%s%s", build->commit, build->dirty ? "+" : "",
             this_boot == BOOT_FAST ? "on" : "off", cpu->brand, cpu->is_virtual ? " under " : "",
             cpu->hypervisor);
    display_title(text);
}

/* Everything that a record says about where and from what it was made, and that no host can know about a bare machine. */
static void tell_origin(const struct bootinfo *bi)
{
    cpu_id_read(&this_cpu);
    parse_build(bi->cmdline, &this_build);
    event_boot(bi);
    event_machine(&this_cpu, bi);
    event_build(&this_build);
    show_origin(&this_cpu, &this_build);
}

/* The clock is read by RDTSCP, which the first 64-bit CPUs do not have. */
static bool has_clock(void)
{
    if (!this_cpu.has_rdtscp)
        BENCH_ERROR("this CPU has no RDTSCP, by which the suite reads the clock: nothing can be measured");
    return this_cpu.has_rdtscp;
}

static void runner(uint64_t unused)
{
    (void)unused;
    watch_finish(parse_options(suite_boot->cmdline) && has_clock() && start_guard() ? run_all() : 1);
}

/* The thread that measures has an IPC buffer, for ipc.long. */
static void start_runner(void)
{
    suite_tcb = cap_at(thread_new(runner, 0, BENCH_PRIORITY, suite_fault_ep).tcb);
    uint64_t frame = object_new(TYPE_FRAME, 12), vaddr = pages_reserve(1);
    suite_buffer = (struct ipc_buffer *)(uintptr_t)vaddr;
    must(map_frame(frame, cap_at(CAP_SELF_SPACE), vaddr, RIGHT_READ | RIGHT_WRITE), "cannot map an IPC buffer");
    must(syscall6(SYS_THREAD_CONFIGURE, suite_tcb, cap_at(CAP_SELF_CNODE), cap_at(CAP_SELF_SPACE),
                  suite_fault_ep, BENCH_PRIORITY | (BENCH_PRIORITY + 1) << 8, cap_at(frame)),
         "cannot give the runner its IPC buffer");
    must(thread_resume(suite_tcb), "cannot start the runner");
}

int main(const struct bootinfo *bi)
{
    alloc_init(bi);
    suite_boot = bi;
    this_boot = bi->fastpath ? BOOT_FAST : BOOT_SLOW;
    display_init(bi);
    tell_origin(bi);
    watch_init();
    start_runner();
    return watch();
}
