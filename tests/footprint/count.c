/* Counts what the emulated CPU does: instructions, accesses, and the memory that they touch. */
#include "count.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "image.h"
#include "world.h"

enum { LINE = 64, PAGE = 4096, SET_MAX = 4096 };

/* Distinct numbers; few enough for a linear search. */
struct set {
    uint64_t member[SET_MAX];
    uint64_t first[SET_MAX]; /* address of the first use */
    uint64_t uses[SET_MAX][2];
    uint64_t count;
};

static struct footprint now;
static struct set data_lines, code_lines, data_pages, code_pages, instructions;
static uint64_t c_start, c_end; /* compiled code; the kernel's assembly lies after it (kernel.ld) */

static uint64_t place_of(struct set *s, uint64_t number, uint64_t address)
{
    for (uint64_t i = 0; i < s->count; i++) {
        if (s->member[i] == number)
            return i;
    }
    if (s->count == SET_MAX) {
        fprintf(stderr, "%s: a path touches more than %d different things\n", program_invocation_short_name,
                SET_MAX);
        exit(2);
    }
    s->uses[s->count][0] = s->uses[s->count][1] = 0;
    s->member[s->count] = number;
    s->first[s->count] = address;
    return s->count++;
}

/* Is it the first use? */
static bool use(struct set *s, uint64_t number, uint64_t address, unsigned kind)
{
    uint64_t *uses = s->uses[place_of(s, number, address)];
    uses[kind]++;
    return uses[0] + uses[1] == 1;
}

static void use_all(struct set *s, uint64_t address, unsigned size, uint64_t unit, unsigned kind)
{
    for (uint64_t n = address / unit; n <= (address + size - 1) / unit; n++)
        use(s, n, n * unit > address ? n * unit : address, kind);
}

/* Where an object lies is its owner's choice: at worst each has a page of its own, and is counted like that. In the
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
            use(&data_pages, address - offset % sizes[i], address, 0);
            return;
        }
    }
}

static void instruction(uint64_t address, unsigned size)
{
    now.instructions++;
    now.c |= address >= c_start && address < c_end;
    if (use(&instructions, address, address, 0))
        now.code_bytes += size;
    use_all(&code_lines, address, size, LINE, 0);
    use_all(&code_pages, address, size, PAGE, 0);
}

static void access(bool store, uint64_t address, unsigned size)
{
    if (store)
        now.stores++;
    else
        now.loads++;
    use_all(&data_lines, address, size, LINE, store);
    if (in_arena(address))
        add_object_page(address);
    else if (in_buffers(address))
        use(&data_pages, address - (address - (uintptr_t)buffers) % sizeof *buffers, address, 0);
    else
        use_all(&data_pages, address, size, PAGE, 0);
}

void count_init(void)
{
    c_start = image_symbol("kernel_text_start");
    c_end = image_symbol("syscall_entry_slow");
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

static void each_line(const struct set *s, line_use *told)
{
    for (uint64_t i = 0; i < s->count; i++)
        told(s->first[i], s->uses[i][0], s->uses[i][1]);
}

void count_lines(line_use *data, line_use *code)
{
    each_line(&data_lines, data);
    each_line(&code_lines, code);
}
