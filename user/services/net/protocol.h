/* Sockets: a session of requests and answers (ring/session.h) and a region of buffers. A request is a ring_entry: id, op, and as the table says; the
   answer has its id, op, a and buffer, and a status. What has to wait (for a connection, for data, for room) is answered when it has come, so answers
   come in any order. Each socket has at most one NET_SEND, one NET_RECEIVE and one NET_ACCEPT or NET_CONNECT that wait.
   Addresses are IPv4 as a number, 0x0a00020f for 10.0.2.15; ports are numbers.

   When the service was restarted all sockets are gone, and connections with them: what waited is answered NET_RESTARTED, and a socket's number is never
   used again, in no life. */
#ifndef SERVICES_NET_PROTOCOL_H
#define SERVICES_NET_PROTOCOL_H

#include "ring/session.h"

enum {
    NET_BUFFER = 4096,
    NET_BUFFERS = 32,
    NET_DATA = NET_BUFFERS * NET_BUFFER, /* a client's region of buffers */
    NET_SESSION = 2 * SESSION_PAGE,      /* and of rings */
    NET_CLIENTS = 4,
    NET_SOCKETS = 32,   /* of one client */
    NET_DATAGRAM = 1472 /* bytes in one, at most */
};

enum net_op {
    NET_ADDRESS =
        1, /* the answer's b is the interface's address, 0 as long as it has none, c the mask, d the gateway */
    NET_TCP = 2,    /* the answer's a is a new socket */
    NET_UDP = 3,    /* the same; b is its port, or 0: any */
    NET_LISTEN = 4, /* a socket, b port */
    NET_ACCEPT =
        5, /* a socket that listens: the answer's b is the new socket, c and d the caller's address and port */
    NET_CONNECT = 6, /* a socket, c address, d port */
    NET_SEND =
        7, /* a socket, buffer and length, of UDP c address and d port: the buffer may be used again when it is answered */
    NET_RECEIVE =
        8, /* a socket, buffer, length at most: the answer's length, 0 when a connection's other side has ended; of UDP c and d: who sent it */
    NET_CLOSE = 9 /* a socket: what was sent still goes */
};

enum net_status {
    NET_OK = SERVICE_OK,
    NET_BAD = SERVICE_BAD, /* no such operation, number, buffer or length; or not with such a socket */
    NET_RESTARTED = EAGAIN_RESTARTED,
    NET_NO_SOCKET,   /* it is none of yours */
    NET_BUSY,        /* one like it waits already */
    NET_FULL,        /* no memory, or no sockets are left */
    NET_IN_USE,      /* somebody has that port */
    NET_BROKEN,      /* the connection is over */
    NET_UNREACHABLE, /* no way to there */
    NET_NONE         /* who asks for others says it: this system has no network */
};

/* ---- the client's library */
struct net {
    struct session session;
    char *data;     /* buffer n is at n * NET_BUFFER */
    uint64_t since; /* the first request that was asked since the last restart that is known */
};

void net_start(struct net *n, void *rings, void *data, microkit_channel service);
/* False: 32 requests wait already. None may be done twice, so each is answered once, in a later life with NET_RESTARTED. */
bool net_ask(struct net *n, enum net_op op, uint64_t socket, uint64_t b);
bool net_connect(struct net *n, uint64_t socket, uint64_t address, uint64_t port);
bool net_send(struct net *n, uint64_t socket, uint32_t buffer, uint32_t length);
bool net_send_to(struct net *n, uint64_t socket, uint32_t buffer, uint32_t length, uint64_t address,
                 uint64_t port);
bool net_receive(struct net *n, uint64_t socket, uint32_t buffer, uint32_t length);
/* The next answer. False: none has come, and there will be a signal. */
bool net_take(struct net *n, struct ring_entry *answer);
/* Whether this answer is the first that tells of a restart: all sockets are gone, so begin anew. Other answers NET_RESTARTED may follow, of
   what was asked before. */
bool net_restarted(struct net *n, const struct ring_entry *answer);

#endif
