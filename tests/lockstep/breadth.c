/* Every state that some inputs lead to, the nearest first: both sides take each input from each, and must agree on all numbers after it.
   The specification's side is what memo.c has of it. */
#include "breadth.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "kernel.h"
#include "memo.h"
#include "pages.h"

enum { INPUTS_MOST = 1 << 20, INPUT_WORDS = 6 + REGISTERS, NUMBERS_MOST = 1 << 14, DEPTH_MOST = SNAPSHOTS };
enum { CALL_BY_BOTH = 0x200, FAST = 0x100 }; /* in an input's first word: also by the fast path; by it alone */

#define NOW_AS_IT_IS (~0ull) /* in place of the time at which an input is taken */

int lockstep_step(const uint64_t *input, uint64_t now);
unsigned lockstep_view(const uint64_t **to);

struct before {
    uint32_t state;
    uint16_t input;
};

/* Not among the library's variables, which come back with each state. */
static struct all {
    struct breadth told;
    uint64_t inputs[INPUTS_MOST][INPUT_WORDS];
    /* The way to the state that is looked at: the states on it, the specification's rows; pages.c has the kernel's. */
    uint64_t way[DEPTH_MOST];
    uint32_t rows[DEPTH_MOST][PLACES_MOST], after[PLACES_MOST];
    uint64_t depth;
    bool there;
    uint64_t wanted[NUMBERS_MOST];
    unsigned wants;
    struct before *before;
    uint64_t *seen, room; /* keys, where each falls, 0: none; a power of two of them */
    uint64_t most;
} *all;

static void *memory(size_t bytes)
{
    void *to = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (to == MAP_FAILED)
        abort();
    return to;
}

__attribute__((constructor)) static void begin(void)
{
    all = memory(sizeof *all);
}

static enum stops unknown(uint64_t question, const uint32_t *row)
{
    all->told.question = question, all->told.row = row;
    return UNKNOWN;
}

/* ---- what the specification says */
/* The numbers of one piece of the state. */
static enum stops piece(uint32_t question, const uint32_t *row)
{
    struct leaf leaf = memo_ask(question, row);
    if (!leaf.first)
        return unknown(question, row);
    for (const struct follows *f = leaf.first; f < leaf.end && all->wants < NUMBERS_MOST; f++)
        all->wanted[all->wants++] = memo_number(f, row);
    return DONE;
}

static enum stops all_pieces(const uint32_t *row)
{
    struct leaf leaf = memo_ask(all->told.pieces, row);
    enum stops stop = leaf.first ? DONE : unknown(all->told.pieces, row);
    all->wants = 0;
    for (const struct follows *f = leaf.first; stop == DONE && f < leaf.end; f++)
        stop = piece(f->place, row);
    return stop;
}

static enum stops all_rules(const uint32_t *row)
{
    for (uint32_t rule = 0; rule < all->told.rules; rule++) {
        struct leaf leaf = memo_ask(all->told.first_rule + rule, row);
        if (!leaf.first)
            return unknown(all->told.first_rule + rule, row);
        if (!leaf.first->what)
            return BROKEN;
    }
    return DONE;
}

/* ---- states seen */
static uint64_t key_of(const uint64_t *numbers, const uint32_t *row)
{
    all->told.pairs.now = memo_value_at(all->told.now, row);
    uint64_t key = canon_key(numbers, &all->told.pairs);
    bool plain = true;
    for (unsigned i = 0; i < all->told.plain; i++)
        plain = plain && row[all->told.plains[i]] == all->rows[0][all->told.plains[i]];
    for (unsigned i = 0; !plain && i < memo_places(); i++)
        key = canon_mix(key, row[i]);
    return key ? key : 1;
}

static uint64_t *place_of(uint64_t key)
{
    uint64_t at = key & (all->room - 1);
    while (all->seen[at] && all->seen[at] != key)
        at = (at + 1) & (all->room - 1);
    return &all->seen[at];
}

/* ---- the way to a state */
static const struct follows *taken(struct leaf leaf)
{
    for (const struct follows *f = leaf.first; f < leaf.end; f++) {
        if (f->act == TAKE)
            return f;
    }
    return NULL;
}

static int take(const struct follows *f, const uint32_t *row, bool fast)
{
    uint64_t now = f->what == NOW_AS_IT_IS ? memo_value_at(all->told.now, row) : f->what;
    uint64_t *input = all->inputs[f->place], first = input[0];
    input[0] = (first & ~(uint64_t)CALL_BY_BOTH) | (fast ? FAST : 0);
    int how = lockstep_step(input, now);
    input[0] = first;
    return how;
}

/* Both go on to a state that is next on the way. */
static enum stops go(uint64_t state)
{
    uint32_t question = all->told.first_input + all->before[state].input, *row = all->rows[all->depth];
    struct leaf leaf = memo_ask(question, row);
    if (!leaf.first)
        return unknown(question, row);
    guard_restore((unsigned)all->depth);
    if (take(taken(leaf), row, false))
        return DIFFERS;
    memo_apply(leaf, row, all->rows[all->depth + 1]);
    pages_keep((unsigned)++all->depth);
    all->way[all->depth] = state;
    return DONE;
}

static enum stops visit(uint64_t state)
{
    uint64_t line[DEPTH_MOST];
    unsigned count = 0;
    for (uint64_t at = state; at; at = all->before[at].state) {
        if (count == DEPTH_MOST - 1)
            abort();
        line[count++] = at;
    }
    unsigned same = 0;
    while (same < count && same < all->depth && all->way[same + 1] == line[count - 1 - same])
        same++;
    all->depth = same;
    enum stops stop = DONE;
    for (unsigned i = same; i < count && stop == DONE; i++)
        stop = go(line[count - 1 - i]);
    return stop;
}

/* ---- one transition */
static enum stops compare(const struct follows *f, bool fast, const uint64_t **numbers)
{
    guard_restore((unsigned)all->depth);
    all->told.how = take(f, all->rows[all->depth], fast);
    if (all->told.how)
        return DIFFERS;
    unsigned count = lockstep_view(numbers);
    return count == all->wants && memcmp(*numbers, all->wanted, count * sizeof **numbers) == 0 ? DONE : DIFFERS;
}

static enum stops look(uint64_t state, uint32_t n)
{
    const uint32_t *row = all->rows[all->depth];
    const uint64_t *numbers = NULL;
    struct leaf leaf = memo_ask(all->told.first_input + n, row);
    if (!leaf.first)
        return unknown(all->told.first_input + n, row);
    const struct follows *f = taken(leaf);
    if (!f)
        return DONE;
    memo_apply(leaf, row, all->after);
    enum stops stop = all_pieces(all->after);
    for (unsigned fast = 0; stop == DONE && fast <= (all->inputs[f->place][0] & CALL_BY_BOTH ? 1u : 0u); fast++)
        stop = compare(f, fast, &numbers);
    if (stop != DONE)
        return stop;
    uint64_t key = key_of(numbers, all->after), *place = place_of(key);
    if (!*place) {
        stop = all_rules(all->after);
        if (stop != DONE)
            return stop;
        *place = key;
        all->before[all->told.states++] = (struct before){(uint32_t)state, (uint16_t)n};
    }
    return ++all->told.transitions % all->told.every ? DONE : SAMPLE;
}

/* ---- for wide.py */
void breadth_input(uint32_t which, const uint64_t *words);
void breadth_input(uint32_t which, const uint64_t *words)
{
    if (which >= INPUTS_MOST)
        abort();
    memcpy(all->inputs[which], words, sizeof all->inputs[which]);
}

struct breadth *breadth_begin(const uint32_t *row, unsigned places, uint64_t most);
/* From the state that is there; it has this row. */
struct breadth *breadth_begin(const uint32_t *row, unsigned places, uint64_t most)
{
    memset(all->rows, 0, sizeof all->rows);
    memcpy(all->rows[0], row, places * sizeof *row);
    memset(&all->told, 0, sizeof all->told);
    all->depth = 0, all->there = false, all->most = most;
    for (all->room = 1; all->room < 2 * most;)
        all->room *= 2;
    all->before = memory((most + 1) * sizeof *all->before);
    all->seen = memory(all->room * sizeof *all->seen);
    all->told.states = 1;
    guard_pages();
    return &all->told;
}

static void see_first(void)
{
    const uint64_t *numbers;
    guard_restore(0);
    if (lockstep_view(&numbers)) {
        uint64_t key = key_of(numbers, all->rows[0]);
        *place_of(key) = key;
    }
}

int breadth_go(uint64_t until);
/* Goes on until there are so many states that were gone through, or as many as there may be. */
int breadth_go(uint64_t until)
{
    struct breadth *t = &all->told;
    if (t->transitions == 0)
        see_first();
    while (t->state < t->states && t->states < all->most && t->transitions < until) {
        enum stops stop = all->there ? DONE : visit(t->state);
        all->there = stop == DONE;
        t->depth = all->depth;
        while (stop == DONE && t->input < t->inputs && t->states < all->most) {
            stop = look(t->state, (uint32_t)t->input);
            if (stop == DONE || stop == SAMPLE)
                t->input++;
        }
        t->before = all->rows[all->depth], t->after = all->after;
        if (stop != DONE)
            return (int)stop;
        t->state++, t->input = 0, all->there = false;
    }
    return DONE;
}

void breadth_back(uint32_t *to_state, uint32_t *to_input, uint64_t state);
/* By which state and input one was found. */
void breadth_back(uint32_t *to_state, uint32_t *to_input, uint64_t state)
{
    *to_state = all->before[state].state, *to_input = all->before[state].input;
}

void breadth_end(void);
void breadth_end(void)
{
    pages_end();
    munmap(all->before, (all->most + 1) * sizeof *all->before);
    munmap(all->seen, all->room * sizeof *all->seen);
}
