/* The trees of memo.h. memo.py makes them. */
#include "memo.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    QUESTIONS_MOST = 1 << 16,
    NODES_MOST = 1 << 26,
    LEAVES_MOST = 1 << 24,
    EDGES_MOST = 1 << 27,
    FOLLOWS_MOST = 1 << 28,
    VALUES_MOST = 1 << 24
};

/* Where a way leads: nowhere yet, to a node, or with this bit to a leaf. */
#define LEAF (1u << 31)

struct edge {
    uint32_t value, to;
};
/* Its edges by rising value, `room` of them from `first` on; and the one that was taken last, since most states are like the one before. */
struct node {
    uint32_t place, count, room, first;
    struct edge last;
};

/* Not among the library's variables, which come back with each state. */
static struct memo {
    uint32_t questions[QUESTIONS_MOST];
    struct node nodes[NODES_MOST];
    struct edge edges[EDGES_MOST];
    struct leaf leaves[LEAVES_MOST];
    struct follows follows[FOLLOWS_MOST];
    uint64_t numbers[VALUES_MOST];
    uint64_t reads[QUESTIONS_MOST]
                  [PLACES_MOST / 64]; /* every place that some answer to the question depends on */
    uint32_t node_count, edge_count, leaf_count, follow_count, places;
} *memo;

__attribute__((constructor)) static void begin(void)
{
    memo = mmap(NULL, sizeof *memo, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memo == MAP_FAILED)
        abort();
    memo->node_count = memo->leaf_count = 1;
}

static void check(bool good)
{
    if (!good)
        abort();
}

/* The first edge with that value or a higher one. */
static struct edge *seek(const struct node *n, uint32_t value)
{
    uint32_t low = 0, high = n->count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (memo->edges[n->first + middle].value < value)
            low = middle + 1;
        else
            high = middle;
    }
    return &memo->edges[n->first + low];
}

static bool is_there(const struct node *n, const struct edge *e, uint32_t value)
{
    return e < &memo->edges[n->first + n->count] && e->value == value;
}

unsigned memo_places(void)
{
    return memo->places;
}

struct leaf memo_ask(unsigned question, const uint32_t *row)
{
    uint32_t to = memo->questions[question];
    while (to && !(to & LEAF)) {
        struct node *n = &memo->nodes[to];
        uint32_t value = row[n->place];
        if (n->last.to && n->last.value == value) {
            to = n->last.to;
            continue;
        }
        const struct edge *e = seek(n, value);
        to = is_there(n, e, value) ? e->to : 0;
        n->last = (struct edge){value, to};
    }
    return to ? memo->leaves[to & ~LEAF] : (struct leaf){NULL, NULL};
}

bool memo_depends(unsigned question, const uint64_t *changed)
{
    uint64_t both = 0;
    for (unsigned i = 0; i < (memo->places + 63) / 64; i++)
        both |= memo->reads[question][i] & changed[i];
    return both != 0;
}

void memo_apply(struct leaf leaf, const uint32_t *from, uint32_t *to, uint64_t *changed)
{
    memcpy(to, from, memo->places * sizeof *to);
    memset(changed, 0, PLACES_MOST / 8);
    for (const struct follows *f = leaf.first; f < leaf.end; f++) {
        if (f->act == SET)
            to[f->place] = (uint32_t)f->what;
        else if (f->act == COPY)
            to[f->place] = from[f->what];
        else
            continue;
        if (to[f->place] != from[f->place])
            changed[f->place / 64] |= 1ull << f->place % 64;
    }
}

uint64_t memo_value_at(uint32_t place, const uint32_t *row)
{
    return memo->numbers[row[place]];
}

uint64_t memo_number(const struct follows *f, const uint32_t *row)
{
    return f->act == TELL ? f->what : memo_value_at(f->place, row);
}

/* ---- for memo.py */
void memo_value(uint32_t value, uint64_t number);
void memo_value(uint32_t value, uint64_t number)
{
    check(value < VALUES_MOST);
    memo->numbers[value] = number;
}

static struct edge *add(struct node *n, uint32_t value)
{
    if (n->count == n->room) {
        uint32_t room = n->room ? 2 * n->room : 1;
        check(memo->edge_count + room <= EDGES_MOST);
        memcpy(&memo->edges[memo->edge_count], &memo->edges[n->first], n->count * sizeof(struct edge));
        n->first = memo->edge_count, n->room = room;
        memo->edge_count += room;
    }
    struct edge *e = seek(n, value);
    memmove(e + 1, e, (size_t)(&memo->edges[n->first + n->count] - e) * sizeof *e);
    n->count++;
    *e = (struct edge){value, 0};
    return e;
}

static uint32_t *go(uint32_t *at, uint32_t place, uint32_t value)
{
    if (!*at) {
        check(memo->node_count < NODES_MOST);
        memo->nodes[memo->node_count].place = place;
        *at = memo->node_count++;
    }
    struct node *n = &memo->nodes[*at];
    check(!(*at & LEAF) && n->place == place);
    struct edge *e = seek(n, value);
    return is_there(n, e, value) ? &e->to : &add(n, value)->to;
}

static void depends(unsigned question, uint32_t place)
{
    memo->reads[question][place / 64] |= 1ull << place % 64;
}

void memo_learn(unsigned question, unsigned reads, const uint32_t *read, unsigned count,
                const struct follows *f, unsigned places);
/* read: place and value in turn. */
void memo_learn(unsigned question, unsigned reads, const uint32_t *read, unsigned count,
                const struct follows *f, unsigned places)
{
    check(question < QUESTIONS_MOST && places <= PLACES_MOST && memo->leaf_count < LEAVES_MOST);
    check(memo->follow_count + count <= FOLLOWS_MOST);
    uint32_t *at = &memo->questions[question];
    for (unsigned i = 0; i < reads; i++, read += 2) {
        depends(question, read[0]);
        at = go(at, read[0], read[1]);
    }
    for (unsigned i = 0; i < count; i++) {
        if (f[i].act == TELL_PLACE)
            depends(question, f[i].place);
    }
    check(!*at);
    struct follows *to = &memo->follows[memo->follow_count];
    memcpy(to, f, count * sizeof *f);
    memo->follow_count += count;
    memo->places = places;
    memo->leaves[memo->leaf_count] = (struct leaf){to, to + count};
    *at = memo->leaf_count++ | LEAF;
}
