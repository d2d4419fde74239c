/* The wire's other end, as simple as it can be: asks who has the guest's address, sends datagrams, and holds a connection of TCP. Nothing of
   it is counted. */
#ifndef BENCH_PEER_H
#define BENCH_PEER_H

#include <stdbool.h>
#include <stdint.h>

enum { FRAME_MOST_BYTES = 1514, MSS = 1460 };

struct frame {
    uint32_t length;
    uint8_t bytes[2048];
};

/* Lets the guest work on what has come by the wire: who measures says how. */
void peer_step(void);

/* Asks for the guest's hardware address, so that it knows ours. False: it does not answer. */
bool peer_meet(void);
/* The next frame that is no ARP, or NULL. */
struct frame *peer_take(void);

/* A datagram of so many bytes, each time others. */
void peer_datagram(struct frame *f, uint16_t from, uint16_t to, uint32_t bytes);
bool peer_is_echo(const struct frame *sent, const struct frame *came);

/* A connection that we begin; each step lets the guest work. */
struct connection {
    uint16_t from, to;
    uint32_t next, theirs, acknowledged; /* our next sequence number, their next, and how far they have ours */
    uint32_t window, packets;            /* packets: of both sides */
    bool open, ended, owes;              /* owes: an acknowledgement */
};
bool peer_connect(struct connection *c, uint16_t from, uint16_t to);
/* Sends it, and takes what comes: at most *length bytes, until these have come, or `whole` until the guest ends the connection. *length: how
   many came. False: they do not. */
bool peer_exchange(struct connection *c, const uint8_t *out, uint32_t bytes, uint8_t *to, uint32_t *length,
                   bool whole);
bool peer_end(struct connection *c);

#endif
