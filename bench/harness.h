/* What the benchmarks share: their description, the loop that takes the samples, and how they fail. */
#ifndef BENCH_HARNESS_H
#define BENCH_HARNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "baton.h"
#include "display.h"
#include "ipc_buffer.h"
#include "sieve.h"
#include "registry.h"
#include "stats.h"

/* In which boot a benchmark is measured: in the one with the fast paths on, or in the one with them off. */
enum boot { BOOT_FAST, BOOT_SLOW };

/* A function that returns false has said why by BENCH_ERROR; then the suite ends. */
struct benchmark {
    const char *id; /* the key of its series: never changes */
    enum boot boot;
    bool cross;       /* the partner has an address space of its own */
    unsigned variant; /* message words, or depth; what the benchmark makes of it */
    bool (*prepare)(const struct benchmark *self);
    /* One sample: ticks between the two readings of the clock. Checks that the path did what it should. */
    bool (*sample)(const struct benchmark *self, uint64_t *ticks);
    /* May be NULL. BATCH operations between two readings of the clock. */
    bool (*batch)(const struct benchmark *self, uint64_t *ticks);
    void (*finish)(void); /* may be NULL */
    size_t samples_max; /* for what takes long: at most this many samples are taken; 0: as many as asked for */
    bool cold; /* each sample empties the caches: not measured where there are none, and not warmed up */
};

struct benchmark_set {
    const struct benchmark *list;
    size_t count;
};
/* Puts the benchmarks of a file into the suite, at that place among all of them; nothing else names them. A text block has
   them in that order: scripts/verbs/block_ids.py writes it down. */
#define BENCHMARKS(place, name, list)                                                                          \
    REGISTRY_PLACE_IS_GOOD(place);                                                                             \
    static const struct benchmark_set name##_set = {list, sizeof(list) / sizeof(list)[0]};                       \
    REGISTERED(place, name) static const struct benchmark_set *const name##_here = &name##_set

struct options {
    char filter[64]; /* shell pattern on ids */
    size_t samples;
    bool raw, hold;       /* the samples are printed, too; at the end a screen stays as it is */
    bool pmu;             /* with a pass that counts events */
    char mitigations[48]; /* the word of the command line, or "auto" */
    char cold_word[8];    /* on, off, or auto: on hardware */
    bool cold;            /* what follows from it: with the benchmarks of cold caches */
    char sieve[8];        /* on, off, or auto: where the clock counts no instructions */
};

/* One more pass over a prepared benchmark: counters_measure, or NULL. */
typedef bool further_pass(const struct benchmark *b, size_t samples);
extern further_pass *suite_further_pass;

/* Takes the samples of one benchmark and prints its events. */
bool benchmark_run(const struct benchmark *b, const struct options *options);

/* ---- suite: set by main.c before the first benchmark runs. */
enum {
    BENCH_PRIORITY = 32,   /* of every thread that takes part in a measurement */
    SENTINEL_PRIORITY = 1, /* runs only when all of those wait */
};
extern const struct bootinfo *suite_boot;
extern const char *suite_current; /* id of what is being measured, for messages */
/* A thread of the suite or of a partner. Its fault endpoint is the watcher's: a fault ends the suite. */
extern cap_t suite_fault_ep;
extern struct ipc_buffer *suite_buffer; /* the IPC buffer of the thread that measures */
extern cap_t suite_tcb;                 /* that thread */
extern uint64_t suite_report_slot; /* capability by which a partner reports its failure (service/service.h) */

/* ---- event.c: the machine-readable lines. */
struct cpu_id;
#ifdef __clang__
#define BUILD_COMPILER __VERSION__
#else
#define BUILD_COMPILER "gcc " __VERSION__
#endif
/* What scripts/mkiso.sh says, on the command line, about what it puts into the ISO; empty if it says nothing. */
struct build {
    char commit[41], image[65], nasm[16];
    bool dirty; /* the tree had changes that were not committed */
};
struct result {
    const char *id;
    struct stats stats;
    uint64_t overhead;
    bool has_batch;
    uint64_t batch_milli; /* mean of one operation in a batch, in thousandths */
    struct sieve sieve;
    uint64_t core_clock, core_clock_after; /* thousandths of a tick in one cycle of the core; 0: not measured */
};
void event_boot(const struct bootinfo *bi);
void event_machine(const struct cpu_id *id, const struct bootinfo *bi);
void event_build(const struct build *build);
void event_options(const struct options *options);
/* What sieve_start found; nothing if it was not called. */
void event_clock(void);
void event_plan(size_t count);
void event_start(const char *id, size_t index, size_t count);
void event_samples(const char *id, const uint64_t *samples, size_t n);
void event_result(const struct result *r);
void event_refused(const char *id, const char *why);
void event_error(const char *why);
/* How often an event occurs in one operation. */
struct event_count {
    const char *name;
    uint64_t median, mean_milli;
};
void event_pmu(const char *counted, const char *left, bool running);
void event_counters(const char *id, size_t n, const struct event_count *list, size_t length);
struct evictor;
void event_cold(const struct evictor *e);
void event_done(void);
/* The line for people about a result. */
void table_line(const struct result *r);

#define BENCH_ERROR(...)                                                                                       \
    do {                                                                                                       \
        char why_[320];                                                                                        \
        print_to(why_, sizeof why_, __VA_ARGS__);                                                              \
        event_error(why_);                                                                                     \
        display_error(why_);                                                                                   \
    } while (0)

#endif
