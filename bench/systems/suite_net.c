/* What does a packet cost, through driver, stack and server? The wire's other end is here: frames go into the driver's queue, and what
   comes out of it is looked at when the whole system has gone to sleep again. */
#include <string.h>
#include "device.h"
#include "keeper/protocol.h"
#include "network.h"
#include "operations.h"

enum { KEEPER = 1 }; /* a channel */
enum { CHILD_STACK = 0, FEW = 100, TRIES = 4 };
enum { ECHO = 7, PORT = 2000, BULK = 0x10000 };

static bool udp_echo(const struct benchmark *self, uint64_t *ticks)
{
    static struct frame sent;
    struct frame *came;
    peer_datagram(&sent, PORT, ECHO, self->variant);
    bool put = interface_put(sent.bytes, sent.length);
    meter_begin();
    interface_interrupt();
    *ticks = meter_end();
    came = peer_take();
    return network_is(self, "the frame put", put, true) &&
           network_is(self, "what comes back", peer_is_echo(&sent, came), true) &&
           network_is(self, "another frame", peer_take() != 0, false);
}

/* To a server that sends all of it back; connecting and parting are not counted. */
static bool tcp_bulk(const struct benchmark *self, uint64_t *ticks)
{
    static uint8_t out[BULK], in[BULK];
    static uint16_t port = PORT;
    static struct connection c;
    uint32_t length = BULK;
    port++;
    for (uint32_t i = 0; i < BULK; i++)
        out[i] = (uint8_t)(port + i * 7 + (i >> 8));
    bool met = peer_connect(&c, port, ECHO);
    network_begin();
    bool whole = met && peer_exchange(&c, out, BULK, in, &length, false);
    *ticks = network_end();
    return network_is(self, "the connection", met, true) && network_is(self, "the whole", whole, true) &&
           network_is(self, "the difference", memcmp(in, out, BULK) != 0, false) &&
           network_is(self, "the end", peer_end(&c), true);
}

static bool web_request(const struct benchmark *self, uint64_t *ticks)
{
    uint32_t packets;
    return network_request(self, ticks, &packets);
}

/* From the stack's death to the first datagram that comes back: its client opens its socket again. */
static bool restart(const struct benchmark *self, uint64_t *ticks)
{
    static struct frame sent;
    struct frame *came = 0;
    meter_begin();
    bool killed = keeper_kill(KEEPER, CHILD_STACK);
    meter_pause();
    for (unsigned left = TRIES; left > 0 && !came; left--) {
        peer_meet();
        peer_datagram(&sent, PORT, ECHO, self->variant);
        interface_put(sent.bytes, sent.length);
        peer_step();
        came = peer_take();
    }
    *ticks = network_end();
    return network_is(self, "the kill", killed, true) &&
           network_is(self, "what comes back", peer_is_echo(&sent, came), true);
}

#define NET(name, function, bytes)                                                                             \
    {                                                                                                          \
        .id = name, .cross = true, .variant = bytes, .prepare = network_prepare, .sample = function,           \
        .samples_max = FEW                                                                                     \
    }
const struct benchmark sdk_benchmarks[] = {
    NET("net.udp_echo/64", udp_echo, 64), NET("net.udp_echo/1472", udp_echo, 1472),
    NET("net.tcp_bulk", tcp_bulk, BULK),  NET("web.request", web_request, 0),
    NET("restart.net", restart, 64),
};
const size_t sdk_benchmark_count = sizeof sdk_benchmarks / sizeof sdk_benchmarks[0];
