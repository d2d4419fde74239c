/* Names for the cache lines that the last run touched: the kernel's symbols, the objects of the state. */
#include "explain.h"

#include <inttypes.h>
#include <stdio.h>
#include "count.h"
#include "image.h"
#include "paths.h"

enum { NAME = 80, STACK = 4096, LINE = 64 };

static const char *thread_name(uint64_t i)
{
    switch (i) {
    case SELF: return "running thread";
    case PARTNER: return "partner";
    case WATCHER: return "watcher";
    default: return "another thread";
    }
}

/* Of a line in the arena. */
static void object_name(uint64_t address, char *name)
{
    const struct arena *a = arena;
    uint64_t at = (address - (uintptr_t)a) / LINE * LINE;
    if (at < offsetof(struct arena, endpoint))
        snprintf(name, NAME, "%s + 0x%" PRIx64, thread_name(at / sizeof a->thread[0]),
                 at % sizeof a->thread[0]);
    else if (at < offsetof(struct arena, notification))
        snprintf(name, NAME, "endpoint");
    else if (at < offsetof(struct arena, root))
        snprintf(name, NAME, "notification");
    else
        snprintf(name, NAME, "capability slot");
}

static void symbol_name(uint64_t address, char *name)
{
    uint64_t stack = image_symbol("kernel_stack_top") - address, offset;
    const char *symbol = image_name(address, &offset);
    if (stack <= STACK)
        snprintf(name, NAME, "stack - 0x%" PRIx64, stack);
    else if (symbol && offset)
        snprintf(name, NAME, "%s + 0x%" PRIx64, symbol, offset);
    else
        snprintf(name, NAME, "%s", symbol ? symbol : "?");
}

static void data_line(uint64_t address, uint64_t loads, uint64_t stores)
{
    char name[NAME];
    uint64_t in_buffer = (address - (uintptr_t)buffers) / LINE * LINE;
    if (in_arena(address))
        object_name(address, name);
    else if (in_buffers(address))
        snprintf(name, NAME, "IPC buffer %" PRIu64 " + 0x%" PRIx64, in_buffer / sizeof *buffers,
                 in_buffer % sizeof *buffers);
    else
        symbol_name(address, name);
    printf("  %5" PRIu64 " %6" PRIu64 "  %s\n", loads, stores, name);
}

static void code_line(uint64_t address, uint64_t instructions, uint64_t none)
{
    char name[NAME];
    (void)none;
    symbol_name(address, name);
    printf("  %12" PRIu64 "  %s\n", instructions, name);
}

static void no_line(uint64_t address, uint64_t first, uint64_t second)
{
    (void)address, (void)first, (void)second;
}

void explain(void)
{
    printf("cache lines of data, by what of them is used first\n  loads stores\n");
    count_lines(data_line, no_line);
    printf("cache lines of code, by their first instruction; one across two lines counts in both\n  "
           "instructions\n");
    count_lines(no_line, code_line);
}
