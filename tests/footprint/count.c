/* Counts what the emulated CPU does: instructions, accesses, and what of memory they touch. */
#include "count.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "image.h"
#include "world.h"

enum { LINE = 64, PAGE = 4096, SET_MAX = 4096 };

/* Distinct numbers; few enough to be looked through. */
struct set {
    uint64_t member[SET_MAX];
    uint64_t count;
};

static struct footprint now;
static struct set data_lines, code_lines, data_pages, code_pages, instructions;
static uint64_t c_entries[2];

/* Is it new? */
static bool set_add(struct set *s, uint64_t number)
{
    for (uint64_t i = 0; i < s->count; i++) {
        if (s->member[i] == number)
            return false;
    }
    if (s->count == SET_MAX) {
        fprintf(stderr, "%s: a path touches more than %d different things\n", program_invocation_short_name,
                SET_MAX);
        exit(2);
    }
    s->member[s->count++] = number;
    return true;
}

static void add_all(struct set *s, uint64_t address, unsigned size, uint64_t unit)
{
    for (uint64_t n = address / unit; n <= (address + size - 1) / unit; n++)
        set_add(s, n);
}

/* Where an object lies is its owner's choice: at worst each has a page of its own, and so it is counted. In the
   arena they lie side by side; the first byte's address stands for the page. */
static void add_object_page(uint64_t address)
{
    const struct arena *a = arena;
    const void *const parts[] = {a->thread, a->endpoint, a->notification, a->root, a->inner};
    static const uint64_t sizes[] = {sizeof a->thread[0], sizeof a->endpoint[0], sizeof a->notification[0],
                                     sizeof a->root[0], sizeof a->inner};
    for (unsigned i = sizeof sizes / sizeof sizes[0]; i-- > 0;) {
        uint64_t offset = address - (uintptr_t)parts[i];
        if ((int64_t)offset >= 0) {
            set_add(&data_pages, address - offset % sizes[i]);
            return;
        }
    }
}

static void instruction(uint64_t address, unsigned size)
{
    now.instructions++;
    now.c |= address == c_entries[0] || address == c_entries[1];
    if (set_add(&instructions, address))
        now.code_bytes += size;
    add_all(&code_lines, address, size, LINE);
    add_all(&code_pages, address, size, PAGE);
}

static void access(bool store, uint64_t address, unsigned size)
{
    if (store)
        now.stores++;
    else
        now.loads++;
    add_all(&data_lines, address, size, LINE);
    if (address - (uintptr_t)arena < sizeof *arena)
        add_object_page(address);
    else
        add_all(&data_pages, address, size, PAGE);
}

void count_init(void)
{
    c_entries[0] = image_symbol("syscall_dispatch");
    c_entries[1] = image_symbol("trap_user");
    machine_watch((struct machine_watch){instruction, access});
}

void count_start(void)
{
    now = (struct footprint){0};
    data_lines.count = code_lines.count = data_pages.count = code_pages.count = instructions.count = 0;
}

struct footprint count_end(void)
{
    now.data_lines = data_lines.count, now.code_lines = code_lines.count;
    now.data_pages = data_pages.count, now.code_pages = code_pages.count;
    return now;
}

bool footprints_equal(const struct footprint *a, const struct footprint *b)
{
    return a->instructions == b->instructions && a->loads == b->loads && a->stores == b->stores &&
           a->data_lines == b->data_lines && a->code_lines == b->code_lines && a->data_pages == b->data_pages &&
           a->code_pages == b->code_pages && a->code_bytes == b->code_bytes && a->c == b->c;
}
