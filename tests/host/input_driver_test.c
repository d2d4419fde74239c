/* user/services/input/server.c, with a controller that is not there, one that never has an end, one that says nothing, and one that says anything;
   and with a client that lies about its ring. Each turn of the driver, which is more urgent than nearly all, must end. */
#include <microkit.h>
#include <stdlib.h>
#include "random.h"
#include "test.h"

seL4_Word baton_port_in(unsigned id, seL4_Word port, seL4_Word bytes);
void baton_port_out(unsigned id, seL4_Word port, seL4_Word bytes, seL4_Word value);
#include "input/server.c"

enum { TURNS = 100000, READS = 64 * PATIENCE, READS_IN_TURN = 4096 };
enum controller { ABSENT, ENDLESS, SILENT, ANYTHING };

seL4_Word microkit_notifications = 1;
static _Alignas(64) uint32_t page[1024];
static enum controller is;
static unsigned reads, said, most = READS;
static struct ring_end client;

seL4_Word baton_port_in(unsigned id, seL4_Word port, seL4_Word bytes)
{
    CHECK((id == DATA_PORT && port == DATA) || (id == CONTROL_PORT && port == CONTROL));
    CHECK_NUMBER("bytes", bytes, 1);
    if (++reads > most) {
        printf("not ok input driver: a turn never ends\n");
        fflush(stdout);
        _Exit(1);
    }
    bool of_status = port == CONTROL;
    switch (is) {
    case ABSENT: return 0xff;
    case ENDLESS: return of_status ? (seL4_Word)FULL | (reads & FROM_MOUSE) : random_next() & 0xff;
    case SILENT: return 0;
    default: return of_status && random_below(8) == 0 ? 0 : random_next() & 0xff;
    }
}

void baton_port_out(unsigned id, seL4_Word port, seL4_Word bytes, seL4_Word value)
{
    CHECK((id == DATA_PORT && port == DATA) || (id == CONTROL_PORT && port == CONTROL));
    CHECK(bytes == 1 && value <= 0xff);
}

void microkit_notify(microkit_channel ch)
{
    CHECK_NUMBER("the channel", ch, CLIENT);
}

void microkit_irq_ack(microkit_channel ch)
{
    CHECK(ch == KEYBOARD_IRQ || ch == MOUSE_IRQ);
}

void microkit_dbg_puts(const char *s)
{
    (void)s;
    said++;
}

static void begin(enum controller which)
{
    is = which;
    memset(page, 0, sizeof page);
    ring = page;
    most = READS, reads = said = 0;
    init();
    ring_start(&client, ring, INPUT_RING, false);
}

/* What the driver puts is what there can be, whatever comes. */
static void take(void)
{
    struct ring_entry e;
    if (ring_ready(&client) < 0)
        ring_accept(&client);
    while (ring_get(&client, &e)) {
        CHECK(e.op == INPUT_KEY || e.op == INPUT_POINTER);
        CHECK(e.op != INPUT_KEY || (e.a > 0 && e.a < INPUT_KEYS && e.b <= 1));
        CHECK(e.op != INPUT_POINTER || ((int64_t)e.a >= -256 && (int64_t)e.a < 256 && e.c < 8));
    }
    ring_publish(&client);
}

static void turns(unsigned count)
{
    for (unsigned i = 0; i < count && !test_state.failing; i++) {
        reads = 0, most = READS_IN_TURN;
        notified(random_below(2) ? KEYBOARD_IRQ : random_below(2) ? MOUSE_IRQ : CLIENT);
        take();
        if (random_below(16) == 0)
            page[random_below(sizeof(struct ring) / 4)] =
                random_below(2) ? (uint32_t)random_next() : random_below(40);
    }
}

static void nobody_is_there(void)
{
    begin(ABSENT);
    CHECK_NUMBER("said", said, 1);
    notified(MOUSE_IRQ);
    CHECK_NUMBER("events", ring_ready(&client), 0);
}

static void others(void)
{
    for (enum controller which = ENDLESS; which <= ANYTHING; which++) {
        begin(which);
        turns(which == ANYTHING ? TURNS : 1000);
    }
}

int main(void)
{
    random_seed();
    test_run("input driver/no controller", nobody_is_there);
    test_run("input driver/controllers that lie", others);
    return test_end();
}
