/* The stack's parts: the link to the driver, clients with their sockets, and the two kinds of sockets. Nothing here knows the SDK, so all of it runs on
   a host, too; server.c, or a test, says what is declared below as its own. */
#ifndef NET_STACK_H
#define NET_STACK_H

#include <stdbool.h>
#include "lwip/tcp.h"
#include "lwip/udp.h"
#include "net/frames.h"
#include "net/protocol.h"

enum { UNACCEPTED = 8, DATAGRAMS = 4 }; /* that wait for a client, of each socket */
enum {
    STREAM_WAIT = 60000
}; /* milliseconds, at most, until what nobody acknowledges is sent again (RFC 6298, 2.5) */

/* What a client waits for, one of each for each socket. */
enum wait { WAIT_SEND, WAIT_RECEIVE, WAIT_PEER, WAITS };
enum kind { KIND_FREE, KIND_STREAM, KIND_LISTENER, KIND_DATAGRAM };

struct socket {
    enum kind kind;
    uint64_t name; /* how the client calls it */
    struct client *client;
    struct tcp_pcb *tcp; /* of a stream, NULL: the connection is over; or a listener's */
    struct udp_pcb *udp;
    struct socket *listener; /* of a connection that no client has accepted yet */
    bool ended;              /* the other side will send no more */
    bool waiting[WAITS];
    struct ring_entry waits[WAITS];
    uint32_t written;         /* bytes of what WAIT_SEND sends */
    struct received *stream;  /* what no client has taken yet */
    uint32_t datagrams, next; /* the same of datagrams: how many, and where the first is */
    struct datagram {
        struct pbuf *data;
        uint32_t address;
        uint16_t port;
    } datagram[DATAGRAMS];
};

struct client {
    bool used;
    uint32_t who; /* where it is noted what was refused */
    struct ring_end requests, answers;
    char *data;
    uint64_t opened; /* sockets, since ever */
    struct socket socket[NET_SOCKETS];
};

/* ---- link.c */
struct address {
    bool dhcp;
    ip4_addr_t own, mask, gateway;
};
void link_start(void *rings, void *frames, const struct address *address);
/* Takes what the driver has for us. True: there was something. */
bool link_serve(void);
/* False: there is more already. */
bool link_sleep(void);

/* ---- clients.c */
void client_start(struct client *c, void *rings, void *data);
bool client_serve(struct client *c);
/* Shows the client its answers. True: it wants a signal. */
bool client_publish(struct client *c);
bool client_sleep(struct client *c);
/* The answer to what one waits for, or to a request; length, b, c, d are set before. */
void client_answer(struct client *c, const struct ring_entry *request, struct ring_entry *answer,
                   enum net_status status);

/* ---- sockets.c */
void socket_request(struct client *c, const struct ring_entry *request);
void socket_close_all(struct client *c);
struct socket *socket_new(struct client *c, enum kind kind); /* NULL: it has NET_SOCKETS */
void socket_free(struct socket *s);
/* Ends a wait, if there is one. */
void socket_done(struct socket *s, enum wait wait, enum net_status status);
void socket_answer(struct socket *s, enum wait wait, enum net_status status, struct ring_entry *answer);
enum net_status socket_status(err_t error);
/* Where the buffer of a request that was checked is. */
void *socket_buffer(const struct socket *s, const struct ring_entry *request);

/* ---- stream.c, datagram.c */
enum net_status stream_open(struct socket *s);
enum net_status stream_listen(struct socket *s, uint16_t port);
enum net_status stream_connect(struct socket *s, uint32_t address, uint16_t port);
void stream_accept(struct socket *s);
void stream_push(struct socket *s);
void stream_deliver(struct socket *s);
void stream_close(struct socket *s);
enum net_status datagram_open(struct socket *s, uint16_t port);
enum net_status datagram_send(struct socket *s, const struct ring_entry *request);
void datagram_deliver(struct socket *s);
void datagram_close(struct socket *s);

/* ---- server.c's, or a test's */
void stack_signal_driver(void);

#endif
