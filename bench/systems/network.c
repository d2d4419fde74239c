#include "network.h"

#include <string.h>
#include "device.h"

enum { DRIVER = 0, DISK_DRIVER = 2 }; /* channels */
enum { PAGE = 0x1000, HTTP = 80, FIRST_PORT = 4000, ANSWER = 2 * PAGE };

bool network_is(const struct benchmark *self, const char *what, uint64_t found, uint64_t wanted)
{
    if (found != wanted)
        BENCH_ERROR("%s: %s is %lx, not %lx", self->id, what, found, wanted);
    return found == wanted;
}

/* FAT waits for its first sector. */
bool network_prepare(const struct benchmark *self)
{
    static bool met;
    if (met)
        return true;
    interface_driver = DRIVER;
    disk_driver = DISK_DRIVER;
    disk_format();
    disk_file("MEASURED   ", PAGE);
    while (disk_serve())
        ;
    return network_is(self, "the guest's address", met = peer_meet(), true);
}

void peer_step(void)
{
    meter_resume();
    interface_interrupt();
    while (disk_serve())
        ;
    meter_pause();
}

void network_begin(void)
{
    meter_begin();
    meter_pause();
}

uint64_t network_end(void)
{
    meter_resume();
    return meter_end();
}

/* Behind the head, or `length`: there is none. */
static uint32_t body_of(const uint8_t *answer, uint32_t length)
{
    static const char end[] = "\r\n\r\n";
    uint32_t at = sizeof end - 1;
    while (at < length && memcmp(answer + at - (sizeof end - 1), end, sizeof end - 1) != 0)
        at++;
    return at;
}

static bool is_page(const uint8_t *answer, uint32_t length)
{
    uint32_t body = body_of(answer, length);
    bool same = length - body == PAGE && memcmp(answer, "HTTP/1.", 7) == 0;
    for (uint32_t i = 0; same && i < PAGE; i++)
        same = answer[body + i] == disk_byte(i);
    return same;
}

bool network_request(const struct benchmark *self, uint64_t *ticks, uint32_t *packets)
{
    static const uint8_t request[] = "GET /measured HTTP/1.0\r\n\r\n";
    static uint8_t answer[ANSWER];
    static uint16_t port = FIRST_PORT;
    static struct connection c;
    uint32_t length = ANSWER;
    network_begin();
    bool whole = peer_connect(&c, ++port, HTTP) &&
                 peer_exchange(&c, request, sizeof request - 1, answer, &length, true) && peer_end(&c);
    *ticks = network_end();
    *packets = c.packets;
    return network_is(self, "the exchange", whole, true) &&
           network_is(self, "the page", is_page(answer, length), true);
}
