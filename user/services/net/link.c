/* The interface: frames into the driver's ring and out of it. Each is copied, so what the driver does with a buffer later is nobody's trouble. */
#include "stack.h"
#include "lwip/dhcp.h"
#include "lwip/etharp.h"
#include "netif/ethernet.h"

enum { ADDRESS_ID = FRAME_BUFFERS, MTU = 1500 };
_Static_assert(FRAME_BUFFERS == 2 * FRAME_SLOTS, "the first half receives, the second sends");

static struct ring_end requests, answers;
static char *region;
static bool busy[FRAME_BUFFERS]; /* the driver has it */
static struct netif interface;
static struct address address;
static bool there; /* the interface: its address is known */

static void ask(enum frame_op op, uint32_t buffer, uint32_t length)
{
    struct ring_entry e = {.id = buffer, .op = (uint16_t)op, .buffer = buffer, .length = length};
    if (ring_put(&requests, &e) && buffer < FRAME_BUFFERS)
        busy[buffer] = true;
}

/* All that a driver's new life must be told: it has no buffers. */
static void begin(void)
{
    memset(busy, 0, sizeof busy);
    ask(FRAME_ADDRESS, ADDRESS_ID, 0);
    for (uint32_t i = 0; i < FRAME_SLOTS; i++)
        ask(FRAME_RECEIVE, i, 0);
}

void link_start(void *rings, void *data, const struct address *ours)
{
    region = data;
    address = *ours;
    ring_start(&requests, rings, FRAME_RING, true);
    ring_start(&answers, (struct ring *)(void *)((char *)rings + FRAME_ANSWERS), FRAME_RING, false);
    begin();
}

static void publish(void)
{
    bool wanted = ring_publish(&requests);
    if (ring_publish(&answers) || wanted)
        stack_signal_driver();
}

/* With no buffer free the frame is lost, as on any wire; TCP sends it again. */
static err_t output(struct netif *netif, struct pbuf *p)
{
    (void)netif;
    uint32_t buffer = FRAME_SLOTS;
    while (buffer < FRAME_BUFFERS && busy[buffer])
        buffer++;
    if (buffer == FRAME_BUFFERS || p->tot_len < FRAME_LEAST || p->tot_len > FRAME_MOST)
        return ERR_MEM;
    pbuf_copy_partial(p, region + (size_t)buffer * FRAME_BUFFER, p->tot_len, 0);
    ask(FRAME_SEND, buffer, p->tot_len);
    return ERR_OK;
}

static err_t set_up(struct netif *netif)
{
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->mtu = MTU;
    netif->hwaddr_len = ETH_HWADDR_LEN;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
    netif->output = etharp_output;
    netif->linkoutput = output;
    return ERR_OK;
}

static void appear(uint64_t hardware)
{
    if (there)
        return;
    there = true;
    for (unsigned i = 0; i < ETH_HWADDR_LEN; i++)
        interface.hwaddr[i] = (uint8_t)(hardware >> 8 * i);
    netif_add(&interface, &address.own, &address.mask, &address.gateway, 0, set_up, ethernet_input);
    netif_set_default(&interface);
    netif_set_up(&interface);
    if (address.dhcp)
        dhcp_start(&interface);
}

static void input(uint32_t buffer, uint32_t length)
{
    struct pbuf *p = there ? pbuf_alloc(PBUF_RAW, (u16_t)length, PBUF_POOL) : 0;
    if (!p)
        return;
    pbuf_take(p, region + (size_t)buffer * FRAME_BUFFER, (u16_t)length);
    if (interface.input(p, &interface) != ERR_OK)
        pbuf_free(p);
}

/* What failed is not asked again in this life of the driver: it has no device. */
static void take(const struct ring_entry *e)
{
    if (e->op == FRAME_ADDRESS && e->status == FRAME_OK)
        appear(e->a);
    if (e->buffer >= FRAME_BUFFERS || !busy[e->buffer])
        return;
    if (e->op == FRAME_RECEIVE && e->buffer < FRAME_SLOTS && e->status == FRAME_OK) {
        busy[e->buffer] = false;
        if (e->length >= FRAME_LEAST && e->length <= FRAME_BUFFER)
            input(e->buffer, e->length);
        ask(FRAME_RECEIVE, e->buffer, 0);
    } else if (e->op == FRAME_SEND && e->buffer >= FRAME_SLOTS) {
        busy[e->buffer] = false;
    }
}

bool link_serve(void)
{
    struct ring_entry e = {0};
    uint32_t taken = 0;
    if (ring_ready(&requests) < 0 || ring_ready(&answers) < 0) {
        ring_accept(&requests);
        ring_accept(&answers);
        begin();
        taken++;
    }
    for (; taken < FRAME_SLOTS && ring_get(&answers, &e); taken++)
        take(&e);
    publish();
    return taken != 0;
}

bool link_sleep(void)
{
    publish();
    return ring_sleep(&answers, 1);
}
