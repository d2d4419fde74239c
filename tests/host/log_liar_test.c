/* user/services/log/server.c between a driver of the serial port that lies and a client that does: what an honest client has written comes whole and
   in its order, under its own name, to a driver that is honest for once. */
#include "random.h"
#include "test.h"

#include <stdlib.h>

#include "log/server.c"

enum { LIES = 100000, PAGES = 2, SIGNALS = 64, ROUND_LINES = 3 };

seL4_Word microkit_notifications;
static struct text_ring *pages, *serial;
static struct ring_end driver, honest;
static unsigned signals, sent, arrived;
static bool lies_too;
static char line[LINE_BYTES + 1];
static unsigned used;

static void scribble(void)
{
    uint32_t *words =
        (uint32_t *)(void *)(random_below(2) ? serial : (struct text_ring *)(void *)((char *)pages + PAGE));
    uint32_t at = random_below(random_below(4) ? 3 : sizeof(struct text_ring) / 4), way = random_below(4);
    at = random_below(2) ? (at + 16) % (sizeof(struct text_ring) / 4) : at;
    words[at] = way == 0   ? (uint32_t)random_next()
                : way == 1 ? words[at] + random_below(TEXT_BYTES + 2)
                : way == 2 ? words[at] + 1
                           : words[at] - 1;
}

void microkit_notify(microkit_channel ch)
{
    CHECK(ch < PAGES || ch == SERIAL);
    signals++;
    if (lies_too && signals < SIGNALS)
        scribble();
}

static void write_line(void)
{
    char text[32];
    int bytes = snprintf(text, sizeof text, "line %u\n", sent);
    sent += text_put(&honest, text, (uint32_t)bytes);
    ring_publish(&honest);
}

/* Lines of others are printable, and begin with a name. */
static void take_line(void)
{
    char wanted[64];
    snprintf(wanted, sizeof wanted, "honest: line %u", arrived);
    line[used] = 0;
    if (strncmp(line, "honest: ", 8) == 0) {
        CHECK_STRING("the next line", line, wanted);
        arrived++;
    } else {
        CHECK(strncmp(line, "liar: ", 6) == 0);
    }
    used = 0;
}

static void take(void)
{
    char c;
    while (text_get(&driver, &c)) {
        CHECK(c == '\n' || (c >= ' ' && c < 0x7f));
        CHECK(used < LINE_BYTES);
        if (c == '\n')
            take_line();
        else if (used < LINE_BYTES)
            line[used++] = c;
    }
    ring_publish(&driver);
    ring_sleep(&driver, 1);
}

static void begin(void)
{
    memset(pages, 0, PAGES * PAGE);
    memset(serial, 0, sizeof *serial);
    names = "0 honest\n1 liar\n", clients = (char *)pages, sending = serial;
    known = 0;
    signals = sent = arrived = used = 0;
    lies_too = false;
    text_start(&driver, serial, false);
    text_start(&honest, pages, true);
    init();
}

/* The client lies alone: nothing of the other is lost. */
static void a_client_lies(void)
{
    begin();
    uint32_t *words = (uint32_t *)(void *)((char *)pages + PAGE);
    for (unsigned i = 0; i < LIES && !test_state.failing; i++) {
        for (unsigned left = random_below(4); left > 0; left--)
            words[random_below(2) ? random_below(3) : random_below(1024)] =
                random_below(2) ? (uint32_t)random_next() : random_below(4096);
        write_line();
        signals = 0;
        notified(random_below(PAGES));
        CHECK(signals < 4 * SIGNALS);
        take();
    }
    notified(SERIAL);
    take();
    CHECK(arrived > LIES / 2 && arrived == sent);
}

/* And the driver: what it says it took is gone, but each turn ends, and its next life gets lines again. */
static void the_driver_lies(void)
{
    begin();
    lies_too = true;
    for (unsigned i = 0; i < LIES && !test_state.failing; i++) {
        for (unsigned left = random_below(4); left > 0; left--)
            scribble();
        for (unsigned left = random_below(ROUND_LINES); left > 0; left--)
            write_line();
        signals = 0;
        notified(random_below(2) ? SERIAL : random_below(PAGES));
        CHECK(signals < 4096);
    }
    lies_too = false;
    text_start(&driver, serial, false);
    notified(SERIAL);
    for (char c; text_get(&driver, &c);)
        ;
    ring_publish(&driver);
    for (unsigned i = 0; i < 100; i++) { /* what was left of the liar's time */
        notified(SERIAL);
        for (char c; text_get(&driver, &c);)
            ;
        ring_publish(&driver);
    }
    arrived = sent;
    used = 0;
    write_line();
    notified(0);
    take();
    CHECK_NUMBER("lines that come again", arrived, sent);
}

int main(void)
{
    random_seed();
    pages = aligned_alloc(PAGE, PAGES * PAGE);
    serial = malloc(sizeof *serial);
    test_run("log/a client lies", a_client_lies);
    test_run("log/the serial driver lies", the_driver_lies);
    return test_end();
}
