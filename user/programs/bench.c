/* What a few things cost a process, in ticks of the time-stamp counter: of a hundred times the least. */
#include <baton/timer.h>
#include <stdio.h>
#include "program.h"

PROGRAM_NEEDS(PROC_OUTPUT | PROC_HEAP);

enum { TIMES = 100, PAGE = 4096 };

static void nothing(void)
{
}

static void null_call(void)
{
    (void)baton_call(BATON_SYS_NULL, 0, 0, 0, 0);
}

static void yield(void)
{
    (void)baton_call(BATON_SYS_YIELD, 0, 0, 0, 0);
}

/* Nothing is taken, and nothing given back. */
static void server_call(void)
{
    (void)program_memory(0);
}

static void page(void)
{
    volatile char *fresh = program_memory(1);
    if (fresh)
        *fresh = 1;
    program_memory_back(1);
}

static seL4_Word least(void (*what)(void))
{
    seL4_Word found = ~0ul;
    for (unsigned i = 0; i < TIMES; i++) {
        seL4_Word before = baton_timer_now();
        what();
        seL4_Word ticks = baton_timer_now() - before;
        found = ticks < found ? ticks : found;
    }
    return found;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*what)(void);
    } rows[] = {{"a system call that does nothing", null_call},
                {"the CPU given to whoever waits for it", yield},
                {"a call of the process server", server_call},
                {"a page of memory: taken, used, given back", page}};
    seL4_Word clock = least(nothing);
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++)
        printf("%8lu %s\n", least(rows[i].what) - clock, rows[i].name);
    return 0;
}
