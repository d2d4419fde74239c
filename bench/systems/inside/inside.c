/* Who runs when, in a domain of several components: the most urgent that has a signal and is not in the middle of something. */
#include "inside.h"

enum { INPUT = 1 /* the slot where the domain is notified */ };

struct inside_component *inside_now;
static unsigned signalled,
    working; /* a bit for each component: it has a signal; it is in the middle of something, or has not begun */

static void signal(const struct inside_way *way)
{
    way->to->pending |= 1ul << way->channel;
    signalled |= way->to->bit;
}

static seL4_Word take_signals(struct inside_component *c)
{
    seL4_Word bits = c->pending;
    c->pending = 0;
    signalled &= ~c->bit;
    return bits;
}

static struct inside_component *next(void)
{
    unsigned ready = signalled & ~working;
    return ready ? &inside_all[__builtin_ctz(ready)] : 0;
}

static void run(struct inside_component *c)
{
    struct inside_component *before = inside_now;
    inside_now = c;
    working |= c->bit;
    for (seL4_Word bits = take_signals(c); bits != 0; bits &= bits - 1)
        c->notified((microkit_channel)__builtin_ctzl(bits));
    working &= ~c->bit;
    inside_now = before;
}

static void run_all(void)
{
    for (struct inside_component *c; (c = next()) != 0;)
        run(c);
}

void inside_notify(microkit_channel ch)
{
    const struct inside_way *way = &inside_now->ways[ch];
    if (way->to)
        signal(way);
    else
        microkit_notify(way->channel);
}

microkit_msginfo inside_ppcall(microkit_channel ch, microkit_msginfo msginfo)
{
    const struct inside_way *way = &inside_now->ways[ch];
    if (!way->to)
        return microkit_ppcall(way->channel, msginfo);
    struct inside_component *before = inside_now;
    inside_now = way->to;
    msginfo = inside_now->protected(way->channel, msginfo);
    inside_now = before;
    return msginfo;
}

/* The others go on meanwhile. */
seL4_MessageInfo_t inside_wait(seL4_CPtr source, seL4_Word *badge)
{
    struct inside_component *self = inside_now;
    (void)source;
    while (self->pending == 0) {
        struct inside_component *other = next();
        seL4_Word bits = 0;
        if (other)
            run(other);
        else
            seL4_Wait(INPUT, &bits);
        for (; bits != 0; bits &= bits - 1)
            signal(&inside_in[__builtin_ctzl(bits)]);
    }
    *badge = take_signals(self);
    return seL4_MessageInfo_new(0, 0, 0, 0);
}

void init(void)
{
    working = ~0u;
    for (unsigned i = 0; i < inside_count; i++) {
        inside_now = &inside_all[i];
        inside_now->init();
        working &= ~inside_now->bit;
    }
    run_all();
}

void notified(microkit_channel ch)
{
    signal(&inside_in[ch]);
    run_all();
}
