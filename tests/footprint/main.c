/* footprint: runs the shipped kernel's paths in a CPU emulator and says what each costs: instructions, accesses
   to memory, cache lines, pages, bytes of code. scripts/verbs/footprint.py reads it. README.md says what is counted.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicorn/unicorn.h>
#include "count.h"
#include "explain.h"
#include "image.h"
#include "paths.h"

enum { STATES = 32 }; /* of each path, alike in all that it may depend on */

static bool wrong(const struct path *p, uint64_t seed, const char *why)
{
    fprintf(stderr, "footprint: %s: %s (state %" PRIu64 ")\n", p->name, why, seed);
    return false;
}

/* One run from one state. */
static bool run(const struct path *p, uint64_t seed, struct footprint *f)
{
    struct registers user;
    struct fault fault;
    struct outcome outcome;
    random_start(seed);
    path_state(p, &user, &fault);
    count_start();
    machine_run(path_entry(p), &user, path_is_fault(p) ? &fault : NULL, &outcome);
    *f = count_end();
    if (outcome.exit == EXIT_WRONG)
        return wrong(p, seed, outcome.wrong);
    if (outcome.exit != p->exit)
        return wrong(p, seed, "it does not leave the kernel as its table says");
    if (kernel.cpu->current != thread(p->next))
        return wrong(p, seed, "another thread runs next than its table says");
    if (f->c && strstr(p->name, "/fast"))
        return wrong(p, seed, "it was to be a fast path, and C took part");
    return true;
}

/* A number that depends on what the path should not look at would not be the path's. */
static bool measure(const struct path *p, struct footprint *f)
{
    struct footprint other;
    if (!run(p, 1, f))
        return false;
    for (uint64_t seed = 2; seed <= STATES; seed++) {
        if (!run(p, seed, &other))
            return false;
        if (!footprints_equal(f, &other))
            return wrong(p, seed, "it costs more or less than from state 1");
    }
    return true;
}

static void print(const struct path *p, const struct footprint *f)
{
    printf("{\"id\": \"%s\", \"code\": \"%s\", \"exit\": \"%s\", \"instructions\": %" PRIu64
           ", \"loads\": %" PRIu64 ", \"stores\": %" PRIu64 ", \"data_lines\": %" PRIu64
           ", \"code_lines\": %" PRIu64 ", \"data_pages\": %" PRIu64 ", \"code_pages\": %" PRIu64
           ", \"code_bytes\": %" PRIu64 "}\n",
           p->name, f->c ? "c" : "nasm", p->exit == EXIT_IRET ? "iret" : "sysret", f->instructions, f->loads,
           f->stores, f->data_lines, f->code_lines, f->data_pages, f->code_pages, f->code_bytes);
}

static _Noreturn void usage(int code)
{
    fprintf(code ? stderr : stdout,
            "usage: footprint [--image FILE] [--explain PATH | --list]\n"
            "Runs the kernel's paths from entry to exit in a CPU emulator and prints, a path a line, as JSON, "
            "what\n"
            "each costs. scripts/verbs/footprint.py (make footprint) makes a table and a record of it.\n"
            "  --image FILE    the kernel (build/baton.elf)\n"
            "  --explain PATH  which cache lines that path touches, for people\n"
            "  --list          only the paths' names\n"
            "Exit code: 0 all were measured, 1 a path went another way than it should, 2 it could not run.\n");
    exit(code);
}

static bool measure_all(void)
{
    unsigned major, minor;
    bool good = true;
    uc_version(&major, &minor);
    printf("{\"unicorn\": \"%u.%u\"}\n", major, minor);
    for (unsigned i = 0; i < path_count; i++) {
        struct footprint f;
        bool measured = measure(&paths[i], &f);
        good = good && measured;
        if (measured)
            print(&paths[i], &f);
    }
    return good;
}

static bool explain_path(const char *name)
{
    struct footprint f;
    for (unsigned i = 0; i < path_count; i++) {
        if (strcmp(paths[i].name, name) != 0)
            continue;
        if (!run(&paths[i], 1, &f))
            return false;
        printf("%s: %" PRIu64 " instructions, %" PRIu64 " loads, %" PRIu64 " stores\n", name, f.instructions,
               f.loads, f.stores);
        explain();
        return true;
    }
    fprintf(stderr, "footprint: there is no path '%s'; do: make footprint, whose rows are the paths\n", name);
    exit(2);
}

static _Noreturn void list(void)
{
    for (unsigned i = 0; i < path_count; i++)
        puts(paths[i].name);
    exit(0);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"image", required_argument, NULL, 'i'},
                                            {"explain", required_argument, NULL, 'e'},
                                            {"list", no_argument, NULL, 'l'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    const char *image_path = "build/baton.elf", *explained = NULL;
    for (int o; (o = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (o) {
        case 'i': image_path = optarg; break;
        case 'e': explained = optarg; break;
        case 'l': list();
        case 'h': usage(0);
        default: usage(2);
        }
    }
    if (optind < argc)
        usage(2);
    image_load(image_path);
    world_init();
    count_init();
    return (explained ? explain_path(explained) : measure_all()) ? 0 : 1;
}
