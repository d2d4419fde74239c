/* Sends back what comes to port 7, by UDP and by as many connections of TCP as it has buffers for. */
#include "net/again.h"
#include "net/protocol.h"

enum { NET = 0, PORT = 7, FOR_UDP = NET_BUFFERS - 1 };

void *net_rings, *net_data; /* where the description maps them */
static struct net net;
static struct net_again again;
static uint64_t datagrams, listener, connection[FOR_UDP]; /* that uses this buffer; 0: none */
static bool udp_asked, tcp_asked, listens;

static void refused(void)
{
    net_again_refused(&again, "echo: the network refuses it a port; it asks again\n");
}

/* What there is not. */
static void ask(void)
{
    if (datagrams == 0 && !udp_asked)
        udp_asked = net_ask(&net, NET_UDP, 0, PORT);
    if (listener == 0 && !tcp_asked)
        tcp_asked = net_ask(&net, NET_TCP, 0, 0);
}

static void begin(void)
{
    __builtin_memset(connection, 0, sizeof connection);
    datagrams = listener = again.due = 0;
    udp_asked = tcp_asked = listens = false;
    ask();
}

/* A socket that was refused what it is for. */
static void drop(uint64_t *socket)
{
    if (*socket != 0)
        net_ask(&net, NET_CLOSE, *socket, 0);
    *socket = 0;
    listens &= socket != &listener;
    refused();
}

static uint32_t buffer_of(uint64_t socket)
{
    for (uint32_t i = 0; i < FOR_UDP; i++)
        if (connection[i] == socket)
            return i;
    return FOR_UDP;
}

/* It waits for the next one only when there is a buffer for it. */
static void accept(void)
{
    if (buffer_of(0) < FOR_UDP && listens && !net_ask(&net, NET_ACCEPT, listener, 0))
        drop(&listener);
}

static void end(uint64_t socket)
{
    bool was_full = buffer_of(0) == FOR_UDP;
    connection[buffer_of(socket)] = 0;
    net_ask(&net, NET_CLOSE, socket, 0);
    if (was_full)
        accept();
}

static void of_udp(const struct ring_entry *e)
{
    if (e->op == NET_RECEIVE && e->status == NET_OK && e->length != 0)
        again.said = false, net_send_to(&net, datagrams, FOR_UDP, e->length, e->c, e->d);
    else if (e->op == NET_RECEIVE && e->status != NET_OK)
        drop(&datagrams);
    else
        net_receive(&net, datagrams, FOR_UDP, NET_BUFFER);
}

static void of_tcp(const struct ring_entry *e)
{
    uint32_t buffer = buffer_of(e->a);
    if (buffer == FOR_UDP)
        return;
    if (e->status != NET_OK || (e->op == NET_RECEIVE && e->length == 0))
        end(e->a);
    else if (e->op == NET_RECEIVE)
        net_send(&net, e->a, buffer, e->length);
    else
        net_receive(&net, e->a, buffer, NET_BUFFER);
}

static void opened(const struct ring_entry *e)
{
    bool udp = e->op == NET_UDP;
    uint64_t *socket = udp ? &datagrams : &listener;
    *(udp ? &udp_asked : &tcp_asked) = false;
    *socket = e->status == NET_OK ? e->a : 0;
    if (*socket == 0)
        refused();
    else if (!(udp ? net_receive(&net, *socket, FOR_UDP, NET_BUFFER)
                   : net_ask(&net, NET_LISTEN, *socket, PORT)))
        drop(socket);
}

static void listening(const struct ring_entry *e)
{
    if (e->status != NET_OK) {
        drop(&listener);
        return;
    }
    listens = true;
    accept();
    microkit_dbg_puts("echo: it waits\n");
}

static void accepted(const struct ring_entry *e)
{
    uint32_t buffer = buffer_of(0);
    if (e->status != NET_OK || buffer == FOR_UDP) {
        drop(&listener);
        return;
    }
    again.said = false;
    connection[buffer] = e->b;
    net_receive(&net, e->b, buffer, NET_BUFFER);
    accept();
}

/* What comes most often comes first. */
static void take(const struct ring_entry *e)
{
    if (e->op == NET_SEND || e->op == NET_RECEIVE) {
        if (e->a == datagrams)
            of_udp(e);
        else if (e->a != 0)
            of_tcp(e);
    } else if (e->op == NET_TCP || e->op == NET_UDP) {
        opened(e);
    } else if ((e->op == NET_LISTEN || e->op == NET_ACCEPT) && e->a == listener) {
        (e->op == NET_LISTEN ? listening : accepted)(e);
    }
}

void init(void)
{
    net_start(&net, net_rings, net_data, NET);
    begin();
    notified(NET);
}

void notified(microkit_channel ch)
{
    struct ring_entry e;
    (void)ch;
    if (net_again_due(&again))
        ask();
    while (net_take(&net, &e)) {
        if (net_restarted(&net, &e))
            begin();
        else if (e.status != NET_RESTARTED)
            take(&e);
    }
}
