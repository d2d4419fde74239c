/* The stack as a component: frames of the driver, requests of clients, and time. */
#include <baton/timer.h>
#include "stack.h"
#include "lwip/init.h"
#include "lwip/timeouts.h"
#include "timer/protocol.h"

enum { DRIVER = 0, TIMER = 1, FIRST_CLIENT = 2, MILLISECOND = 1000000 };

const struct service_clock *clock; /* where the description maps them */
const char *settings;
void *driver_rings, *frames;
char *client_rings, *client_data; /* that of client n n regions behind the first's */
static struct client clients[NET_CLIENTS];
static struct timer timer = {.service = TIMER};

u32_t sys_now(void)
{
    return (u32_t)(baton_timer_now() / clock->mhz / 1000);
}

/* Xorshift, with the time-stamp counter: nobody on the wire sees the state, but this is no source for keys. */
uint32_t stack_random(void)
{
    static uint64_t state;
    state ^= baton_timer_now() * 0x9e3779b97f4a7c15ul + 1;
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * 0x2545f4914f6cdd1dul) >> 32);
}

void stack_signal_driver(void)
{
    microkit_notify(DRIVER);
}

static const char *word(const char *at, char *to, unsigned room)
{
    unsigned n = 0;
    while (*at == ' ' || *at == '\n')
        at++;
    for (; *at > ' '; at++)
        if (n + 1 < room)
            to[n++] = *at;
    to[n] = 0;
    return at;
}

/* "dhcp", or address, mask and gateway. */
static struct address read_settings(void)
{
    struct address a = {.dhcp = true};
    char own[16], mask[16], gateway[16];
    word(word(word(settings, own, 16), mask, 16), gateway, 16);
    if (ip4addr_aton(own, &a.own) && ip4addr_aton(mask, &a.mask) && ip4addr_aton(gateway, &a.gateway))
        a.dhcp = false;
    return a;
}

/* Sets the timer for the next of lwIP's time-outs, unless it rings before that. */
static void arm(void)
{
    u32_t in = sys_timeouts_sleeptime();
    if (in == SYS_TIMEOUTS_SLEEPTIME_INFINITE)
        return;
    seL4_Word now = baton_timer_now() / clock->mhz * 1000, deadline = now + ((seL4_Word)in + 1) * MILLISECOND;
    if (timer.deadline == 0 || timer.deadline > deadline || timer.deadline <= now)
        timer_set(&timer, deadline);
}

static bool serve_clients(void)
{
    bool idle = true;
    for (unsigned i = 0; i < NET_CLIENTS; i++) {
        if (!clients[i].used)
            continue;
        client_serve(&clients[i]);
        if (client_publish(&clients[i]))
            microkit_notify(FIRST_CLIENT + i);
        idle &= client_sleep(&clients[i]);
    }
    return idle;
}

static void serve(void)
{
    bool idle;
    do {
        link_serve();
        sys_check_timeouts();
        idle = serve_clients();
        idle &= link_sleep();
    } while (!idle);
    arm();
}

void init(void)
{
    struct address address = read_settings();
    lwip_init();
    link_start(driver_rings, frames, &address);
    for (unsigned i = 0; i < NET_CLIENTS; i++)
        if (baton_has_id(microkit_notifications, FIRST_CLIENT + i))
            client_start(&clients[i], client_rings + i * NET_SESSION, client_data + i * NET_DATA),
                clients[i].who = FIRST_CLIENT + i;
    serve();
    service_signal_all();
}

void notified(microkit_channel ch)
{
    if (ch == TIMER)
        timer_due(&timer);
    serve();
}
