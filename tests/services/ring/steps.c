/* What each function of user/services/ring/ring.h makes of each state of one side and of the other's words, while the other side changes
   some of those, or looks, before any of the function's accesses or after the last. For each end a line of numbers; steps.pml writes those
   of the model. Indices are told modulo 4, as they are in the model. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned ordered_load(const unsigned *from, int order);
static void ordered_store(unsigned *to, unsigned value, int order);
#define __atomic_load_n(from, order) ordered_load(from, order)
#define __atomic_store_n(to, value, order) ordered_store(to, value, order)
#include "ring/ring.h"

enum { SIZE = 2, MODULUS = 4, BASE = 64, RESTARTED = 9 };
enum op { GET = 1, PUT, SLEEP_LONG, SLEEP, PUBLISH, READY, ACCEPT, BEGIN };
enum { NO_MOVE, PUTS_OR_TAKES, BEGINS, ASKS, LOOKS = ASKS + MODULUS, BEGINS_AND_MOVES };

static struct {
    struct ring ring;
    struct ring_entry entry[SIZE];
} memory;

/* How the side is at first: its next index; of how many entries the other does not know, and it knows; how many lie between both. */
struct begin {
    enum op op;
    unsigned me, at, late, known, away, asked, reborn, other_epoch;
};

static struct begin from;
static struct ring_side *own, *peer;
static unsigned move, moves_at, accesses, seen;

static void access_begins(void)
{
    if (move == NO_MOVE || accesses++ != moves_at)
        return;
    peer->life += move == BEGINS || move == BEGINS_AND_MOVES;
    peer->index += move == PUTS_OR_TAKES || move == BEGINS_AND_MOVES;
    if (move >= ASKS && move < LOOKS)
        peer->wanted = move - ASKS;
    seen = (own->life * MODULUS + own->index % MODULUS) * MODULUS + own->wanted % MODULUS;
}

/* What the other wants is told modulo 4: it is the last such index before the one that comes next. */
static unsigned ordered_load(const unsigned *word, int order)
{
    unsigned last = BASE + from.at - 1;
    (void)order;
    access_begins();
    return word == &peer->wanted ? last - (last - *word) % MODULUS : *word;
}

static void ordered_store(unsigned *word, unsigned value, int order)
{
    (void)order;
    access_begins();
    *word = value;
}

static struct ring_end set_up(void)
{
    unsigned at = BASE + from.at;
    bool begins = from.op == BEGIN;
    memset(&memory, 0, sizeof memory);
    own = from.me == 0 ? &memory.ring.producer : &memory.ring.consumer;
    peer = from.me == 0 ? &memory.ring.consumer : &memory.ring.producer;
    *own = (struct ring_side){.index = at - from.late, .life = begins ? 1 : 2};
    *peer = (struct ring_side){
        .index = from.me == 0 ? at - from.away : at + from.away, .wanted = from.asked, .life = 1 + from.reborn};
    uint64_t by = 1 + from.other_epoch % 2, for_whom = 2 + from.other_epoch / 2;
    if (from.op == GET) {
        memory.entry[at % SIZE] = (struct ring_entry){.id = at, .d = at, .epoch = for_whom << 32 | by};
        memory.entry[(at + 1) % SIZE] =
            (struct ring_entry){.id = at + 1, .d = at + 1, .epoch = 2ull << 32 | 1}; /* need not be dropped */
    }
    if (begins)
        return (struct ring_end){0};
    return (struct ring_end){.own = own,
                             .peer = peer,
                             .slots = memory.entry,
                             .mask = SIZE - 1,
                             .ahead = from.me == 0 ? SIZE : 0,
                             .mine = at,
                             .published = at - from.late,
                             .limit = at + from.known,
                             .life = 2,
                             .peer_life = 1,
                             .epoch = from.me == 0 ? 1ull << 32 | 2 : 2ull << 32 | 1};
}

static unsigned ready(struct ring_end *e)
{
    int32_t count = ring_ready(e);
    if (count != RING_RESTARTED)
        return (unsigned)count;
    ring_accept(e);
    return RESTARTED;
}

static unsigned get(struct ring_end *e)
{
    struct ring_entry entry;
    return ring_get(e, &entry) && entry.id == e->mine - 1 && entry.d == entry.id;
}

static unsigned run(struct ring_end *e)
{
    const struct ring_entry entry = {.id = from.at, .d = from.at};
    switch (from.op) {
    case BEGIN: ring_start(e, &memory.ring, SIZE, from.me == 0); return 0;
    case ACCEPT: ring_accept(e); return 0;
    case READY: return ready(e);
    case PUBLISH: return ring_publish(e);
    case SLEEP: return ring_sleep(e, 1);
    case SLEEP_LONG: return ring_sleep(e, SIZE);
    case PUT: ring_put(e, &entry); return 0;
    case GET: return get(e);
    }
    abort();
}

static void tell(const struct ring_end *e, unsigned result)
{
    const struct ring_entry *entry = &memory.entry[from.at % SIZE];
    printf("= %d %u %u %u %u %u %u %u %u %u %u : ", from.op, from.me, from.at, from.late, from.known, from.away,
           from.asked, from.reborn, from.other_epoch, move, seen);
    printf("%u %u %u %u %u %u %u %u ", e->mine % MODULUS, e->published % MODULUS, e->limit % MODULUS,
           e->peer_life, own->life, own->index % MODULUS, own->wanted % MODULUS, result);
    unsigned high = (unsigned)(entry->epoch >> 32), low = (unsigned)entry->epoch;
    printf("%u %u %u %u\n", (unsigned)entry->id % MODULUS, (unsigned)entry->d % MODULUS, low, high);
}

/* At each place, until it comes behind the last access. */
static void with_move(unsigned what)
{
    move = what, accesses = 0;
    for (moves_at = 0; moves_at <= accesses; moves_at++) {
        accesses = seen = 0;
        struct ring_end e = set_up();
        unsigned result = run(&e);
        access_begins();
        accesses -= move != NO_MOVE;
        tell(&e, result);
    }
}

static void with_moves(void)
{
    with_move(NO_MOVE);
    if (from.op == PUT || from.op == GET)
        return;
    if (from.me == 0 ? from.away > 0 : from.away + from.late < SIZE) {
        with_move(PUTS_OR_TAKES);
        with_move(BEGINS_AND_MOVES);
    }
    with_move(BEGINS);
    for (unsigned i = 0; from.op == PUBLISH && i < MODULUS; i++)
        with_move(ASKS + i);
    with_move(LOOKS);
}

static bool makes_sense(void)
{
    const struct begin *f = &from;
    bool sleeps = f->op == SLEEP || f->op == SLEEP_LONG;
    if (f->me == 0 ? f->late > f->away || f->known + f->away > SIZE
                   : f->late + f->away > SIZE || f->known > f->away)
        return false;
    if ((f->op == BEGIN && (f->late > 0 || f->known > 0)) || (sleeps && f->late > 0))
        return false;
    return f->op == PUT ? f->me == 0 && f->known > 0 : f->op != GET || (f->me == 1 && f->known > 0);
}

/* The next one of all numbers from 0 to less than `end`; false: it begins again. */
static bool next(unsigned *number, unsigned end)
{
    *number = (*number + 1) % end;
    return *number != 0;
}

static bool next_state(void)
{
    return next(&from.at, MODULUS) || next(&from.late, SIZE + 1) || next(&from.known, SIZE + 1) ||
           next(&from.away, SIZE + 1) || next(&from.me, 2) ||
           next(&from.asked, from.op == PUBLISH ? MODULUS : 1) ||
           next(&from.other_epoch, from.op == GET ? 4 : 1) ||
           next(&from.reborn, from.op == PUT || from.op == GET ? 1 : 2);
}

int main(void)
{
    for (unsigned op = GET; op <= BEGIN; op++) {
        from.op = op;
        do {
            if (makes_sense())
                with_moves();
        } while (next_state());
    }
    return 0;
}
