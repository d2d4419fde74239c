/* Which instructions of the image an operation runs, in order: the CPU stops after each (RFLAGS.TF, SDM vol. 3, 18.3.1.4). */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>
#include "operations.h"
#include "world.h"

enum { LONGEST = 4096, STACK = 65536 };

static uint64_t addresses[LONGEST];
static volatile size_t length;

static void stopped(int number, siginfo_t *info, void *context)
{
    uint64_t rip = (uint64_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
    (void)number, (void)info;
    if (world_is_code(rip) && length < LONGEST)
        addresses[length++] = rip;
}

static const struct benchmark *named(const char *id)
{
    for (size_t i = 0; i < logic_benchmark_count; i++) {
        if (strcmp(logic_benchmarks[i].id, id) == 0)
            return &logic_benchmarks[i];
    }
    return NULL;
}

/* The kernel's code leaves the stack of the thread that it runs for, and so does a handler on one of its own. */
static bool catch_stops(void)
{
    static uint8_t stack[STACK];
    const stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_sigaction = stopped, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    return sigaltstack(&own, NULL) == 0 && sigaction(SIGTRAP, &action, NULL) == 0;
}

int trace_print(const char *id)
{
    const struct benchmark *b = named(id);
    uint64_t unused;
    if (!b || !catch_stops() || !b->prepare(b) ||
        !b->sample(b, &unused)) /* once, so that all pages are there */
        return 1;
    __asm__ volatile("pushfq; orl $0x100, (%%rsp); popfq" : : : "memory", "cc");
    logic_once(b);
    __asm__ volatile("pushfq; andl $~0x100, (%%rsp); popfq" : : : "memory", "cc");
    for (size_t i = 0; i < length; i++)
        printf("%lx\n", addresses[i]);
    return world_is_as_made() ? 0 : 1;
}
