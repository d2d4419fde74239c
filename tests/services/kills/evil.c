/* A client of the network that lies, in every way that it has: indices, lives and wishes of its rings, entries of other lives, sockets that are others',
   buffers and lengths that are none, more requests than there is room for, signals without end; and between them honest requests, so that there are
   sockets to lie about. What it does depends on nothing but its own count. */
#include <baton/timer.h>
#include "draw.h"
#include "net/protocol.h"

enum { NET = 0, TIMER = 1, APART = 20000 /* ticks */, ACTS = 64 };

char *net_rings, *net_data; /* where the description maps them */
static struct net net;
static uint64_t sockets[8];

static struct ring_entry lie(void)
{
    struct ring_entry e = {.id = draw(), .op = (uint16_t)near(NET_CLOSE + 1)};
    e.buffer = (uint32_t)near(NET_BUFFERS);
    e.length = (uint32_t)near(NET_BUFFER);
    e.flags = (uint32_t)draw();
    e.a = draw() % 2 ? sockets[draw() % 8] : near(64);
    e.b = near(0x10000);
    e.c = draw() % 2 ? 0x0a000202 : draw();
    e.d = near(0x10000);
    return e;
}

/* One word of either ring, or of the entries behind it. */
static void scribble(void)
{
    volatile uint32_t *rings = (volatile uint32_t *)(void *)net_rings;
    uint32_t head = sizeof(struct ring) / 4, ring = draw() % 2 ? SESSION_PAGE / 4 : 0;
    rings[ring + draw() % (draw() % 2 ? head : NET_SESSION / 8)] = (uint32_t)near(64);
}

static void ask(void)
{
    struct ring_entry e = lie();
    session_ask(&net.session, &e, false);
    session_send(&net.session);
}

static void take(void)
{
    struct ring_entry e;
    while (net_take(&net, &e))
        if ((e.op == NET_TCP || e.op == NET_UDP) && e.status == NET_OK)
            sockets[draw() % 8] = e.a;
}

static void act(void)
{
    uint64_t what = draw() % 512; /* honest for long enough to have something to lie about */
    if (what < 448)
        ask();
    else if (what < 456)
        scribble();
    else if (what == 456)
        net_start(&net, net_rings, net_data, NET); /* another life, with what the last one left */
    else
        microkit_notify(NET);
}

void init(void)
{
    net_start(&net, net_rings, net_data, NET);
    baton_timer_set(TIMER, baton_timer_now() + APART);
}

void notified(microkit_channel ch)
{
    if (ch != TIMER)
        return; /* its answers are looked at when it likes */
    for (uint64_t left = draw() % ACTS; left > 0; left--)
        act();
    take();
    baton_timer_set(TIMER, baton_timer_now() + 1 + draw() % APART);
}
