/* A driver that lies: what it does to the rings that it shares with its client. When the witness wants it, its next life is the real driver, which
   stands in the file that includes this one, with init() and notified() by other names: its rings are `requests` and `answers`. That file says
   with what it lies (its), and what it does instead of what it is asked. What it does depends on nothing but its lives. */
#ifndef TEST_LIAR_H
#define TEST_LIAR_H

#include "draw.h"
#include "ring/ring.h"

enum { ACTS = 4, SIGNALS = 16, EATEN = 8 };

const volatile uint64_t *truce; /* where the description maps it: not 0 when nobody is to lie any more */
static const struct lies {
    uint32_t second, bytes; /* where its second ring lies, and of how many bytes both are */
    uint64_t ids, length;   /* of answers */
    microkit_channel client;
} its; /* defined behind */
static void misdo(void);
static struct ring_entry eaten[EATEN]; /* requests that are taken, and perhaps never answered */
static bool lies;

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

static void act(void)
{
    switch (draw() % 64) {
    case 0: scribble(rings, its.second, its.bytes); break;
    case 1: eat(&requests); break;
    case 2: flood(&answers, its.ids, its.length); break;
    case 3: misdo(); break;
    case 4:
        for (unsigned left = SIGNALS; left > 0; left--)
            microkit_notify(its.client);
        break;
    case 5:
        if (draw() % 2 == 0)
            __builtin_trap();
        break;
    default: break;
    }
}

void init(void)
{
    honest_init();
    draw_state = requests.life * 0x9e3779b97f4a7c15ul | 1;
    lies = !*truce;
}

void notified(microkit_channel ch)
{
    for (uint64_t left = lies ? draw() % ACTS : 0; left > 0; left--)
        act();
    if (!lies || draw() % 8 != 0)
        honest_notified(ch);
}

#endif
