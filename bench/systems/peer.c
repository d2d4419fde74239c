#include "peer.h"

#include <string.h>
#include "device.h"

enum { ARP = 0x0806, IPV4 = 0x0800, TCP = 6, UDP = 17 };
enum { ETHERNET = 14, IP = 20, HEAD = 20 /* of TCP */, UDP_HEAD = 8, ARP_BYTES = 28 };
enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };
enum { WINDOW = 0xffff, IDLE_STEPS = 8 };

static const uint8_t our_address[ADDRESS_BYTES] = {0x52, 0x54, 0x00, 0x00, 0x00, 0x01};
static const uint8_t ours[4] = {10, 0, 2, 2}, guest[4] = {10, 0, 2, 15};

static void put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, value >> 16);
    put16(at + 2, value);
}

static uint32_t get16(const uint8_t *at)
{
    return (uint32_t)at[0] << 8 | at[1];
}

static uint32_t get32(const uint8_t *at)
{
    return get16(at) << 16 | get16(at + 2);
}

static uint32_t sum(const uint8_t *at, uint32_t bytes, uint32_t before)
{
    for (uint32_t i = 0; i < bytes; i++)
        before += i % 2 ? at[i] : (uint32_t)at[i] << 8;
    return before;
}

static uint32_t folded(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return ~sum & 0xffff;
}

static uint8_t *begin(struct frame *f, const uint8_t *to, uint32_t kind)
{
    memcpy(f->bytes, to, ADDRESS_BYTES);
    memcpy(f->bytes + ADDRESS_BYTES, our_address, ADDRESS_BYTES);
    put16(f->bytes + 12, kind);
    return f->bytes + ETHERNET;
}

/* Ethernet and IP around what stands behind them; its own checksum is at that place. */
static void wrap(struct frame *f, uint8_t protocol, uint32_t bytes, uint32_t sum_at)
{
    uint8_t *ip = begin(f, interface_address, IPV4), *payload = ip + IP;
    memset(ip, 0, IP);
    ip[0] = 0x45;
    put16(ip + 2, IP + bytes);
    ip[8] = 64;
    ip[9] = protocol;
    memcpy(ip + 12, ours, 4);
    memcpy(ip + 16, guest, 4);
    put16(ip + 10, folded(sum(ip, IP, 0)));
    put16(payload + sum_at, 0);
    put16(payload + sum_at, folded(sum(payload, bytes, sum(ip + 12, 8, protocol + bytes))));
    f->length = ETHERNET + IP + bytes;
}

/* ---- frames */
struct frame *peer_take(void)
{
    static struct frame f;
    while ((f.length = interface_take(f.bytes)) != 0)
        if (get16(f.bytes + 12) != ARP)
            return &f;
    return 0;
}

bool peer_meet(void)
{
    struct frame f;
    uint8_t *arp = begin(&f, (const uint8_t *)"\xff\xff\xff\xff\xff\xff", ARP);
    static const uint8_t asks[] = {0, 1, 8, 0, 6, 4, 0, 1};
    memset(arp, 0, ARP_BYTES);
    memcpy(arp, asks, sizeof asks);
    memcpy(arp + 8, our_address, ADDRESS_BYTES);
    memcpy(arp + 14, ours, 4);
    memcpy(arp + 24, guest, 4);
    if (!interface_put(f.bytes, ETHERNET + ARP_BYTES))
        return false;
    peer_step();
    bool answered = false;
    while (interface_take(f.bytes) != 0)
        answered |= get16(f.bytes + 12) == ARP && f.bytes[ETHERNET + 7] == 2;
    return answered;
}

void peer_datagram(struct frame *f, uint16_t from, uint16_t to, uint32_t bytes)
{
    static uint8_t number;
    uint8_t *udp = f->bytes + ETHERNET + IP;
    number++;
    put16(udp, from);
    put16(udp + 2, to);
    put16(udp + 4, UDP_HEAD + bytes);
    for (uint32_t i = 0; i < bytes; i++)
        udp[UDP_HEAD + i] = (uint8_t)(number + i);
    wrap(f, UDP, UDP_HEAD + bytes, 6);
}

bool peer_is_echo(const struct frame *sent, const struct frame *came)
{
    const uint8_t *one = sent->bytes + ETHERNET + IP, *two = came ? came->bytes + ETHERNET + IP : 0;
    return came && came->length == sent->length && get16(two) == get16(one + 2) &&
           get16(two + 2) == get16(one) &&
           memcmp(one + UDP_HEAD, two + UDP_HEAD, sent->length - ETHERNET - IP - UDP_HEAD) == 0;
}

/* ---- TCP */
static bool put(struct connection *c, uint8_t flags, const uint8_t *data, uint32_t bytes)
{
    struct frame f;
    uint8_t *tcp = f.bytes + ETHERNET + IP;
    memset(tcp, 0, HEAD);
    put16(tcp, c->from);
    put16(tcp + 2, c->to);
    put32(tcp + 4, c->next);
    put32(tcp + 8, c->theirs);
    tcp[12] = HEAD / 4 << 4;
    tcp[13] = flags;
    put16(tcp + 14, WINDOW);
    if (bytes > 0)
        memcpy(tcp + HEAD, data, bytes);
    wrap(&f, TCP, HEAD + bytes, 16);
    c->next += bytes + ((flags & (SYN | FIN)) != 0);
    c->owes = false;
    c->packets++;
    return interface_put(f.bytes, f.length);
}

/* What one exchange gets, and where it goes. */
static struct {
    uint8_t *to;
    uint32_t got, most;
} in;

static void take_data(struct connection *c, const uint8_t *data, uint32_t bytes, uint8_t flags)
{
    if (bytes <= in.most - in.got) {
        memcpy(in.to + in.got, data, bytes);
        in.got += bytes;
    }
    c->ended |= (flags & FIN) != 0;
    c->theirs += bytes + ((flags & (SYN | FIN)) != 0);
    c->owes = bytes != 0 || (flags & (SYN | FIN)) != 0;
}

/* All that has come. False: a reset, or not what should come next. */
static bool take(struct connection *c)
{
    for (struct frame *f; (f = peer_take()) != 0;) {
        const uint8_t *ip = f->bytes + ETHERNET, *tcp = ip + IP;
        uint32_t head = (uint32_t)(tcp[12] >> 4) * 4, bytes = get16(ip + 2) - IP - head;
        c->packets++;
        if (ip[9] != TCP || get16(tcp + 2) != c->from)
            continue;
        if (tcp[13] & SYN)
            c->theirs = get32(tcp + 4);
        if ((tcp[13] & RST) || get32(tcp + 4) != c->theirs)
            return false;
        c->acknowledged = get32(tcp + 8);
        c->window = get16(tcp + 14);
        take_data(c, tcp + head, bytes, tcp[13]);
    }
    return true;
}

static bool step(struct connection *c)
{
    peer_step();
    return take(c);
}

bool peer_connect(struct connection *c, uint16_t from, uint16_t to)
{
    *c = (struct connection){.from = from, .to = to, .next = 1000};
    in.got = in.most = 0;
    if (!put(c, SYN, 0, 0) || !step(c) || c->acknowledged != c->next)
        return false;
    c->open = true;
    return put(c, ACK, 0, 0) && step(c);
}

/* A segment for each step, so that each meets a system that sleeps; with nothing to send, what is owed. */
bool peer_exchange(struct connection *c, const uint8_t *out, uint32_t bytes, uint8_t *to, uint32_t *length,
                   bool whole)
{
    uint32_t sent = 0, idle = 0;
    in.to = to;
    in.got = 0;
    in.most = *length;
    while (idle < IDLE_STEPS && (sent < bytes || (whole ? !c->ended : in.got < *length))) {
        uint32_t part = bytes - sent < MSS ? bytes - sent : MSS;
        bool fits = part != 0 && c->next - c->acknowledged + part <= c->window;
        idle = fits || c->owes ? 0 : idle + 1;
        if ((fits || c->owes) && !put(c, ACK | (fits ? PSH : 0), out + sent, fits ? part : 0))
            return false;
        sent += fits ? part : 0;
        if (!step(c))
            return false;
    }
    *length = in.got;
    return idle < IDLE_STEPS;
}

bool peer_end(struct connection *c)
{
    bool good = put(c, FIN | ACK, 0, 0) && step(c) && (!c->owes || (put(c, ACK, 0, 0) && step(c)));
    return good && c->ended && c->acknowledged == c->next;
}
