/* user/services/ring/ring.h with another side that moves between any two of this side's accesses, on a machine that keeps each store back for as
   long as its order allows. And what a pair of rings makes of a new life or a lie in one of them. */
#include <stdint.h>
#include <stdlib.h>
#include "test.h"

static uint32_t ordered_load(const uint32_t *from, int order);
static void ordered_store(uint32_t *to, uint32_t value, int order);
#define __atomic_load_n(from, order) ordered_load(from, order)
#define __atomic_store_n(to, value, order) ordered_store(to, value, order)
#include "ring/ring.h"

enum { SIZE = 8, STORES = 4, ACCESSES = 3 };

static struct ring *ring;
static struct ring_end put, get;

/* Of the side under test: before which of its accesses the other moves, and what that does then, all at once. */
static bool watched, stored; /* stored: sequentially consistent, and no such load has followed */
static unsigned accesses, moves_at;
static void (*move)(void);
static struct store {
    uint32_t *to, value;
} kept[STORES];
static unsigned keeps;

static void make_move(void)
{
    void (*what)(void) = move;
    watched = false, move = NULL;
    what();
    watched = true;
}

static void access_begins(void)
{
    if (move && accesses++ == moves_at)
        make_move();
}

static uint32_t ordered_load(const uint32_t *from, int order)
{
    if (!watched)
        return *from;
    access_begins();
    CHECK(order == __ATOMIC_SEQ_CST || (order == __ATOMIC_ACQUIRE && !stored));
    stored = false;
    for (unsigned i = keeps; i-- > 0;) {
        if (kept[i].to == from)
            return kept[i].value;
    }
    return *from;
}

static void keep_no_more(void)
{
    for (unsigned i = 0; i < keeps; i++)
        *kept[i].to = kept[i].value;
    keeps = 0;
}

static void ordered_store(uint32_t *to, uint32_t value, int order)
{
    if (!watched) {
        *to = value;
        return;
    }
    access_begins();
    CHECK(order == __ATOMIC_SEQ_CST || order == __ATOMIC_RELEASE);
    CHECK(keeps < STORES);
    kept[keeps++] = (struct store){to, value};
    stored = order == __ATOMIC_SEQ_CST;
    if (stored)
        keep_no_more();
}

static void watch(unsigned access, void (*what)(void))
{
    watched = true, stored = false;
    accesses = 0, moves_at = access, move = what;
}

/* The other side may move last, too, while what is kept back is still not to be seen. */
static void watch_ends(void)
{
    if (move)
        make_move();
    keep_no_more();
    watched = false;
}

static void put_entries(unsigned count)
{
    const struct ring_entry e = {.id = 1};
    while (count-- > 0)
        CHECK(ring_put(&put, &e));
}

static void get_entries(unsigned count)
{
    struct ring_entry e;
    while (count-- > 0)
        CHECK(ring_get(&get, &e));
}

/* Both have begun, so many entries have been there, and nobody wants a signal. */
static void begin(unsigned been)
{
    ring = calloc(1, sizeof *ring + SIZE * sizeof(struct ring_entry));
    ring_start(&put, ring, SIZE, true);
    ring_start(&get, ring, SIZE, false);
    ring_accept(&put);
    put_entries(been);
    ring_publish(&put);
    get_entries(been);
    ring_publish(&get);
    ring->producer.wanted = ring->consumer.wanted = been - 1;
}

static bool sleeps, told;

static void producer_publishes(void)
{
    told = ring_publish(&put);
}

static void producer_sleeps(void)
{
    sleeps = ring_sleep(&put, 1);
}

static void consumer_publishes(void)
{
    told = ring_publish(&get);
}

static void consumer_sleeps(void)
{
    sleeps = ring_sleep(&get, 1);
}

/* One side publishes and the other goes to sleep, one of them within the other. */
static void within(const char *what, void (*outer)(void), void (*inner)(void), bool for_room)
{
    for (unsigned access = 0; access < ACCESSES; access++) {
        begin(1);
        put_entries(for_room ? SIZE : 1);
        if (for_room) {
            ring_publish(&put);
            get_entries(1);
        }
        sleeps = told = false;
        watch(access, inner);
        outer();
        watch_ends();
        CHECK_NUMBER(what, sleeps && !told, false);
        free(ring);
    }
}

static void nobody_sleeps_on(void)
{
    within("an entry, and the consumer sleeps", producer_publishes, consumer_sleeps, false);
    within("the consumer sleeps, and an entry comes", consumer_sleeps, producer_publishes, false);
    within("room, and the producer sleeps", consumer_publishes, producer_sleeps, true);
    within("the producer sleeps, and room comes", producer_sleeps, consumer_publishes, true);
}

static void producer_begins_anew(void)
{
    ring_start(&put, ring, SIZE, true);
    put_entries(3);
    ring_publish(&put);
}

static void consumer_begins_anew(void)
{
    struct ring_entry e;
    ring_start(&get, ring, SIZE, false);
    ring_get(&get, &e);
    ring_publish(&get);
}

/* What is ready, to be taken or as room, is so in a life that is known. */
static void new_life_within_ready(void)
{
    for (unsigned access = 0; access < ACCESSES; access++) {
        begin(1);
        put_entries(2);
        ring_publish(&put);
        watch(access, producer_begins_anew);
        int32_t ready = ring_ready(&get);
        CHECK(ready == (move ? 2 : RING_RESTARTED));
        watch_ends();
        free(ring);
        begin(1);
        put_entries(SIZE);
        ring_publish(&put);
        watch(access, consumer_begins_anew);
        ready = ring_ready(&put);
        CHECK(ready == (move ? 0 : RING_RESTARTED));
        watch_ends();
        free(ring);
    }
}

/* In which ring of the pair the other side begins anew or lies about its index: bits 0 and 1. Both are in order afterwards, whichever it was. */
static void pair_in_order(unsigned anew, unsigned lies)
{
    struct ring *r[2];
    struct ring_end mine[2], other[2];
    for (unsigned i = 0; i < 2; i++) {
        r[i] = calloc(1, sizeof *r[i] + SIZE * sizeof(struct ring_entry));
        ring_start(&other[i], r[i], SIZE, i == 1);
        ring_start(&mine[i], r[i], SIZE, i == 0);
        ring_accept(&other[i]);
    }
    const struct ring_entry e = {.id = 1};
    for (unsigned n = 0; n < SIZE; n++) /* so that its index must be read */
        CHECK(ring_put(&mine[0], &e));
    CHECK(ring_put(&other[1], &e));
    ring_publish(&other[1]);
    for (unsigned i = 0; i < 2; i++) {
        if (anew >> i & 1)
            ring_start(&other[i], r[i], SIZE, i == 1);
        if (lies >> i & 1)
            mine[i].peer->index += 2 * SIZE;
    }
    CHECK_NUMBER("begun anew, or a lie, in one", ring_pair_restarted(&mine[0], &mine[1]), (anew | lies) != 0);
    for (unsigned i = 0; i < 2; i++)
        CHECK(!ring_restarted(&mine[i]) && ring_ready(&mine[i]) >= 0);
    CHECK_NUMBER("and not again", ring_pair_restarted(&mine[0], &mine[1]), false);
    free(r[0]);
    free(r[1]);
}

static void either_of_a_pair(void)
{
    for (unsigned anew = 0; anew < 4; anew++) {
        for (unsigned lies = 0; lies < 4; lies++)
            pair_in_order(anew, lies);
    }
}

int main(void)
{
    test_run("ring/order/nobody_sleeps_on", nobody_sleeps_on);
    test_run("ring/order/new_life_within_ready", new_life_within_ready);
    test_run("ring/order/either_of_a_pair", either_of_a_pair);
    return test_end();
}
