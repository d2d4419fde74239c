/* equiv: runs the shipped kernel's bytes twice from the same state, once by the entry with the fast paths and
   once by the C entry, and compares all that means something. README.md says what and why. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "compare.h"
#include "conditions.h"
#include "fields.h"
#include "image.h"
#include "mutant.h"
#include "replay.h"
#include "report.h"
#include "serve.h"
#include "tell.h"
#include "tried.h"

enum { CHAIN = 16 };

static const char *program;
static uint64_t failures_shown;

/* An interrupt, of a device or of the clock. */
static void interrupt(void)
{
    interrupt_state();
    state_interrupt(&compared.user, &compared.frame,
                    below(3) ? interrupt_vectors[below(IRQ_HANDLERS)] : (unsigned)VECTOR_OF_CLOCK);
}

/* A system call of the thread that runs, or now and then a page fault or an interrupt. */
static void enter_somehow(void)
{
    unsigned how = below(8);
    compared.fault = how > 1 ? NULL : &compared.frame;
    if (how == 0)
        state_fault(&compared.user, compared.fault);
    else if (how == 1)
        interrupt();
    else
        state_call(&compared.user);
}

static void enter(void)
{
    do
        enter_somehow();
    while (!compare_chosen());
}

static bool random_state(uint64_t seed)
{
    random_start(seed);
    state_random();
    enter();
    return compare("--state", seed);
}

static bool conditions(uint64_t number)
{
    random_start(number);
    compared.fault = NULL;
    return !conditions_state(number, &compared.user) || compare("--conditions", number);
}

static bool conditions_rest(uint64_t number)
{
    bool is_fault;
    random_start(number);
    if (!conditions_rest_state(number, &compared.user, &compared.frame, &is_fault))
        return true;
    compared.fault = is_fault ? &compared.frame : NULL;
    return compare("--conditions-rest", number);
}

static bool conditions_queued(uint64_t number)
{
    random_start(number);
    compared.fault = NULL;
    return !conditions_queued_state(number, &compared.user) || compare("--conditions-queued", number);
}

/* Calls one after another, each from the state that the one before it left. */
static bool chain(uint64_t seed)
{
    random_start(seed);
    state_random();
    for (unsigned i = 0; i < CHAIN; i++) {
        enter();
        if (!compare("--chain", seed))
            return false;
        world_restore(&compared.raw);
        if (kernel.cpu->current == kernel.idle)
            break;
    }
    return true;
}

static void print_outcome(const char *by, const struct outcome *o)
{
    printf("%s: exit %u, %s, cr3 %lx, rip %lx, rflags %lx%s%s\n", by, o->exit,
           o->slow ? "by the C path" : "no C path", o->registers.cr3, o->rip, o->rflags, *o->wrong ? ": " : "",
           o->wrong);
    for (unsigned i = 0; i < GENERAL; i++)
        printf("  %s %lx%s", register_names[i], o->registers.general[i], i % 4 == 3 ? "\n" : "");
}

/* A state from a file, and the outcome of both ways from it. */
static bool replay(const char *path)
{
    compared.fault = replay_state(path, &compared.user, &compared.frame) ? &compared.frame : NULL;
    state_print(&compared.user);
    bool same = compare("--replay", 0);
    print_outcome("fast", &compared.fast);
    print_outcome("C", &compared.slow);
    return same;
}

/* For a person at a terminal; to ask whether one is there takes as long as a run. */
static void progress(const char *what, uint64_t done, uint64_t all)
{
    if ((done % 4096 != 0 && done != all) || !isatty(STDERR_FILENO))
        return;
    if (done == all)
        fprintf(stderr, "\r\033[K");
    else
        fprintf(stderr, "\r%s: %" PRIu64 " of %" PRIu64 " ", what, done, all);
}

/* Says "ok" when all were equal. Does nothing once --first has its failure. */
static void all(const char *what, bool (*one)(uint64_t), uint64_t from, uint64_t n)
{
    uint64_t failed = compared.failures;
    if (failures_shown == 1 && compared.failures)
        return;
    for (uint64_t i = 0; i < n && compared.failures - failed < failures_shown; i++) {
        one(from + i);
        progress(what, i + 1, n);
    }
    if (compared.failures == failed)
        printf("ok equiv: %s\n", what);
}

static _Noreturn void usage(int code)
{
    fprintf(
        code ? stderr : stdout,
        "usage: %s [--image FILE] [--variant V] [--seed S] [--states N] [--state S | --chain S | "
        "--conditions N | --replay "
        "FILE]\n"
        "Compares the kernel's fast paths with their C twins, on the kernel's own machine code.\n"
        "  --image FILE    the kernel (build/baton.elf)\n"
        "  --variant V     _hardened or _kpti: the entries with all that they do against the CPU\n"
        "  --seed S        where the random states start (1)\n"
        "  --states N      random states (600000); half as many more in chains, and all combinations\n"
        "  --state S, --chain S, --conditions N, --conditions-rest N    only that one, as a failure names it\n"
        "  --conditions-queued N    the same\n"
        "  --replay FILE   only that state, which make prove wrote; both outcomes are shown\n"
        "  --random        only random states: not all combinations, and reasons that were not met do not "
        "fail\n"
        "  --first         stop at the first difference\n"
        "  --try KIND:N    before all others the state that --KIND N names; may be given again\n"
        "  --operation O   only what O does, as the table's head calls it, and no sequences; may be given "
        "again,\n"
        "                  and must be when a state is to be seen again that was found with it\n"
        "  --mutant N      of an image of many (mutant.h): that one\n"
        "  --tell N        only some states, and one in N besides, for tests/fast (tell.c)\n"
        "  --serve         first: each line of stdin has a command line's words, by tabs (serve.h)\n"
        "Exit code: 0 all are equal, 1 some are not, 2 it could not run.\n",
        program);
    exit(code);
}

static uint64_t number(const char *text)
{
    char *end;
    uint64_t n = strtoull(text, &end, 0);
    if (*text < '0' || *text > '9' || *end) {
        fprintf(stderr, "equiv: %s is not a number\n", text);
        usage(2);
    }
    return n;
}

/* What --try can name. */
static const struct kind kinds[] = {{"state:", random_state},
                                    {"conditions:", conditions},
                                    {"conditions-rest:", conditions_rest},
                                    {"conditions-queued:", conditions_queued},
                                    {0}};

/* What is chosen when one more is asked for by its name. */
static unsigned choose(const char *name, unsigned so_far)
{
    for (unsigned op = 0; op < OPERATIONS; op++) {
        if (strcmp(name, operation_names[op].name) == 0)
            return (so_far == EVERY_OPERATION ? 0 : so_far) | 1u << op;
    }
    fprintf(stderr, "equiv: no operation is called %s; those that are:", name);
    for (unsigned op = 0; op < OPERATIONS; op++)
        fprintf(stderr, "%s '%s'", op ? "," : "", operation_names[op].name);
    fprintf(stderr, "\n");
    exit(2);
}

/* A child of the server's has what the server has loaded. */
static void load(const char *image_path)
{
    if (image.segments) {
        machine_watch_for_loops();
        return;
    }
    image_load(image_path);
    world_init();
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {
        {"image", required_argument, NULL, 'i'},
        {"variant", required_argument, NULL, 'v'},
        {"seed", required_argument, NULL, 's'},
        {"states", required_argument, NULL, 'n'},
        {"state", required_argument, NULL, 'S'},
        {"chain", required_argument, NULL, 'C'},
        {"conditions", required_argument, NULL, 'N'},
        {"conditions-rest", required_argument, NULL, 'M'},
        {"conditions-queued", required_argument, NULL, 'Q'},
        {"replay", required_argument, NULL, 'R'},
        {"random", no_argument, NULL, 'r'},
        {"first", no_argument, NULL, 'f'},
        {"try", required_argument, NULL, 't'},
        {"operation", required_argument, NULL, 'o'},
        {"mutant", required_argument, NULL, 'm'},
        {"tell", required_argument, NULL, 'T'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    const char *image_path = "build/baton.elf", *replayed = NULL;
    uint64_t seed = 1, n = 600000, single = 0, mutant = NO_MUTANT, each = 0;
    bool (*one)(uint64_t) = NULL, only_random = false;
    compared = (struct comparison){.chosen = EVERY_OPERATION};
    failures_shown = 5;
    optind = 0; /* the server has read words of its own */
    for (int o; (o = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (o) {
        case 'i': image_path = optarg; break;
        case 'v': image_variant = optarg; break;
        case 's': seed = number(optarg); break;
        case 'n': n = number(optarg); break;
        case 'S': one = random_state, single = number(optarg); break;
        case 'C': one = chain, single = number(optarg); break;
        case 'N': one = conditions, single = number(optarg); break;
        case 'M': one = conditions_rest, single = number(optarg); break;
        case 'Q': one = conditions_queued, single = number(optarg); break;
        case 'R': replayed = optarg; break;
        case 'r': only_random = true; break;
        case 'f': failures_shown = 1; break;
        case 't': number(tried_add(kinds, optarg)); break;
        case 'o': compared.chosen = choose(optarg, compared.chosen); break;
        case 'm': mutant = number(optarg); break;
        case 'T': each = number(optarg); break;
        case 'h': usage(0);
        default: usage(2);
        }
    }
    load(image_path);
    if (mutant != NO_MUTANT)
        mutant_choose(mutant);
    if (each)
        return tell_some(kinds, (unsigned)each);
    if (replayed || one) {
        printf("%s\n", (replayed ? replay(replayed) : one(single)) ? "equal" : "not equal");
        return compared.failures != 0;
    }
    tried_all(&compared.failures, failures_shown);
    all("random states", random_state, seed, n);
    if (compared.chosen == EVERY_OPERATION)
        all("sequences of calls", chain, seed, n / 2 / CHAIN);
    if (!only_random) {
        all("every combination of conditions of calls that queue", conditions_queued, 0,
            conditions_queued_count());
        all("every combination of conditions", conditions, 0, conditions_count());
        all("every combination of conditions of signal, wait, yield, recv, page faults and interrupts",
            conditions_rest, 0, conditions_rest_count());
    }
    report(compared.failures == 0 && !only_random && compared.chosen == EVERY_OPERATION);
    return compared.failures != 0;
}

int main(int argc, char **argv)
{
    program = argv[0];
    return argc > 1 && strcmp(argv[1], "--serve") == 0 ? serve(run, argc - 1, argv + 1) : run(argc, argv);
}
