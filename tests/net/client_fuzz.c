/* stack_fuzz.c, and a client that lies beside the honest one: indices, lives and wishes of its rings, entries of other lives, sockets that are the other's
   or nobody's, buffers and lengths that are none, more requests than there is room for; among them honest ones, so that it has sockets, and frames for these.
   Nothing may be touched but its own region, the honest client's datagrams come back, and when the liar is gone all memory that a client can hold is free.

   usage: client_fuzz FRAMES, client_fuzz lies STEPS, client_fuzz late */
#include "stack_fuzz.c"
#include "lwip/priv/tcp_priv.h"
#include "late.c"

enum {
    KNOWN = 16,
    LIES = 8 /* in a step, at most */,
    BIG = 16384,
    PORTS = 4,
    FIRST_PORT = 80,
    DATA = 100,
    STEPS_APART = 16
};
/* Sent again as often as lwIP does, each time after the longest wait, and then remembered for as long as a segment may be under way there and back. */
_Static_assert((uint64_t)SETTLE *TCP_TMR_INTERVAL > (TCP_MAXRTX + 1ull) * STREAM_WAIT + 2 * TCP_MSL,
               "who settles waits for the end of every connection");

static _Alignas(64) char its_session[NET_SESSION], its_buffers[NET_DATA];
static struct client liar;
static struct ring_end asks, gets;
static uint64_t known[KNOWN], sockets_got, rights, bytes;

static uint64_t near(uint64_t limit)
{
    static const uint64_t odd[] = {0, 1, 0xffff, 0xffffffff, ~0ul, 1ul << 31, 1ul << 63};
    switch (random_below(4)) {
    case 0: return odd[random_below(sizeof odd / sizeof *odd)];
    case 1: return limit + random_below(3) - 1;
    default: return random_next() % limit;
    }
}

/* What it has written over the stack's lives it puts right, so that it is heard again. */
static void liar_starts(void)
{
    session_requests(its_session)->consumer.life = liar.requests.life;
    session_answers(its_session)->producer.life = liar.answers.life;
    ring_start(&asks, session_requests(its_session), SESSION_SIZE, true);
    ring_start(&gets, session_answers(its_session), SESSION_SIZE, false);
}

/* One of its own, of the honest client's, or none. */
static uint64_t a_socket(void)
{
    switch (random_below(4)) {
    case 0: return client.socket[random_below(NET_SOCKETS)].name;
    case 1: return near(1ul << 41);
    default: return known[random_below(KNOWN)];
    }
}

/* What an honest one would ask, perhaps with some of it wrong. */
static void lie(void)
{
    struct ring_entry e = {.id = random_next(), .op = (uint16_t)(NET_ADDRESS + random_below(NET_CLOSE))};
    if (e.op == NET_CLOSE && random_below(4))
        e.op = NET_ACCEPT;
    e.buffer = random_below(NET_BUFFERS);
    e.length = 1 + random_below(random_below(2) ? NET_BUFFER : 100);
    e.a = known[random_below(KNOWN)];
    e.b = FIRST_PORT + random_below(PORTS);
    e.c = 0x0a000202;
    e.d = 1000;
    for (uint32_t left = random_below(4); left > 0; left--)
        switch (random_below(8)) {
        case 0: e.op = (uint16_t)near(NET_CLOSE + 1); break;
        case 1: e.buffer = (uint32_t)near(NET_BUFFERS); break;
        case 2: e.length = (uint32_t)near(NET_BUFFER); break;
        case 3: e.a = a_socket(); break;
        case 4: e.b = near(0x10000); break;
        case 5: e.c = random_next(); break;
        case 6: e.d = near(0x10000); break;
        default: e.flags = (uint32_t)random_next(); break;
        }
    uint32_t life = asks.life;
    if (random_below(16) == 0)
        asks.life += random_below(3) - 1;
    ring_put(&asks, &e);
    asks.life = life;
    ring_publish(&asks);
}

static void scribble(void)
{
    uint32_t *words = (uint32_t *)(void *)its_session, ring = random_below(2) ? SESSION_PAGE / 4 : 0;
    words[ring + random_below(random_below(2) ? sizeof(struct ring) / 4 : SESSION_PAGE / 4)] =
        (uint32_t)near(64);
}

static void take_answers(void)
{
    struct ring_entry e = {0};
    if (random_below(4) == 0)
        ring_pair_restarted(&asks, &gets);
    for (unsigned left = SESSION_SIZE; left > 0 && ring_get(&gets, &e); left--) {
        rights += e.status == NET_OK;
        bytes += e.status == NET_OK && e.op == NET_RECEIVE ? e.length : 0;
        if (e.status == NET_OK && (e.op == NET_TCP || e.op == NET_UDP))
            known[sockets_got++ % KNOWN] = e.a;
        if (e.status == NET_OK && e.op == NET_ACCEPT)
            known[sockets_got++ % KNOWN] = e.b;
    }
    ring_publish(&gets);
}

static void serve_liar(void)
{
    client_serve(&liar);
    client_publish(&liar);
    client_sleep(&liar);
}

/* A datagram for a port where it may be, or a call, and then bytes. */
static void begin_frame(uint8_t *f)
{
    memset(f, 0, MOST);
    memcpy(f, theirs, 6);
    memcpy(f + 6, ours, 6);
    put(f + 34, 2, 3000 + random_below(50));
    put(f + 36, 2, FIRST_PORT + random_below(PORTS));
}

static void end_frame(uint8_t *f, uint8_t protocol, uint32_t payload)
{
    uint32_t length = make_ip(f, protocol, payload);
    put(f + 20, 2, 0);
    set_sums(f, length);
    receive(f, length);
    run();
    serve_liar();
}

static void some_datagram(void)
{
    uint8_t f[MOST];
    begin_frame(f);
    put(f + 38, 2, 8 + DATA);
    end_frame(f, 17, 8 + DATA);
}

static void some_call(void)
{
    static const uint8_t flags[] = {2, 16, 24, 24}; /* SYN, ACK, then bytes */
    uint8_t f[MOST];
    begin_frame(f);
    seen_acknowledged = (uint32_t)random_next();
    for (unsigned i = 0; i < sizeof flags; i++) {
        put(f + 38, 4, seen_acknowledged);
        put(f + 42, 4, i == 0 ? 0 : seen_sequence + 1);
        f[46] = 0x50;
        f[47] = flags[i];
        put(f + 48, 2, 0xffff);
        end_frame(f, 6, 20 + (i < 2 ? 0 : DATA));
    }
}

static void step(void)
{
    for (uint32_t left = random_below(LIES); left > 0; left--)
        lie();
    if (random_below(16) == 0)
        scribble();
    if (random_below(16) == 0)
        liar_starts();
    serve_liar();
    if (random_below(4) == 0)
        random_below(2) ? some_call() : some_datagram();
    take_answers();
    now += random_below(100);
    run();
    serve_liar();
}

/* To the honest client, and back. */
static void echo(void)
{
    uint8_t f[MOST] = {0};
    uint32_t before = echoes;
    memcpy(f, theirs, 6);
    memcpy(f + 6, ours, 6);
    put(f + 34, 2, 4000);
    put(f + 36, 2, PORT);
    put(f + 38, 2, 8 + 32);
    uint32_t length = make_ip(f, 17, 8 + 32);
    put(f + 20, 2, 0);
    set_sums(f, length);
    for (unsigned i = 0; i < 4 && echoes == before; i++) {
        receive(f, length);
        run();
    }
    expect(echoes > before, "the honest client's datagram comes back");
}

/* ---- what a client can hold of, counted by taking all of it */
struct memory {
    uint32_t streams, datagrams, sockets, heap;
};

static struct memory free_memory(void)
{
    static struct client another;
    static _Alignas(64) char session[NET_SESSION], buffers[NET_DATA];
    struct memory m = {0};
    struct pbuf *big[2 * MEM_SIZE / BIG];
    while ((big[m.heap] = pbuf_alloc(PBUF_RAW, BIG, PBUF_RAM)) != 0)
        m.heap++;
    for (uint32_t i = 0; i < m.heap; i++)
        pbuf_free(big[i]);
    client_start(&another, session, buffers);
    for (unsigned kind = NET_TCP; kind <= NET_UDP; kind++) {
        for (unsigned i = 0; i < NET_SOCKETS; i++)
            socket_request(&another, &(struct ring_entry){.op = (uint16_t)kind});
        for (unsigned i = 0; i < NET_SOCKETS; i++) {
            m.streams += another.socket[i].kind == KIND_STREAM;
            m.datagrams += another.socket[i].kind == KIND_DATAGRAM;
        }
        socket_close_all(&another);
    }
    for (unsigned i = 0; i < NET_SOCKETS; i++)
        m.sockets += liar.socket[i].kind == KIND_FREE;
    return m;
}

static void frames(long count)
{
    static uint8_t frame[MOST];
    start();
    for (; count > 0; count--) {
        uint32_t length = make(frame);
        receive(frame, random_below(4) ? damage(frame, length) : (set_sums(frame, length), length));
        now += random_below(20);
        run();
    }
    settle();
    ping();
    socket_close_all(&client);
    settle();
    count_memory();
    printf("%u frames came out\n", sent);
}

static void lies(long steps)
{
    start();
    client_start(&liar, its_session, its_buffers);
    liar_starts();
    struct memory before = free_memory();
    for (; steps > 0; steps--) {
        step();
        if (steps % STEPS_APART == 0)
            echo();
    }
    socket_close_all(&liar);
    settle();
    ping();
    echo();
    socket_close_all(&client); /* whose connections may last for ever, and which has one socket of UDP */
    settle();
    before.datagrams++;
    struct memory after = free_memory();
    printf("free before and after: streams %u %u, datagrams %u %u, sockets %u %u, heap %u %u\n", before.streams,
           after.streams, before.datagrams, after.datagrams, before.sockets, after.sockets, before.heap,
           after.heap);
    expect(memcmp(&before, &after, sizeof before) == 0, "no memory is missing");
    count_memory();
    printf("%lu bytes came to the liar; of its requests %lu were right\n", bytes, rights);
}

int main(int count, char **words)
{
    if (count > 2)
        lies(atol(words[2]));
    else if (count > 1 && strcmp(words[1], "late") == 0)
        late();
    else
        frames(count > 1 ? atol(words[1]) : 1000);
    return 0;
}
