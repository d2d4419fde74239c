/* Sockets of processes, as sockets.c has them of the network, and socket_calls.c gives them to processes. */
#ifndef SERVICES_PROC_SOCKETS_H
#define SERVICES_PROC_SOCKETS_H

#include <stddef.h>
#include "net/protocol.h"
#include "process.h"

/* What is asked of a socket: to be made, connected, listened at, or for one who calls; to send; for what came; to be closed. */
enum kind { MEET, SEND, RECEIVE, SHUT, KINDS };

extern void *network_rings, *network_data;
extern struct socket {
    bool used;              /* until the network has forgotten it */
    bool listens;           /* for those who call */
    bool awaited, told;     /* it is to be who calls at another next; its owner knows of it */
    unsigned owner;         /* a pid; 0: it is to be closed */
    enum net_status status; /* why it is good for nothing, or NET_OK */
    uint64_t name;          /* as the network calls it; 0: that is not known yet */
    uint64_t address, port; /* of the other side, or to listen at */
    struct socket *caller;  /* who calls here next */
    uint32_t bytes, taken;  /* that were given to be sent; of what came */
    bool asked[KINDS], came[KINDS];
    uint64_t id[KINDS]; /* of what was asked */
    struct ring_entry answer[KINDS];
} sockets[PROC_ALL_SOCKETS];

char *socket_text(const struct socket *s, enum kind kind); /* its buffer for that */
/* False: only a network that lies has no room. */
bool socket_request(struct socket *s, enum kind kind, enum net_op op, uint32_t length);
struct socket *socket_new(const struct process *p); /* NULL: there are enough, or it has enough */
void socket_release(struct socket *s);              /* it is nobody's, and is closed */
/* What has come of MEET. The answer is looked at if the status is NET_OK. */
void socket_met(struct socket *s, const struct ring_entry *answer, enum net_status status);

#endif
