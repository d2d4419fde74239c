/* barriers: boots the shipped kernel's entries with each set of mitigations, by the kernel's own functions, in
   a CPU emulator, runs every way through the kernel and says what is missing there, in a wrong place, or not
   asked for. README.md says more. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "arch/x86_64/flaw.h"
#include "image.h"
#include "residue.h"
#include "world.h"

enum { SETS = 1 << MITIGATIONS, TEXT = 64, MODES = MITIGATE_IBRS | MITIGATE_BHB };
enum {
    IBRS_AND_IBPB = 1 << 26,
    ARCH_CAPABILITIES = 1 << 29,
    BHI_CTRL = 1 << 4,
    AMD_IBPB_IBRS = 5 << 12,
    AUTO_IBRS = 1 << 8
};
enum { CAP_IBRS_ALL = 1 << 1, SKYLAKE = 0x506e3, ZEN_4 = 0xa60f12 };

#define INTEL                                                                                                  \
    {                                                                                                          \
        0x756e6547, 0x49656e69, 0x6c65746e                                                                     \
    }
#define AMD                                                                                                    \
    {                                                                                                          \
        0x68747541, 0x69746e65, 0x444d4163                                                                     \
    }

/* The first has the means for everything, and none of it as a mode. */
static const struct machine {
    const char *name;
    struct cpu_shown cpu;
    uint32_t modes; /* set of enum mitigation */
} machines[] = {
    {"", {.vendor = INTEL, .signature = SKYLAKE, .leaf7_edx = IBRS_AND_IBPB}, 0},
    {" on a CPU with IBRS_ALL and BHI_DIS_S",
     {.vendor = INTEL,
      .signature = SKYLAKE,
      .leaf7_edx = IBRS_AND_IBPB | ARCH_CAPABILITIES,
      .leaf7_2_edx = BHI_CTRL,
      .capabilities = CAP_IBRS_ALL},
     MODES},
    {" on a CPU with AutoIBRS",
     {.vendor = AMD, .signature = ZEN_4, .amd_8_ebx = AMD_IBPB_IBRS, .amd_21_eax = AUTO_IBRS},
     MITIGATE_IBRS},
};

static const char *only = "";
static unsigned failures_shown = 2, failures; /* of each set, */
static unsigned sets_shown = 3;               /* and of how many sets */

static const char *words_of(uint32_t set)
{
    static char words[TEXT];
    *words = 0;
    for (unsigned i = 0; i < MITIGATIONS; i++) {
        if (set >> i & 1)
            strcat(strcat(words, *words ? "," : ""), flaw_names[i]);
    }
    return set == 0 ? "off" : set == SETS - 1 ? "all" : words;
}

static void fail(const char *words, const char *on, const char *way, const char *why)
{
    printf("not ok barriers mitigations=%s%s: %s%s%s\n", words, on, way, *way ? ": " : "", why);
    fflush(stdout);
    failures++;
}

static const struct tcb *bytes_of(const struct tcb *t)
{
    return t == kernel.idle ? image_at((uintptr_t)t) : t;
}

/* One way; what the boot put into the CPU's page stands there again. */
static bool run_way(unsigned i, char *why, struct run *run)
{
    struct memory before;
    uint16_t selector = kernel.cpu->data_selector;
    run->way = way_state(i, &run->start);
    kernel.cpu->data_selector = selector;
    run->cr3_before =
        run->way.through == FROM_BOOT ? run->start.registers.cr3 : bytes_of(kernel.cpu->current)->cr3;
    spec_ctrl = run->start.spec_ctrl;
    world_save(&before);
    trace_start();
    machine_run(run->start.entry, &run->start.registers, run->start.fault, &run->outcome);
    const struct tcb *next = kernel.cpu->current;
    run->cr3_after = bytes_of(next)->cr3;
    run->next =
        next == kernel.idle ? before.idle : before.arena.thread[(const union thread *)next - arena->thread].tcb;
    return rules_hold(run, why) && residue_none(run, why);
}

/* All ways with one set on one machine; in a process of its own, since it changes the kernel's text. */
static int set_in_force(uint32_t set, const struct machine *m)
{
    char why[WHY] = "";
    const char *words = words_of(set);
    uint32_t on_paths = set & ~m->modes;
    image_variant = boot_variant(on_paths);
    machine_traps_in_kernel = true;
    world_init();
    extended_clears = on_paths & MITIGATE_FPU;
    trace_init();
    /* SMAP with every second set: CLAC is no mitigation. */
    if (!boot(words, &m->cpu, on_paths, set & 1 || set == 0, why, sizeof why)) {
        fail(words, m->name, "", why);
        return 1;
    }
    machine_enters_at(booted.entry_stack);
    for (unsigned i = 0; i < way_count() && failures < failures_shown; i++) {
        struct run run;
        if (!run_way(i, why, &run))
            fail(words, m->name, run.way.name, why);
    }
    return failures != 0;
}

/* Did it hold? */
static bool tried(uint32_t set, const struct machine *m)
{
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        exit(set_in_force(set, m));
    if (child < 0 || waitpid(child, &status, 0) < 0) {
        perror("barriers: fork");
        exit(2);
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) <= 1)
        return WEXITSTATUS(status) == 0;
    printf("not ok barriers mitigations=%s%s: it ended by %s %d\n", words_of(set), m->name,
           WIFEXITED(status) ? "code" : "signal", WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
    return false;
}

/* All at once first, then none, each alone, and the rest. */
static uint32_t set_number(unsigned i)
{
    static uint32_t order[SETS];
    if (!order[0]) {
        unsigned n = 0;
        order[n++] = SETS - 1, order[n++] = 0;
        for (unsigned bit = 0; bit < MITIGATIONS; bit++)
            order[n++] = 1u << bit;
        for (uint32_t set = 1; set < SETS - 1; set++) {
            if (set & (set - 1))
                order[n++] = set;
        }
    }
    return order[i];
}

static _Noreturn void usage(int code)
{
    fprintf(
        code ? stderr : stdout,
        "usage: barriers [--image FILE] [--only WORDS] [--first]\n"
        "Runs every way through the kernel with every set of mitigations, and says what of them did not run.\n"
        "  --image FILE   the kernel (build/baton.elf)\n"
        "  --only WORDS   only that set, as mitigations= would have it\n"
        "  --first        stop at the first that fails\n"
        "Exit code: 0 all is as it must be, 1 it is not, 2 it could not run.\n");
    exit(code);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"image", required_argument, NULL, 'i'},
                                            {"only", required_argument, NULL, 'o'},
                                            {"first", no_argument, NULL, 'f'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    const char *path = "build/baton.elf";
    unsigned sets = 0, wrong = 0;
    for (int o; (o = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        switch (o) {
        case 'i': path = optarg; break;
        case 'o': only = optarg; break;
        case 'f': failures_shown = sets_shown = 1; break;
        case 'h': usage(0);
        default: usage(2);
        }
    }
    image_load(path);
    for (unsigned i = 0; i < SETS && wrong < sets_shown; i++) {
        uint32_t set = set_number(i);
        if (!*only || strcmp(only, words_of(set)) == 0)
            sets++, wrong += !tried(set, &machines[0]);
    }
    for (unsigned m = 1; m < sizeof machines / sizeof machines[0] && !*only && wrong < sets_shown; m++)
        sets++, wrong += !tried(SETS - 1 - (m == 2 ? (uint32_t)MITIGATE_KPTI : 0), &machines[m]);
    if (!sets)
        usage(2);
    if (!wrong)
        printf("ok barriers: %u ways through the kernel with each of %u sets of mitigations\n", way_count(),
               sets);
    return wrong != 0;
}
