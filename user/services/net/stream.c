/* TCP. What comes is kept in a buffer as large as the window that was promised, so that a client that does not read holds none of the stack's memory. */
#include "stack.h"
#include "lwip/priv/tcp_priv.h"

static struct received {
    bool used;
    uint32_t start, count;
    char bytes[TCP_WND];
} buffers[MEMP_NUM_TCP_PCB];

static struct received *buffer_new(void)
{
    for (unsigned i = 0; i < MEMP_NUM_TCP_PCB; i++)
        if (!buffers[i].used) {
            buffers[i].start = buffers[i].count = 0;
            buffers[i].used = true;
            return &buffers[i];
        }
    return 0;
}

static void keep(struct received *r, struct pbuf *p)
{
    for (u16_t done = 0; done < p->tot_len;) {
        uint32_t at = (r->start + r->count) % TCP_WND, room = TCP_WND - at;
        u16_t part = (u16_t)LWIP_MIN(room, (uint32_t)(p->tot_len - done));
        pbuf_copy_partial(p, r->bytes + at, part, done);
        r->count += part;
        done = (u16_t)(done + part);
    }
}

static uint32_t take(struct received *r, char *to, uint32_t most)
{
    uint32_t taken = LWIP_MIN(most, r->count), first = LWIP_MIN(taken, TCP_WND - r->start);
    memcpy(to, r->bytes + r->start, first);
    memcpy(to + first, r->bytes, taken - first);
    r->start = (r->start + taken) % TCP_WND;
    r->count -= taken;
    return taken;
}

void stream_deliver(struct socket *s)
{
    const struct ring_entry *request = &s->waits[WAIT_RECEIVE];
    struct ring_entry answer = {0};
    if (!s->waiting[WAIT_RECEIVE] || (s->stream->count == 0 && !s->ended && s->tcp))
        return;
    answer.length = take(s->stream, socket_buffer(s, request), request->length);
    if (s->tcp && answer.length != 0)
        tcp_recved(s->tcp, (u16_t)answer.length);
    socket_answer(s, WAIT_RECEIVE, answer.length != 0 || s->ended ? NET_OK : NET_BROKEN, &answer);
}

/* As much as there is room for; the rest when something was acknowledged, or later when memory was short. */
void stream_push(struct socket *s)
{
    const struct ring_entry *request = &s->waits[WAIT_SEND];
    if (!s->waiting[WAIT_SEND])
        return;
    const char *from = socket_buffer(s, request);
    err_t error = s->tcp ? ERR_OK : ERR_CONN;
    while (error == ERR_OK && s->written < request->length && tcp_sndbuf(s->tcp) > 0) {
        u16_t part = (u16_t)LWIP_MIN(request->length - s->written, tcp_sndbuf(s->tcp));
        error = tcp_write(s->tcp, from + s->written, part, TCP_WRITE_FLAG_COPY);
        s->written += error == ERR_OK ? part : 0;
    }
    if (s->tcp && s->tcp->state != LISTEN)
        tcp_output(s->tcp);
    if (s->written == request->length)
        socket_done(s, WAIT_SEND, NET_OK);
    else if (error != ERR_OK && error != ERR_MEM)
        socket_done(s, WAIT_SEND, NET_BROKEN);
}

static err_t received(void *argument, struct tcp_pcb *pcb, struct pbuf *p, err_t error)
{
    struct socket *s = argument;
    (void)pcb;
    (void)error;
    if (p) {
        keep(s->stream, p);
        pbuf_free(p);
    } else {
        s->ended = true;
    }
    stream_deliver(s);
    return ERR_OK;
}

static err_t sent(void *argument, struct tcp_pcb *pcb, u16_t length)
{
    (void)pcb;
    (void)length;
    stream_push(argument);
    return ERR_OK;
}

/* lwIP bounds neither its estimate of the way there and back nor what it waits before it sends again: each acknowledgement that just comes in time
   makes it longer, up to hours, and then a sum overflows. */
static err_t bound_wait(void *argument, struct tcp_pcb *pcb)
{
    enum { MOST = STREAM_WAIT / TCP_SLOW_INTERVAL };
    (void)argument;
    if (pcb->sa < 0 || pcb->sa >> 3 > MOST)
        pcb->sa = MOST << 3;
    if (pcb->sv < 0 || pcb->sv > MOST)
        pcb->sv = MOST;
    if (pcb->rto < 0 || pcb->rto > MOST)
        pcb->rto = MOST;
    return ERR_OK;
}

static err_t poll(void *argument, struct tcp_pcb *pcb)
{
    stream_push(argument);
    return bound_wait(0, pcb);
}

static void release(struct socket *s)
{
    if (s->stream)
        s->stream->used = false;
    s->stream = 0;
}

/* The connection is over, and lwIP has already forgotten it. */
static void broken(void *argument, err_t error)
{
    struct socket *s = argument;
    (void)error;
    s->tcp = 0;
    if (s->listener) {
        release(s);
        socket_free(s);
        return;
    }
    stream_deliver(s);
    socket_done(s, WAIT_SEND, NET_BROKEN);
    socket_done(s, WAIT_PEER, NET_UNREACHABLE);
}

static bool attach(struct socket *s, struct tcp_pcb *pcb)
{
    s->stream = buffer_new();
    if (!s->stream)
        return false;
    s->tcp = pcb;
    tcp_arg(pcb, s);
    tcp_recv(pcb, received);
    tcp_sent(pcb, sent);
    tcp_err(pcb, broken);
    tcp_poll(pcb, poll, 2);
    return true;
}

enum net_status stream_open(struct socket *s)
{
    struct tcp_pcb *pcb = tcp_new();
    if (pcb && attach(s, pcb))
        return NET_OK;
    if (pcb)
        tcp_abort(pcb);
    return NET_FULL;
}

static err_t called(void *argument, struct tcp_pcb *pcb, err_t error)
{
    struct socket *listener = argument, *s;
    if (error != ERR_OK || !pcb || !listener)
        return ERR_VAL;
    s = socket_new(listener->client, KIND_STREAM);
    if (!s)
        return ERR_MEM; /* lwIP ends the connection */
    if (!attach(s, pcb)) {
        socket_free(s);
        return ERR_MEM;
    }
    s->listener = listener;
    tcp_backlog_delayed(pcb); /* until a client accepts it; callers meanwhile are not heard, and try again */
    stream_accept(listener);
    return ERR_OK;
}

void stream_accept(struct socket *listener)
{
    for (uint32_t i = 0; listener->waiting[WAIT_PEER] && i < NET_SOCKETS; i++) {
        struct socket *s = &listener->client->socket[i];
        if (s->kind == KIND_FREE || s->listener != listener)
            continue;
        s->listener = 0;
        tcp_backlog_accepted(s->tcp);
        struct ring_entry answer = {.b = s->name, .d = s->tcp->remote_port};
        answer.c = lwip_ntohl(ip4_addr_get_u32(&s->tcp->remote_ip));
        socket_answer(listener, WAIT_PEER, NET_OK, &answer);
    }
}

enum net_status stream_listen(struct socket *s, uint16_t port)
{
    if (!s->tcp)
        return socket_status(ERR_CONN);
    /* Connections that end do not keep it from the port; another listener does, and then it stays bound: lwIP would put it into the list of
       those that are a second time, and the list had no end. */
    bool bound = s->tcp->state == CLOSED && s->tcp->local_port != 0;
    ip_set_option(s->tcp, SOF_REUSEADDR);
    err_t error = !bound ? tcp_bind(s->tcp, IP4_ADDR_ANY, port) : s->tcp->local_port == port ? ERR_OK : ERR_USE;
    if (error != ERR_OK)
        return socket_status(error);
    struct tcp_pcb *pcb = tcp_listen_with_backlog_and_err(s->tcp, UNACCEPTED, &error);
    if (!pcb)
        return socket_status(error);
    release(s);
    s->tcp = pcb;
    s->kind = KIND_LISTENER;
    tcp_arg(pcb, s);
    tcp_accept(pcb, called);
    return NET_OK;
}

static err_t connected(void *argument, struct tcp_pcb *pcb, err_t error)
{
    (void)pcb;
    socket_done(argument, WAIT_PEER, socket_status(error));
    return ERR_OK;
}

enum net_status stream_connect(struct socket *s, uint32_t address, uint16_t port)
{
    ip_addr_t to = IPADDR4_INIT(lwip_htonl(address));
    return socket_status(s->tcp ? tcp_connect(s->tcp, &to, port, connected) : ERR_CONN);
}

/* Of a listener also all that nobody has accepted. */
void stream_close(struct socket *s)
{
    for (uint32_t i = 0; s->kind == KIND_LISTENER && i < NET_SOCKETS; i++) {
        struct socket *other = &s->client->socket[i];
        if (other->kind == KIND_FREE || other->listener != s)
            continue;
        other->kind = KIND_STREAM;
        stream_close(other);
        socket_free(other);
    }
    release(s);
    if (!s->tcp)
        return;
    tcp_arg(s->tcp, 0);
    if (s->kind == KIND_STREAM) {
        tcp_recv(s->tcp, 0);
        tcp_sent(s->tcp, 0);
        tcp_err(s->tcp, 0);
        tcp_poll(s->tcp, bound_wait, 2);
    }
    if (tcp_close(s->tcp) != ERR_OK)
        tcp_abort(s->tcp);
    s->tcp = 0;
}
