/* UDP. */
#include "stack.h"

static void received(void *argument, struct udp_pcb *pcb, struct pbuf *p, const ip_addr_t *from, u16_t port)
{
    struct socket *s = argument;
    (void)pcb;
    if (s->datagrams == DATAGRAMS) {
        pbuf_free(p);
        return;
    }
    s->datagram[(s->next + s->datagrams++) % DATAGRAMS] =
        (struct datagram){p, lwip_ntohl(ip4_addr_get_u32(from)), port};
    datagram_deliver(s);
}

/* A datagram that is longer than was asked for is cut. */
void datagram_deliver(struct socket *s)
{
    if (!s->waiting[WAIT_RECEIVE] || s->datagrams == 0)
        return;
    const struct ring_entry *request = &s->waits[WAIT_RECEIVE];
    struct datagram *d = &s->datagram[s->next];
    struct ring_entry answer = {.c = d->address, .d = d->port};
    answer.length = pbuf_copy_partial(d->data, socket_buffer(s, request), (u16_t)request->length, 0);
    pbuf_free(d->data);
    s->next = (s->next + 1) % DATAGRAMS;
    s->datagrams--;
    socket_answer(s, WAIT_RECEIVE, NET_OK, &answer);
}

enum net_status datagram_open(struct socket *s, uint16_t port)
{
    s->udp = udp_new();
    if (!s->udp)
        return NET_FULL;
    enum net_status status = socket_status(udp_bind(s->udp, IP4_ADDR_ANY, port));
    if (status != NET_OK)
        udp_remove(s->udp);
    else
        udp_recv(s->udp, received, s);
    return status;
}

enum net_status datagram_send(struct socket *s, const struct ring_entry *request)
{
    if (request->length > NET_DATAGRAM || request->c > 0xffffffff || request->d > 0xffff)
        return NET_BAD;
    struct pbuf *p = pbuf_alloc(PBUF_TRANSPORT, (u16_t)request->length, PBUF_RAM);
    if (!p)
        return NET_FULL;
    ip_addr_t to = IPADDR4_INIT(lwip_htonl((uint32_t)request->c));
    pbuf_take(p, socket_buffer(s, request), (u16_t)request->length);
    enum net_status status = socket_status(udp_sendto(s->udp, p, &to, (u16_t)request->d));
    pbuf_free(p);
    return status;
}

void datagram_close(struct socket *s)
{
    udp_remove(s->udp);
    for (; s->datagrams > 0; s->datagrams--, s->next = (s->next + 1) % DATAGRAMS)
        pbuf_free(s->datagram[s->next].data);
}
