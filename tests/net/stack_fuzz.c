/* The stack and lwIP on a host, under the sanitizers, with user/systems/echo.c as their client: frames of all kinds, most of them damaged, many with checksums that
   are right all the same. Nothing may crash; at the end, when all connections have timed out, it answers, and no memory is missing.
   A part of client_fuzz.c. BATON_SEED chooses others. */
#define init echo_init
#define notified echo_notified
#include "../../user/systems/echo.c"
#undef init
#undef notified
seL4_Word microkit_timers, timer_ticks, timer_deadline; /* it has none, and asks again when it is signalled */
#include <stdio.h>
#include "random.h"
#include "stack.h"
#include "lwip/init.h"
#include "lwip/timeouts.h"

enum { MOST = 1600, SETTLE = 4000 /* turns of TCP's timer: more than the longest of its time-outs */ };

seL4_Word microkit_notifications;
static _Alignas(64) char rings[FRAME_REGION], region[FRAME_DATA], session[NET_SESSION], buffers[NET_DATA];
static struct client client;
static struct ring_end requests, answers; /* the driver's */
static struct ring_entry offered[FRAME_SLOTS];
static uint32_t offers, now, sent, pings, echoes;
static const uint8_t ours[6] = {0x52, 0x54, 0, 0, 0, 1}, theirs[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
static const uint8_t our_ip[4] = {10, 0, 2, 2}, their_ip[4] = {10, 0, 2, 15};
static uint32_t seen_sequence, seen_acknowledged; /* of the last segment that the stack sent */
static uint16_t seen_port = 1000;

void microkit_notify(microkit_channel ch)
{
    (void)ch;
}

void microkit_dbg_puts(const char *s)
{
    (void)s;
}

u32_t sys_now(void)
{
    return now;
}

uint32_t stack_random(void)
{
    return (uint32_t)random_next();
}

void stack_signal_driver(void)
{
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put(uint8_t *p, uint32_t bytes, uint32_t value)
{
    for (uint32_t i = 0; i < bytes; i++)
        p[i] = (uint8_t)(value >> 8 * (bytes - 1 - i));
}

static void receive(const uint8_t *frame, uint32_t length)
{
    if (offers == 0)
        return;
    struct ring_entry e = offered[--offers];
    memcpy(region + e.buffer * FRAME_BUFFER, frame, length);
    e.length = length;
    ring_put(&answers, &e);
    ring_publish(&answers);
}

static void say_where_we_are(void)
{
    uint8_t f[42] = {0};
    memcpy(f, theirs, 6);
    memcpy(f + 6, ours, 6);
    memcpy(f + 12, "\10\6\0\1\10\0\6\4\0\2", 10);
    memcpy(f + 22, ours, 6);
    memcpy(f + 28, our_ip, 4);
    memcpy(f + 32, theirs, 6);
    memcpy(f + 38, their_ip, 4);
    receive(f, sizeof f);
}

static void look_at(const uint8_t *frame, uint32_t length)
{
    sent++;
    if (length >= 42 && frame[13] == 6 && frame[21] == 1 && memcmp(frame + 38, our_ip, 4) == 0)
        say_where_we_are();
    if (length >= 54 && frame[12] == 8 && frame[13] == 0 && frame[23] == 6) {
        seen_port = (uint16_t)(frame[36] << 8 | frame[37]);
        seen_sequence = get32(frame + 38);
        seen_acknowledged = get32(frame + 42);
    }
    echoes += length >= 42 && frame[12] == 8 && frame[13] == 0 && frame[23] == 17 && frame[35] == PORT;
    pings += length >= 42 && frame[12] == 8 && frame[13] == 0 && frame[23] == 1 && frame[34] == 0;
}

static void driver(void)
{
    struct ring_entry e = {0};
    if (ring_ready(&requests) < 0 || ring_ready(&answers) < 0) {
        ring_accept(&requests);
        ring_accept(&answers);
        offers = 0;
    }
    while (ring_get(&requests, &e)) {
        if (e.op == FRAME_RECEIVE && offers < FRAME_SLOTS) {
            offered[offers++] = e;
            continue;
        }
        if (e.op == FRAME_SEND)
            look_at((const uint8_t *)region + e.buffer * FRAME_BUFFER, e.length);
        for (unsigned i = 0; e.op == FRAME_ADDRESS && i < 6; i++)
            e.a |= (uint64_t)theirs[i] << 8 * i;
        ring_put(&answers, &e);
    }
    ring_publish(&requests);
    ring_publish(&answers);
}

/* All sides until nobody has anything to do. */
static void run(void)
{
    for (unsigned i = 0; i < 8; i++) {
        driver();
        link_serve();
        sys_check_timeouts();
        client_serve(&client);
        client_publish(&client);
        echo_notified(NET);
        session_send(&net.session);
    }
}

static uint32_t sum(const uint8_t *p, uint32_t length, uint32_t before)
{
    for (uint32_t i = 0; i < length; i++)
        before += i % 2 ? p[i] : (uint32_t)p[i] << 8;
    while (before >> 16)
        before = (before & 0xffff) + (before >> 16);
    return before;
}

/* As its head says how long it is, if that can be. */
static void set_sums(uint8_t *f, uint32_t length)
{
    uint32_t head = (f[14] & 15u) * 4, total = (uint32_t)f[16] << 8 | f[17],
             at = f[23] == 6    ? 16
                  : f[23] == 17 ? 6
                                : 2;
    if (length < 34 || head < 20 || total < head + at + 2 || total + 14 > length)
        return;
    put(f + 24, 2, 0);
    put(f + 24, 2, ~sum(f + 14, head, 0) & 0xffff);
    uint8_t *body = f + 14 + head;
    put(body + at, 2, 0);
    uint32_t pseudo = f[23] == 1 ? 0 : sum(f + 26, 8, f[23] + total - head);
    put(body + at, 2, ~sum(body, total - head, pseudo) & 0xffff);
}

static uint32_t make_ip(uint8_t *f, uint8_t protocol, uint32_t payload)
{
    put(f + 12, 2, 0x0800);
    f[14] = 0x45;
    put(f + 16, 2, 20 + payload);
    put(f + 20, 2, random_below(8) ? 0 : random_below(4) << 13 | random_below(200));
    f[22] = 64;
    f[23] = protocol;
    memcpy(f + 26, our_ip, 4);
    memcpy(f + 30, their_ip, 4);
    return 34 + payload;
}

static uint32_t make_tcp(uint8_t *f, uint32_t payload)
{
    static const uint8_t flags[] = {2, 16, 24, 17, 4, 18, 0, 20};
    bool fits = random_below(4) != 0; /* the connection that the stack spoke of last */
    put(f + 34, 2, fits ? seen_port : 1000 + random_below(50));
    put(f + 36, 2, random_below(16) ? PORT : random_below(65536));
    put(f + 38, 4,
        fits ? seen_acknowledged + (random_below(4) ? 0 : random_below(4000) - 2000u)
             : (uint32_t)random_next());
    put(f + 42, 4, fits ? seen_sequence + (random_below(2) ? 1 : random_below(1460)) : (uint32_t)random_next());
    f[46] = 0x50;
    f[47] = random_below(8) ? flags[random_below(8)] : (uint8_t)random_next();
    put(f + 48, 2, random_below(65536));
    return make_ip(f, 6, 20 + payload);
}

/* An honest frame, or nearly. */
static uint32_t make(uint8_t *f)
{
    uint32_t payload = random_below(4) ? random_below(64) : random_below(1440);
    for (uint32_t i = 0; i < MOST; i++)
        f[i] = i < 54 ? 0 : (uint8_t)random_next();
    memcpy(f, random_below(8) ? theirs : (const uint8_t *)"\xff\xff\xff\xff\xff\xff", 6);
    memcpy(f + 6, ours, 6);
    switch (random_below(6)) {
    case 0: /* ARP */
        put(f + 12, 2, 0x0806);
        memcpy(f + 14, "\0\1\10\0\6\4\0", 7);
        f[21] = (uint8_t)(1 + random_below(2));
        memcpy(f + 22, ours, 6);
        memcpy(f + 28, our_ip, 4);
        memcpy(f + 38, their_ip, 4);
        return 42;
    case 1: /* ping */
        f[34] = (uint8_t)(random_below(4) ? 8 : random_below(20));
        return make_ip(f, 1, 8 + payload);
    case 2: /* UDP */
        put(f + 34, 2, random_below(65536));
        put(f + 36, 2, random_below(4) ? PORT : 68);
        put(f + 38, 2, 8 + payload);
        return make_ip(f, 17, 8 + payload);
    default: return make_tcp(f, payload);
    }
}

static uint32_t damage(uint8_t *f, uint32_t length)
{
    for (uint32_t n = random_below(4); n > 0; n--)
        f[random_below(2) ? 12 + random_below(60) : random_below(length)] = (uint8_t)random_next();
    if (random_below(4) == 0)
        length = FRAME_LEAST + random_below(MOST - FRAME_LEAST);
    if (random_below(8))
        set_sums(f, length);
    return length;
}

static void expect(bool holds, const char *what)
{
    if (holds)
        return;
    printf("not ok: %s\n", what);
    exit(1);
}

static void ping(void)
{
    uint8_t f[MOST] = {0};
    memcpy(f, theirs, 6);
    memcpy(f + 6, ours, 6);
    f[34] = 8;
    uint32_t length = make_ip(f, 1, 16);
    put(f + 20, 2, 0);
    set_sums(f, length);
    receive(f, length);
    uint32_t before = pings;
    for (unsigned i = 0; i < 4 && pings == before; i++)
        run();
    expect(pings > before, "it answers a ping");
}

/* What floods may take of the pool is back. */
static void count_memory(void)
{
    static struct pbuf *all[PBUF_POOL_SIZE];
    for (unsigned i = 0; i < PBUF_POOL_SIZE; i++)
        expect((all[i] = pbuf_alloc(PBUF_RAW, 100, PBUF_POOL)) != 0, "the pool is whole");
    for (unsigned i = 0; i < PBUF_POOL_SIZE; i++)
        pbuf_free(all[i]);
}

static void start(void)
{
    struct address address = {.dhcp = false};
    random_seed();
    ip4addr_aton("10.0.2.15", &address.own);
    ip4addr_aton("255.255.255.0", &address.mask);
    ip4addr_aton("10.0.2.2", &address.gateway);
    lwip_init();
    ring_start(&requests, (struct ring *)(void *)rings, FRAME_RING, false);
    ring_start(&answers, (struct ring *)(void *)(rings + FRAME_ANSWERS), FRAME_RING, true);
    link_start(rings, region, &address);
    client_start(&client, session, buffers);
    net_rings = session;
    net_data = buffers;
    echo_init();
    run();
    ping();
}

/* Until all connections have timed out. */
static void settle(void)
{
    for (unsigned i = 0; i < SETTLE; i++, now += 500)
        run();
}
