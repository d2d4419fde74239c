/* The client's library: requests, of which none is repeated. */
#include "net/protocol.h"

void net_start(struct net *n, void *rings, void *data, microkit_channel service)
{
    *n = (struct net){.data = data};
    session_start(&n->session, rings, service);
}

bool net_ask(struct net *n, enum net_op op, uint64_t socket, uint64_t b)
{
    struct ring_entry e = {.op = (uint16_t)op, .a = socket, .b = b};
    return session_ask(&n->session, &e, false);
}

bool net_connect(struct net *n, uint64_t socket, uint64_t address, uint64_t port)
{
    struct ring_entry e = {.op = NET_CONNECT, .a = socket, .c = address};
    e.d = port;
    return session_ask(&n->session, &e, false);
}

bool net_send(struct net *n, uint64_t socket, uint32_t buffer, uint32_t length)
{
    return net_send_to(n, socket, buffer, length, 0, 0);
}

bool net_send_to(struct net *n, uint64_t socket, uint32_t buffer, uint32_t length, uint64_t address,
                 uint64_t port)
{
    struct ring_entry e = {.op = NET_SEND, .buffer = buffer, .length = length, .a = socket};
    e.c = address;
    e.d = port;
    return session_ask(&n->session, &e, false);
}

bool net_receive(struct net *n, uint64_t socket, uint32_t buffer, uint32_t length)
{
    struct ring_entry e = {.op = NET_RECEIVE, .buffer = buffer, .length = length, .a = socket};
    return session_ask(&n->session, &e, false);
}

bool net_take(struct net *n, struct ring_entry *answer)
{
    return session_take(&n->session, answer);
}

bool net_restarted(struct net *n, const struct ring_entry *answer)
{
    if (answer->status != NET_RESTARTED || answer->id < n->since)
        return false;
    n->since = n->session.count * SESSION_SIZE;
    return true;
}
