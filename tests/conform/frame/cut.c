#include "frame/cut.h"

enum { SPINS_MAX = 1000000000 }; /* a call that never ends must not keep the spinner for ever */

struct cut cut;

static void call_it(uint64_t call)
{
    cut.before = cut.spins;
    cut.result = ((long (*)(void))(uintptr_t)call)();
    cut.after = cut.spins;
    cut.ended = 1;
    __builtin_trap();
}

static void spin(uint64_t unused)
{
    (void)unused;
    while (!cut.ended && cut.spins < SPINS_MAX)
        cut.spins++;
    __builtin_trap();
}

static struct guest *start(unsigned k, void (*function)(uint64_t), uint64_t argument)
{
    struct guest *g = guest_new(k, cut.threads, RUNNER_PRIORITY, new_endpoint());
    /* the first tick may come at once, before an entry of the checking build is done */
    EXPECT_IS(thread_set_slice(cap_at(g->tcb), boot_info->checked ? 2 : 1), 0);
    guest_enter(g, function, argument);
    guest_go(g);
    return g;
}

struct guest *cut_begin(long (*call)(void))
{
    cut = (struct cut){.threads = temp_object(TYPE_UNTYPED, 12)};
    return start(0, call_it, (uintptr_t)call);
}

void cut_spin(void)
{
    start(1, spin, 0);
}

void cut_end(void)
{
    while (!cut.ended)
        thread_yield();
    EXPECT_IS(cut.result, 0);
}
