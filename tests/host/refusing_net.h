/* A network that refuses what it likes, and a clock, for the servers of user/systems on a host: what they ask, how often, and which of their sockets
   they leave open. */
#ifndef TEST_REFUSING_NET_H
#define TEST_REFUSING_NET_H

#include <stdlib.h>
#include "net/protocol.h"
#include "random.h"
#include "test.h"

enum { OPS = NET_CLOSE + 1, SOCKETS = 1 << 14 };

seL4_Word microkit_notifications, microkit_timers = 1ul << 60, timer_ticks, timer_deadline;
static _Alignas(64) char wire_rings[NET_SESSION], wire_data[NET_DATA];
static struct ring_end wire_asked, wire_answers;
static bool refuses[OPS], open_sockets[SOCKETS];
static uint64_t granted, asked[OPS];
static unsigned said;
static void begin_anew(void); /* the test's: a new life of the component */

void microkit_notify(microkit_channel ch)
{
    CHECK(ch <= 1); /* the network, or files */
}

void microkit_dbg_puts(const char *s)
{
    said += strstr(s, "asks again") != NULL;
}

static unsigned sockets_open(void)
{
    unsigned count = 0;
    for (unsigned i = 0; i < SOCKETS; i++)
        count += open_sockets[i];
    return count;
}

static void wire_starts(void)
{
    memset(open_sockets, 0, sizeof open_sockets);
    ring_start(&wire_asked, session_requests(wire_rings), SESSION_SIZE, false);
    ring_start(&wire_answers, session_answers(wire_rings), SESSION_SIZE, true);
}

/* An answer as the service gives it; what it grants and has to wait for, waits. */
static void wire_answer(struct ring_entry e)
{
    bool opens = e.op == NET_TCP || e.op == NET_UDP, bad = refuses[e.op < OPS ? e.op : 0];
    asked[e.op < OPS ? e.op : 0]++;
    e.status = bad ? NET_FULL : NET_OK;
    if (!bad && opens) {
        e.a = ++granted % SOCKETS;
        open_sockets[e.a] = true;
    }
    if (e.op == NET_CLOSE)
        open_sockets[e.a % SOCKETS] = false;
    if (bad || opens || e.op == NET_LISTEN || e.op == NET_CLOSE)
        ring_put(&wire_answers, &e);
}

/* Turns of both, until neither has anything to do. */
static void turns(void)
{
    struct ring_entry e;
    unsigned count = 0;
    for (bool busy = true; busy && count < 1000; count++) {
        busy = false;
        notified(0);
        if (ring_pair_restarted(&wire_asked, &wire_answers))
            busy = true;
        while (ring_get(&wire_asked, &e)) {
            wire_answer(e);
            busy = true;
        }
        ring_publish(&wire_asked);
        ring_publish(&wire_answers);
    }
    CHECK(count < 1000);
}

static void wire_begin(void)
{
    memset(refuses, 0, sizeof refuses);
    memset(asked, 0, sizeof asked);
    memset(wire_rings, 0, sizeof wire_rings);
    said = 0;
    timer_deadline = 0;
    wire_starts();
}

/* Time goes on to where the component is woken. */
static void wake(void)
{
    timer_ticks = timer_deadline;
    timer_deadline = 0;
    turns();
}

/* One operation is refused so often: it is said once, asked again once for each time that it is woken, at most one a second; and when it is granted
   in the end, all is as if nothing had been. */
static void refused_often(enum net_op op, unsigned sockets)
{
    enum { TIMES = 20 };
    uint64_t other = op == NET_UDP ? NET_TCP : NET_UDP, others;
    wire_begin();
    refuses[op] = true;
    begin_anew();
    turns();
    others = asked[other];
    for (unsigned i = 1; i < TIMES; i++) {
        CHECK_NUMBER("how often it has asked", asked[op], i);
        CHECK_NUMBER("what it leaves open", sockets_open() <= sockets, true);
        turns();
        CHECK_NUMBER("... and at once", asked[op], i);
        CHECK(timer_deadline >= timer_ticks + (1ul << 30));
        wake();
    }
    CHECK_NUMBER("said", said, 1);
    if (op == NET_UDP)
        CHECK_NUMBER("of the other", asked[other], others);
    refuses[op] = false;
    wake();
    CHECK_NUMBER("open in the end", sockets_open(), sockets);
    CHECK_NUMBER("waits in the end", asked[NET_ACCEPT] >= 1, true);
    CHECK_NUMBER("nothing is to be done again", timer_deadline, 0);
}

/* The service dies while it refuses: its next life is asked once, at the latest when it would have been anyway. */
static void dies_meanwhile(enum net_op op, unsigned sockets)
{
    wire_begin();
    refuses[op] = true;
    begin_anew();
    turns();
    refuses[op] = false;
    wire_starts();
    asked[NET_TCP] = 0;
    turns();
    CHECK(asked[NET_TCP] <= 1);
    if (timer_deadline != 0)
        wake();
    CHECK_NUMBER("asked", asked[NET_TCP], 1);
    CHECK_NUMBER("open", sockets_open(), sockets);
}

/* Answers with whatever is in them, and other lives, at any time. */
static void lies(void)
{
    wire_begin();
    begin_anew();
    for (unsigned i = 0; i < 100000; i++) {
        struct ring_entry e;
        if (random_below(1000) == 0)
            wire_starts();
        ring_pair_restarted(&wire_asked, &wire_answers);
        while (ring_get(&wire_asked, &e)) {
            for (unsigned left = random_below(3); left > 0; left--) {
                e.status = (uint16_t)random_below(10);
                e.a = random_below(2) ? e.a : random_below(8);
                e.b = random_below(2) ? random_below(8) : random_next();
                e.length = random_below(2) ? random_below(1100) : (uint32_t)random_next();
                e.op = random_below(8) ? e.op : (uint16_t)random_below(12);
                ring_put(&wire_answers, &e);
            }
        }
        ring_publish(&wire_asked);
        ring_publish(&wire_answers);
        if (random_below(16) == 0)
            ((uint32_t *)(void *)wire_rings)[random_below(NET_SESSION / 4)] = (uint32_t)random_next();
        timer_ticks += random_below(1 << 30);
        notified(0);
    }
}

#endif
