/* Every state that some inputs lead to, the nearest first: both sides take each input from each, and must agree on all numbers after it.
   The specification's side is what memo.c has of it. */
#include "breadth.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "canon.h"
#include "exact.h"
#include "kernel.h"
#include "memo.h"
#include "pages.h"
#include "states.h"
#include "wanted.h"

enum { INPUTS_MOST = 1 << 20, INPUT_WORDS = 6 + REGISTERS, DEPTH_MOST = SNAPSHOTS };
enum { CALL_BY_BOTH = 0x200, FAST = 0x100 }; /* in an input's first word: also by the fast path; by it alone */

#define NOW_AS_IT_IS (~0ull) /* in place of the time at which an input is taken */

int lockstep_step(const uint64_t *input, uint64_t now);
unsigned lockstep_view(const uint64_t **to);

/* Not among the library's variables, which come back with each state. */
static struct all {
    struct breadth told;
    uint64_t inputs[INPUTS_MOST][INPUT_WORDS];
    /* The way to the state that is looked at: the states on it, the specification's rows; pages.c has the kernel's. */
    uint64_t way[DEPTH_MOST];
    uint32_t rows[DEPTH_MOST][PLACES_MOST], after[PLACES_MOST];
    uint64_t depth;
    bool there;
    struct wanted here, next;                 /* its numbers, and those of one behind it */
    uint64_t changed[PLACES_MOST / 64];       /* in that one */
    uint64_t form[CANON_SPELLED + (1 << 15)]; /* what a key is made from */
} *all;

__attribute__((constructor)) static void begin(void)
{
    all = mmap(NULL, sizeof *all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED)
        abort();
}

static enum stops unknown(uint64_t question, const uint32_t *row)
{
    all->told.question = question, all->told.row = row;
    return UNKNOWN;
}

/* A rule that depends on nothing that has changed holds as before. */
static enum stops all_rules(const uint32_t *row)
{
    for (uint32_t rule = all->told.first_rule; rule < all->told.first_rule + all->told.rules; rule++) {
        if (!memo_depends(rule, all->changed))
            continue;
        struct leaf leaf = memo_ask(rule, row);
        if (!leaf.first)
            return unknown(rule, row);
        if (!leaf.first->what)
            return BROKEN;
    }
    return DONE;
}

/* ---- keys */
/* Of what a key has no words for, is anything there? A thread that is no more (0) has none of it. */
static bool is_plain(const uint32_t *row)
{
    for (unsigned i = 0; i < all->told.plain; i++) {
        uint32_t place = all->told.plains[i];
        if (row[place] && row[place] != all->rows[0][place])
            return false;
    }
    return true;
}

/* Then all of it, as it is, is what the key is made from, too. */
static unsigned rest(uint64_t *to, const uint64_t *numbers, unsigned count, const uint32_t *row)
{
    memcpy(to, numbers, count * sizeof *to);
    for (unsigned i = 0; i < all->told.plain; i++)
        to[count++] = memo_value_at(all->told.plains[i], row);
    return count;
}

/* Is all that the key is made from the same as what had that key before? */
static bool is_exact(uint64_t key, uint64_t canon, const uint64_t *numbers, unsigned count, const uint32_t *row)
{
    const uint64_t *words;
    uint64_t again;
    unsigned length = canon_spell(numbers, memo_value_at(all->told.now, row), &again, &words);
    memcpy(all->form, words, length * sizeof *words);
    if (!is_plain(row))
        length += rest(all->form + length, numbers, count, row);
    return again == canon && exact_same(key, all->form, length);
}

static uint64_t key_of(const uint64_t *numbers, unsigned count, const uint32_t *row)
{
    uint64_t canon = canon_key(numbers, memo_value_at(all->told.now, row)), key = canon;
    if (!is_plain(row)) {
        unsigned length = rest(all->form, numbers, count, row);
        for (unsigned i = 0; i < length; i++)
            key = canon_mix(key, all->form[i]);
    }
    key &= all->told.key_bits;
    key = key ? key : 1;
    if (all->told.exactly && !is_exact(key, canon, numbers, count, row))
        all->told.lost++;
    return key;
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
    uint32_t question = all->told.first_input + states_at(state)->input, *row = all->rows[all->depth];
    struct leaf leaf = memo_ask(question, row);
    if (!leaf.first)
        return unknown(question, row);
    guard_restore((unsigned)all->depth);
    if (take(taken(leaf), row, false))
        return DIFFERS;
    memo_apply(leaf, row, all->rows[all->depth + 1], all->changed);
    pages_keep((unsigned)++all->depth);
    all->way[all->depth] = state;
    return DONE;
}

static enum stops visit(uint64_t state)
{
    uint64_t line[DEPTH_MOST];
    unsigned count = 0;
    for (uint64_t at = state; at; at = states_at(at)->before) {
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
    const uint32_t *row = all->rows[all->depth];
    return stop != DONE || wanted_read(&all->here, all->told.pieces, row) ? stop
                                                                          : unknown(all->here.question, row);
}

/* ---- one transition */
static enum stops compare(const struct follows *f, bool fast, const uint64_t **numbers)
{
    guard_restore((unsigned)all->depth);
    all->told.how = take(f, all->rows[all->depth], fast);
    if (all->told.how)
        return DIFFERS;
    unsigned count = lockstep_view(numbers);
    return count == all->next.count && memcmp(*numbers, all->next.numbers, count * sizeof **numbers) == 0
               ? DONE
               : DIFFERS;
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
    memo_apply(leaf, row, all->after, all->changed);
    if (!wanted_read_after(&all->next, all->told.pieces, all->after, &all->here, all->changed))
        return unknown(all->next.question, all->after);
    bool by_both = all->inputs[f->place][0] & CALL_BY_BOTH;
    enum stops stop = compare(f, false, &numbers);
    if (stop == DONE && by_both)
        stop = compare(f, true, &numbers);
    if (stop != DONE)
        return stop;
    struct found found = {key_of(numbers, all->next.count, all->after), (uint32_t)state, n};
    if (!states_has(found.key)) {
        stop = all_rules(all->after);
        if (stop != DONE)
            return stop;
        states_add(found);
        all->told.states++;
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

struct breadth *breadth_begin(const uint32_t *row, unsigned places, uint64_t most, int file, uint64_t there);
/* From the state that is there; it has this row. */
struct breadth *breadth_begin(const uint32_t *row, unsigned places, uint64_t most, int file, uint64_t there)
{
    memset(all->rows, 0, sizeof all->rows);
    memcpy(all->rows[0], row, places * sizeof *row);
    memset(&all->told, 0, sizeof all->told);
    all->depth = 0, all->there = false;
    states_begin(most, file, there);
    all->told.states = there, all->told.most = most;
    guard_pages();
    return &all->told;
}

static void see_first(void)
{
    const uint64_t *numbers;
    guard_restore(0);
    unsigned count = lockstep_view(&numbers);
    if (count)
        states_add((struct found){.key = key_of(numbers, count, all->rows[0])});
    all->told.states = states_count();
}

int breadth_go(uint64_t until);
/* Goes on until so many transitions were gone through, or there are as many states as there may be, or no more. */
int breadth_go(uint64_t until)
{
    struct breadth *t = &all->told;
    if (t->states == 0)
        see_first();
    while (t->state < t->states && t->states < t->most && t->transitions < until) {
        enum stops stop = all->there ? DONE : visit(t->state);
        all->there = stop == DONE;
        t->depth = all->depth;
        while (stop == DONE && t->input < t->inputs && t->states < t->most) {
            stop = look(t->state, (uint32_t)t->input);
            if (stop == DONE || stop == SAMPLE)
                t->input++;
        }
        t->before = all->rows[all->depth], t->after = all->after;
        if (stop != DONE)
            return (int)stop;
        if (t->input == t->inputs)
            t->state++, t->input = 0, all->there = false;
    }
    return DONE;
}

void breadth_back(uint32_t *to_state, uint32_t *to_input, uint64_t state);
/* By which state and input one was found. */
void breadth_back(uint32_t *to_state, uint32_t *to_input, uint64_t state)
{
    *to_state = states_at(state)->before, *to_input = states_at(state)->input;
}

void breadth_end(void);
void breadth_end(void)
{
    exact_forget();
    pages_end();
    states_end();
}
