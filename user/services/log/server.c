/* Collects the lines of all clients, and hands them to the serial driver. */
#include "log/protocol.h"
#include "names.h"

enum { SERIAL = 61, CLIENTS = 61, PAGE = 0x1000, LINE_BYTES = LOG_LINE + 64 + 4 };

const char *names;         /* where the description maps them: who has which channel, */
struct text_ring *sending; /* what the serial driver sends, */
char *clients;             /* and the page of client 0; those of the others follow */

static struct client {
    struct ring_end end;
    char name[64];
} client[CLIENTS];
static seL4_Word known; /* a bit for each client */
static struct ring_end out;

void init(void)
{
    text_start(&out, sending, true);
    for (const char *at = names; *at != 0;) {
        unsigned id = names_number(&at);
        struct client *c = &client[id < CLIENTS ? id : 0];
        char name[64];
        names_word(&at, name);
        if (id >= CLIENTS)
            continue;
        __builtin_memcpy(c->name, name, sizeof name);
        text_start(&c->end, (struct text_ring *)(void *)(clients + (seL4_Word)id * PAGE), false);
        known |= 1ul << id;
    }
    service_signal_all();
    notified(SERIAL);
}

/* Bytes of the next line of which all has come, its end included, or of the first part of one that is too long. 0: none. */
static uint32_t line_of(struct client *c)
{
    int32_t ready = text_ready_now(&c->end);
    for (int32_t i = 0; i < ready && i < LOG_LINE; i++)
        if (text_look(&c->end, (uint32_t)i) == '\n')
            return (uint32_t)i + 1;
    return ready >= LOG_LINE ? LOG_LINE : 0;
}

/* "name: line\n": what is looked at a second time may have changed, so that only the first look counts where it matters. */
static uint32_t compose(const struct client *c, uint32_t bytes, char *line)
{
    uint32_t n = 0;
    for (const char *s = c->name; *s != 0; s++)
        line[n++] = *s;
    line[n++] = ':';
    line[n++] = ' ';
    for (uint32_t i = 0; i < bytes; i++) {
        char ch = text_look(&c->end, i);
        if (i + 1 < bytes || ch != '\n')
            line[n++] = ch >= ' ' && ch < 0x7f ? ch : '.';
    }
    line[n++] = '\n';
    return n;
}

/* A line of this client. It is shown before it counts as taken: if the service dies between the two, it comes twice. */
static bool pass_on(struct client *c)
{
    char line[LINE_BYTES];
    uint32_t bytes = line_of(c);
    if (bytes == 0 || text_ready_now(&out) < LINE_BYTES)
        return false;
    text_put(&out, line, compose(c, bytes, line));
    if (ring_publish(&out))
        microkit_notify(SERIAL);
    c->end.mine += bytes;
    ring_publish(&c->end); /* nobody waits for room here */
    return true;
}

/* True: a line has come while it was about to sleep. As long as a line has no end, it is more of it that wakes. */
static bool came(struct client *c)
{
    int32_t ready = text_ready_now(&c->end);
    return ready >= 0 && ready < LOG_LINE && line_of(c) == 0 && !ring_sleep(&c->end, (uint32_t)ready + 1);
}

void notified(microkit_channel ch)
{
    bool again;
    (void)ch;
    do {
        again = false;
        for (seL4_Word left = known; left != 0; left &= left - 1)
            again |= pass_on(&client[__builtin_ctzl(left)]);
        if (again)
            continue;
        for (seL4_Word left = known; left != 0; left &= left - 1)
            again |= came(&client[__builtin_ctzl(left)]);
        again |=
            text_ready_now(&out) >= 0 && text_ready_now(&out) < LINE_BYTES && !ring_sleep(&out, LINE_BYTES);
    } while (again);
}
