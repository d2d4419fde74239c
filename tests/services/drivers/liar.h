/* What a lying driver does to the rings that it shares with its client. When the witness wants it, its next life is the
   real driver, which stands in the file that includes this one, with init() and notified() by other names. What it does depends on nothing but its lives. */
#ifndef TEST_LIAR_H
#define TEST_LIAR_H

#include "ring/ring.h"

enum { ACTS = 4, SIGNALS = 16, EATEN = 8 };

const volatile uint64_t *truce; /* where the description maps it: not 0 when nobody is to lie any more */
static uint64_t random_state;
static struct ring_entry eaten[EATEN]; /* requests that are taken, and perhaps never answered */
static bool lies;

static uint64_t draw(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (random_state * 0x2545f4914f6cdd1dul) >> 16;
}

/* A number that may be right, nearly right, or not at all. */
static uint64_t near(uint64_t limit)
{
    static const uint64_t odd[] = {0, 1, 0xffff, 0xffffffff, ~0ul, 1ul << 31, 1ul << 63};
    switch (draw() % 4) {
    case 0: return odd[draw() % (sizeof odd / sizeof *odd)];
    case 1: return limit + draw() % 3 - 1;
    default: return draw() % limit;
    }
}

/* Now and then. One word: an index, a wish, a life of either side in either ring, or of an entry. */
static void scribble(void *shared, uint32_t second, uint32_t bytes)
{
    volatile uint32_t *words = (volatile uint32_t *)shared;
    if (draw() % 8 != 0)
        return;
    if (draw() % 4 == 0)
        words[draw() % (bytes / 4)] = (uint32_t)near(64);
    else
        words[(draw() % 2 ? second / 4 : 0) + draw() % (sizeof(struct ring) / 4)] = (uint32_t)near(64);
}

static void eat(struct ring_end *requests)
{
    struct ring_entry e = {0};
    if (ring_get(requests, &e))
        eaten[draw() % EATEN] = e;
}

/* An answer to something that was asked, once or again, or that never was. */
static struct ring_entry forged(uint64_t ids, uint64_t length)
{
    struct ring_entry e = eaten[draw() % EATEN];
    if (draw() % 2)
        e.id = near(ids);
    if (draw() % 4 == 0)
        e.op = (uint16_t)near(5);
    if (draw() % 4 == 0)
        e.buffer = (uint32_t)near(ids);
    e.status = (uint16_t)(draw() % 2 ? 0 : near(4));
    e.length = (uint32_t)near(length);
    e.a = draw() % 2 ? near(0x2000) : draw();
    return e;
}

/* So many as find room; an entry of another life among them. */
static void flood(struct ring_end *answers, uint64_t ids, uint64_t length)
{
    for (uint64_t left = draw() % 4 ? 1 : draw() % 256; left > 0; left--) {
        struct ring_entry e = forged(ids, length);
        uint32_t life = answers->life;
        if (draw() % 8 == 0)
            answers->life += (uint32_t)draw();
        ring_put(answers, &e);
        answers->life = life;
    }
    ring_publish(answers);
}

#endif
