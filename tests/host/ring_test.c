/* user/services/ring/ring.h against a peer that lies, dies and begins anew, at random and the same in every run. The memory is as large as
   the ring and no larger, so that the sanitizer sees each access beside it. */
#include <stdlib.h>
#include "random.h"
#include "ring/ring.h"
#include "test.h"

enum { SIZE = 8, STEPS = 300000 };

static struct ring *ring_new(uint32_t index)
{
    struct ring *r = calloc(1, sizeof *r + SIZE * sizeof(struct ring_entry));
    r->producer.index = r->consumer.index = index;
    return r;
}

/* Both have begun, and know of each other. */
static void both(struct ring *r, struct ring_end *put, struct ring_end *get)
{
    ring_start(put, r, SIZE, true);
    ring_start(get, r, SIZE, false);
    CHECK_NUMBER("the consumer has come", ring_ready(put), RING_RESTARTED);
    ring_accept(put);
}

static void order_across_the_wrap(void)
{
    struct ring *r = ring_new(UINT32_MAX - 100);
    struct ring_end put, get;
    struct ring_entry e = {0};
    uint64_t in = 0, out = 0;
    both(r, &put, &get);
    for (unsigned step = 0; step < 2000; step++) {
        for (unsigned n = random_below(SIZE + 2); n > 0; n--) {
            e.id = in;
            in += ring_put(&put, &e);
        }
        CHECK(in - out <= SIZE);
        ring_publish(&put);
        for (unsigned n = random_below(SIZE + 2); n > 0 && ring_get(&get, &e); n--)
            CHECK_NUMBER("the next one", e.id, out++);
        ring_publish(&get);
    }
    CHECK(out > 5000);
    free(r);
}

/* What a peer may write: all of the shared memory, but mostly what could be believed. */
static void lie(struct ring *r)
{
    uint32_t *words = (uint32_t *)(void *)r;
    uint32_t near[] = {r->producer.index, r->consumer.index, r->producer.index + SIZE, r->consumer.index - 1, 0,
                       UINT32_MAX};
    uint32_t value = random_below(2) ? near[random_below(6)] : (uint32_t)random_next();
    switch (random_below(4)) {
    case 0: r->producer.index = value; break;
    case 1: r->consumer.index = value; break;
    case 2: r->producer.life = r->consumer.life = value; break;
    default: words[random_below((sizeof *r + SIZE * sizeof(struct ring_entry)) / 4)] = value;
    }
}

/* An honest end, whatever the other does: its own index moves by what it does itself, and it never has more than the size at once. */
static void liar_harms_nobody(void)
{
    struct ring *r = ring_new(0);
    unsigned seen[3] = {0};
    for (unsigned side = 0; side < 2; side++) {
        struct ring_end e;
        struct ring_entry entry = {0};
        ring_start(&e, r, SIZE, side);
        for (unsigned step = 0; step < STEPS && !test_state.failing; step++) {
            lie(r);
            uint32_t mine = e.mine, moved = 0;
            int32_t ready = ring_ready(&e);
            CHECK(ready >= RING_BROKEN && ready <= SIZE);
            seen[ready < 0 ? -ready : 0]++;
            if (ready == RING_RESTARTED) {
                ring_accept(&e);
                mine = e.mine;
            }
            while (moved <= SIZE && (side ? ring_put(&e, &entry) : ring_get(&e, &entry)))
                moved++;
            CHECK(moved <= SIZE && e.mine - mine <= SIZE && (!side || e.mine - mine == moved));
            ring_publish(&e);
            ring_sleep(&e, 1 + random_below(SIZE));
        }
    }
    CHECK(seen[0] > STEPS / 10 && seen[1] > STEPS / 10 && seen[2] > STEPS / 10);
    free(r);
}

/* Whatever index the other side says, and however near to one that could be, after ring_accept() the ring is in order again. */
static void accepted_is_in_order(void)
{
    for (unsigned side = 0; side < 2; side++) {
        for (uint32_t off = 0; off <= 4 * SIZE; off++) {
            struct ring *r = ring_new(1000);
            struct ring_end e;
            ring_start(&e, r, SIZE, side);
            (side ? &r->consumer : &r->producer)->index = e.mine + off - 2 * SIZE;
            bool broken = ring_ready(&e) == RING_BROKEN;
            CHECK(broken == (side ? off < SIZE || off > 2 * SIZE : off < 2 * SIZE || off > 3 * SIZE));
            ring_accept(&e);
            CHECK(ring_ready(&e) >= 0 && ring_ready(&e) <= SIZE);
            free(r);
        }
    }
}

/* The other side's own index, as it stands in memory that both can write, counts for nobody who knows better. */
static void own_index_is_not_believed(void)
{
    struct ring *r = ring_new(0);
    struct ring_end put, get;
    struct ring_entry e = {.id = 7};
    both(r, &put, &get);
    r->producer.index = 100;
    CHECK(ring_put(&put, &e) && ring_publish(&put));
    CHECK_NUMBER("what was published", r->producer.index, 1);
    CHECK(ring_get(&get, &e) && e.id == 7 && !ring_get(&get, &e));
    free(r);
}

/* Entries that were copied do not change any more. */
static void entry_is_copied(void)
{
    struct ring *r = ring_new(0);
    struct ring_end put, get;
    struct ring_entry e = {.length = 5};
    both(r, &put, &get);
    ring_put(&put, &e);
    ring_publish(&put);
    CHECK(ring_get(&get, &e));
    ((struct ring_entry *)(void *)(r + 1))->length = 99;
    CHECK_NUMBER("length", e.length, 5);
    free(r);
}

/* Ends that die between any two calls. What arrives was put in the same two lives that now are, in its order, once. */
struct lives {
    struct ring *r;
    struct ring_end put, get;
    uint64_t in, out; /* ids: of the next entry, of the last one that arrived */
    uint64_t stale;
};

static void producer_step(struct lives *w)
{
    struct ring_entry e = {.id = w->in + 1};
    if (ring_ready(&w->put) == RING_RESTARTED)
        ring_accept(&w->put);
    e.a = w->put.epoch;
    w->in += ring_put(&w->put, &e);
    if (random_below(3) == 0)
        ring_publish(&w->put);
}

static void consumer_step(struct lives *w)
{
    struct ring_entry e;
    if (ring_ready(&w->get) == RING_RESTARTED)
        ring_accept(&w->get);
    if (ring_get(&w->get, &e)) {
        CHECK(e.id > w->out && e.id <= w->in);
        CHECK_NUMBER("consumer's life of the entry", e.epoch >> 32, w->r->consumer.life);
        CHECK(e.epoch == e.a);
        w->stale += e.id - w->out - 1;
        w->out = e.id;
    }
    if (random_below(3) == 0)
        ring_publish(&w->get);
}

static void lives_end_at_any_time(void)
{
    struct lives w = {.r = ring_new(0)};
    ring_start(&w.put, w.r, SIZE, true);
    ring_start(&w.get, w.r, SIZE, false);
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned what = random_below(64);
        if (what == 0)
            ring_start(&w.put, w.r, SIZE, true);
        else if (what == 1)
            ring_start(&w.get, w.r, SIZE, false);
        else if (what % 2)
            producer_step(&w);
        else
            consumer_step(&w);
        CHECK_NUMBER("the ring is whole",
                     ring_ready(&w.get) == RING_BROKEN || ring_ready(&w.put) == RING_BROKEN, false);
    }
    CHECK(w.out > STEPS / 10 && w.stale > STEPS / 1000);
    free(w.r);
}

/* Whoever sleeps while what it waits for is there has a signal on its way; and no signal comes unasked. */
static void sleeper_is_woken(void)
{
    struct ring *r = ring_new(0);
    struct ring_end e[2]; /* consumer, producer */
    struct ring_entry entry = {0};
    unsigned wants[2] = {0}, slept[2] = {0};
    bool asleep[2] = {false, false}, signal[2] = {false, false};
    both(r, &e[1], &e[0]);
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned me = random_below(2);
        if (asleep[me] && !signal[me]) {
            CHECK(ring_ready(&e[me]) < (int32_t)wants[me]);
            continue;
        }
        asleep[me] = signal[me] = false;
        for (unsigned n = random_below(SIZE); n > 0; n--)
            me ? ring_put(&e[1], &entry) : ring_get(&e[0], &entry);
        bool asked = ring_publish(&e[me]);
        CHECK(!asked || step < 100 || asleep[!me] || wants[!me] != 0);
        signal[!me] |= asked;
        wants[me] = 1 + random_below(SIZE / 2); /* so that never both wait for each other */
        asleep[me] = ring_sleep(&e[me], wants[me]);
        slept[me] += asleep[me];
    }
    CHECK(slept[0] > STEPS / 100 && slept[1] > STEPS / 100);
    free(r);
}

/* What a broken end said is forgotten with its life. */
static void new_life_mends(void)
{
    struct ring *r = ring_new(0);
    struct ring_end put, get;
    struct ring_entry e = {.id = 1};
    both(r, &put, &get);
    r->producer.index = 1000;
    CHECK_NUMBER("a lie", ring_ready(&get), RING_BROKEN);
    CHECK(!ring_get(&get, &e));
    ring_start(&put, r, SIZE, true);
    CHECK_NUMBER("begun anew", ring_ready(&get), RING_RESTARTED);
    ring_accept(&get);
    CHECK(ring_put(&put, &e) && ring_publish(&put) && ring_get(&get, &e) && !ring_get(&get, &e));
    free(r);
}

/* What a liar wrote over the honest side's own words ends with the liar: its next life may believe them first, and then hears the truth. */
static void scribbles_end_with_the_liar(void)
{
    for (unsigned liar = 0; liar < 2; liar++)
        for (unsigned what = 0; what < 3; what++) {
            struct ring *r = ring_new(0);
            struct ring_end put, get, *honest = liar ? &get : &put, *next = liar ? &put : &get;
            struct ring_side *own = liar ? &r->consumer : &r->producer;
            struct ring_entry e = {.id = 1};
            both(r, &put, &get);
            own->life += what != 1 ? 1000 : 0;
            own->index += what != 0 ? 1000 : 0;
            ring_start(next, r, SIZE, liar);
            CHECK_NUMBER("the liar's next life", ring_ready(honest), RING_RESTARTED);
            ring_accept(honest);
            if (ring_restarted(next) || ring_ready(next) < 0)
                ring_accept(next);
            for (unsigned i = 0; i < 2 * SIZE; i++) {
                CHECK(ring_put(&put, &e));
                ring_publish(&put);
                CHECK(ring_get(&get, &e) && e.id == 1 && !ring_get(&get, &e));
                ring_publish(&get);
            }
            free(r);
        }
}

/* Each side has room, or entries, that it knows of: they were the dead one's. */
static void new_life_is_seen_at_once(void)
{
    struct ring *r = ring_new(0);
    struct ring_end put, get;
    struct ring_entry e = {.id = 1};
    both(r, &put, &get);
    CHECK(ring_put(&put, &e) && ring_put(&put, &e));
    ring_publish(&put);
    CHECK(ring_get(&get, &e));
    ring_start(&put, r, SIZE, true);
    CHECK_NUMBER("one is left to take, of a dead producer", ring_ready(&get), RING_RESTARTED);
    CHECK(!ring_get(&get, &e));
    ring_accept(&get);
    e.id = 2;
    CHECK(ring_put(&put, &e));
    ring_publish(&put);
    CHECK(ring_get(&get, &e) && e.id == 2);
    ring_start(&get, r, SIZE, false);
    CHECK_NUMBER("room is left, of a dead consumer", ring_ready(&put), RING_RESTARTED);
    CHECK(!ring_put(&put, &e));
    free(r);
}

static void buffers_have_bounds(void)
{
    char data[4 * 16];
    CHECK(ring_buffer(data, 4, 16, 3, 16) == data + 48);
    CHECK(!ring_buffer(data, 4, 16, 4, 0) && !ring_buffer(data, 4, 16, 0, 17) &&
          !ring_buffer(data, 4, 16, UINT32_MAX, 1));
    CHECK(!ring_buffer(data, 4, 16, 0, UINT32_MAX));
    char *large = (char *)0x10000; /* of 8 GiB, which nobody touches */
    CHECK(ring_buffer(large, 1u << 20, 1u << 13, (1u << 20) - 1, 1u << 13) ==
          large + (1ull << 33) - (1u << 13));
}

/* Who asks for three entries is told of the third, and of no other. */
static void told_once_and_in_time(void)
{
    struct ring *r = ring_new(UINT32_MAX - 1);
    struct ring_end put, get;
    const struct ring_entry e = {0};
    both(r, &put, &get);
    CHECK(ring_sleep(&get, 3));
    for (unsigned i = 1; i <= 5; i++)
        CHECK(ring_put(&put, &e) && ring_publish(&put) == (i == 3));
    CHECK(!ring_publish(&put) && !ring_sleep(&get, 5) && ring_sleep(&get, 6));
    free(r);
}

/* Nobody sleeps while the other side's new life is not accepted, and nobody stays awake for an index that cannot be. */
static void who_may_sleep(void)
{
    for (unsigned side = 0; side < 2; side++) {
        struct ring *r = ring_new(7);
        struct ring_end e;
        struct ring_side *other = side ? &r->consumer : &r->producer;
        ring_start(&e, r, SIZE, side);
        CHECK(ring_sleep(&e, side ? SIZE + 1 : 1));
        other->life++;
        CHECK(!ring_sleep(&e, side ? SIZE + 1 : 1));
        ring_accept(&e);
        other->index += SIZE + 1;
        CHECK(ring_sleep(&e, 1));
        free(r);
    }
}

int main(void)
{
    random_seed();
    test_run("ring/order_across_the_wrap", order_across_the_wrap);
    test_run("ring/liar_harms_nobody", liar_harms_nobody);
    test_run("ring/accepted_is_in_order", accepted_is_in_order);
    test_run("ring/own_index_is_not_believed", own_index_is_not_believed);
    test_run("ring/entry_is_copied", entry_is_copied);
    test_run("ring/lives_end_at_any_time", lives_end_at_any_time);
    test_run("ring/sleeper_is_woken", sleeper_is_woken);
    test_run("ring/new_life_mends", new_life_mends);
    test_run("ring/scribbles_end_with_the_liar", scribbles_end_with_the_liar);
    test_run("ring/new_life_is_seen_at_once", new_life_is_seen_at_once);
    test_run("ring/told_once_and_in_time", told_once_and_in_time);
    test_run("ring/who_may_sleep", who_may_sleep);
    test_run("ring/buffers_have_bounds", buffers_have_bounds);
    return test_end();
}
