/* What clients ask, checked; and what both kinds of sockets have in common. */
#include "stack.h"
#include "denied/denied.h"
#include "lwip/netif.h"

struct socket *socket_new(struct client *c, enum kind kind)
{
    for (uint32_t i = 0; i < NET_SOCKETS; i++)
        if (c->socket[i].kind == KIND_FREE) {
            uint64_t life = c->answers.life;
            c->socket[i] =
                (struct socket){.kind = kind, .client = c, .name = life << 40 | ++c->opened << 5 | i};
            return &c->socket[i];
        }
    return 0;
}

void socket_free(struct socket *s)
{
    s->kind = KIND_FREE;
}

static struct socket *socket_find(struct client *c, uint64_t name)
{
    struct socket *s = &c->socket[name % NET_SOCKETS];
    return s->kind != KIND_FREE && !s->listener && s->name == name ? s : 0;
}

void socket_answer(struct socket *s, enum wait wait, enum net_status status, struct ring_entry *answer)
{
    s->waiting[wait] = false;
    client_answer(s->client, &s->waits[wait], answer, status);
}

void socket_done(struct socket *s, enum wait wait, enum net_status status)
{
    struct ring_entry answer = {.length = 0};
    if (s->waiting[wait])
        socket_answer(s, wait, status, &answer);
}

enum net_status socket_status(err_t error)
{
    switch (error) {
    case ERR_OK: return NET_OK;
    case ERR_MEM: return NET_FULL;
    case ERR_USE: return NET_IN_USE;
    case ERR_RTE: return NET_UNREACHABLE;
    case ERR_VAL:
    case ERR_ARG: return NET_BAD;
    default: return NET_BROKEN;
    }
}

void *socket_buffer(const struct socket *s, const struct ring_entry *request)
{
    return ring_buffer(s->client->data, NET_BUFFERS, NET_BUFFER, request->buffer, request->length);
}

static void socket_close(struct socket *s)
{
    for (enum wait w = 0; w < WAITS; w++)
        socket_done(s, w, NET_BROKEN);
    s->kind == KIND_DATAGRAM ? datagram_close(s) : stream_close(s);
    socket_free(s);
}

/* A client that began anew knows none of them: nobody gets an answer. */
void socket_close_all(struct client *c)
{
    for (uint32_t i = 0; i < NET_SOCKETS; i++)
        if (c->socket[i].kind != KIND_FREE) {
            memset(c->socket[i].waiting, 0, sizeof c->socket[i].waiting);
            if (!c->socket[i].listener) /* those that nobody has accepted end with their listener */
                socket_close(&c->socket[i]);
        }
}

/* What it has no right to ask; that a connection is over, or a port taken, is another matter. */
static void note(const struct client *c, const struct ring_entry *e, enum net_status status)
{
    enum denied_why why = status == NET_NO_SOCKET ? DENIED_NOTHING
                          : status == NET_FULL    ? DENIED_FULL
                                                  : DENIED_SENSE;
    if (status == NET_BAD || status == NET_NO_SOCKET || status == NET_FULL)
        denied_number(c->who, c->who, why, "request", e->op);
}

static void open(struct client *c, const struct ring_entry *e)
{
    struct ring_entry answer = {0};
    struct socket *s = socket_new(c, e->op == NET_TCP ? KIND_STREAM : KIND_DATAGRAM);
    enum net_status status = NET_FULL;
    if (s) {
        status = e->b > 0xffff ? NET_BAD : e->op == NET_TCP ? stream_open(s) : datagram_open(s, (uint16_t)e->b);
        answer.a = status == NET_OK ? s->name : 0;
        if (status != NET_OK)
            socket_free(s);
    }
    if (status != NET_OK)
        note(c, e, status);
    client_answer(c, e, &answer, status);
}

static void tell_address(struct client *c, const struct ring_entry *e)
{
    struct ring_entry answer = {0};
    if (netif_default) {
        answer.b = lwip_ntohl(netif_ip4_addr(netif_default)->addr);
        answer.c = lwip_ntohl(netif_ip4_netmask(netif_default)->addr);
        answer.d = lwip_ntohl(netif_ip4_gw(netif_default)->addr);
    }
    client_answer(c, e, &answer, NET_OK);
}

/* What is answered at once has a status; what waits has none yet, and NET_OK. */
static enum net_status begin_wait(struct socket *s, const struct ring_entry *e)
{
    enum wait wait = e->op == NET_SEND ? WAIT_SEND : e->op == NET_RECEIVE ? WAIT_RECEIVE : WAIT_PEER;
    if (s->waiting[wait])
        return NET_BUSY;
    s->waits[wait] = *e;
    s->waiting[wait] = true;
    return NET_OK;
}

static enum net_status transfer(struct socket *s, const struct ring_entry *e)
{
    bool sends = e->op == NET_SEND;
    if (!socket_buffer(s, e) || e->length == 0 || s->kind == KIND_LISTENER)
        return NET_BAD;
    enum net_status status = begin_wait(s, e);
    if (status != NET_OK)
        return status;
    if (s->kind == KIND_DATAGRAM && sends)
        socket_done(s, WAIT_SEND, datagram_send(s, e));
    else if (s->kind == KIND_DATAGRAM)
        datagram_deliver(s);
    else if (sends)
        s->written = 0, stream_push(s);
    else
        stream_deliver(s);
    return NET_OK;
}

static enum net_status meet(struct socket *s, const struct ring_entry *e)
{
    if (s->kind != (e->op == NET_ACCEPT ? KIND_LISTENER : KIND_STREAM) || e->c > 0xffffffff || e->d > 0xffff)
        return NET_BAD;
    enum net_status status = begin_wait(s, e);
    if (status != NET_OK)
        return status;
    if (e->op == NET_ACCEPT)
        stream_accept(s);
    else if ((status = stream_connect(s, (uint32_t)e->c, (uint16_t)e->d)) != NET_OK)
        s->waiting[WAIT_PEER] = false;
    return status;
}

void socket_request(struct client *c, const struct ring_entry *e)
{
    struct ring_entry answer = {0};
    if (e->op == NET_TCP || e->op == NET_UDP) {
        open(c, e);
        return;
    }
    if (e->op == NET_ADDRESS) {
        tell_address(c, e);
        return;
    }
    struct socket *s = socket_find(c, e->a);
    enum net_status status = NET_BAD;
    if (!s)
        status = NET_NO_SOCKET;
    else if (e->op == NET_LISTEN && s->kind == KIND_STREAM && e->b >= 1 && e->b <= 0xffff)
        status = stream_listen(s, (uint16_t)e->b);
    else if (e->op == NET_CLOSE)
        socket_close(s), status = NET_OK;
    else if (e->op == NET_SEND || e->op == NET_RECEIVE)
        status = transfer(s, e);
    else if (e->op == NET_ACCEPT || e->op == NET_CONNECT)
        status = meet(s, e);
    bool answered_then =
        e->op == NET_SEND || e->op == NET_RECEIVE || e->op == NET_ACCEPT || e->op == NET_CONNECT;
    if (status != NET_OK)
        note(c, e, status);
    if (status != NET_OK || !answered_then)
        client_answer(c, e, &answer, status);
}
