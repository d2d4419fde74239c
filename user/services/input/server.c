/* A driver of the PS/2 controller (8042), by interrupt. */
#include "input/decode.h"
#include "input/protocol.h"
#include "service.h"

enum { DATA_PORT = 0, CONTROL_PORT = 1, KEYBOARD_IRQ = 2, MOUSE_IRQ = 3, CLIENT = 0 }; /* ids */
enum { DATA = 0x60, CONTROL = 0x64, FULL = 1, BUSY = 2, FROM_MOUSE = 0x20 };
enum {
    GET_CONFIGURATION = 0x20,
    PUT_CONFIGURATION = 0x60,
    MOUSE_OFF = 0xa7,
    MOUSE_ON = 0xa8,
    KEYBOARD_OFF = 0xad,
    KEYBOARD_ON = 0xae,
    TO_MOUSE = 0xd4
};
enum { INTERRUPTS = 3, TRANSLATED = 0x40, CLOCKS_OFF = 0x30 };
enum { REPORT = 0xf4, DEFAULTS = 0xf6, PATIENCE = 100000, HELD = 64, MOST = 1024 /* bytes at a time */ };
enum { NOBODY = 0xff }; /* is there, if all bits of the status are set */

void *ring; /* where the description maps it */
static struct ring_end out;
static struct decode decode;
static bool lost = true; /* the last life may have lost something */

static uint8_t status(void)
{
    return (uint8_t)baton_port_in(CONTROL_PORT, CONTROL, 1);
}

/* The controller answers within microseconds, or there is none. */
static bool wait_for(uint8_t bits, uint8_t value)
{
    for (unsigned left = PATIENCE; left > 0; left--)
        if ((status() & bits) == value)
            return true;
    return false;
}

static void command(uint8_t byte)
{
    if (wait_for(BUSY, 0))
        baton_port_out(CONTROL_PORT, CONTROL, 1, byte);
}

static void put(uint8_t byte)
{
    if (wait_for(BUSY, 0))
        baton_port_out(DATA_PORT, DATA, 1, byte);
}

static uint8_t get(void)
{
    return wait_for(FULL, FULL) ? (uint8_t)baton_port_in(DATA_PORT, DATA, 1) : 0;
}

static void drop_all(void)
{
    for (unsigned left = HELD; left > 0 && (status() & FULL) != 0; left--)
        baton_port_in(DATA_PORT, DATA, 1);
}

static void tell_mouse(uint8_t byte)
{
    command(TO_MOUSE);
    put(byte);
    get(); /* that it has heard it */
}

static void start_controller(void)
{
    command(KEYBOARD_OFF);
    command(MOUSE_OFF);
    drop_all();
    command(GET_CONFIGURATION);
    uint8_t configuration = get();
    command(PUT_CONFIGURATION);
    put((uint8_t)((configuration & ~CLOCKS_OFF) | TRANSLATED | INTERRUPTS));
    command(MOUSE_ON);
    tell_mouse(DEFAULTS);
    tell_mouse(REPORT);
    command(KEYBOARD_ON);
    put(REPORT);
    get();
}

static void pass_on(struct ring_entry *event)
{
    if (ring_restarted(&out) || ring_ready(&out) < 0) {
        ring_accept(&out);
        lost = true;
    }
    event->flags = lost ? INPUT_LOST : 0;
    lost = !ring_put(&out, event);
}

/* One that never has an end is no controller. */
static void receive(void)
{
    struct ring_entry event;
    uint8_t now = status();
    for (unsigned left = MOST; left > 0 && now != NOBODY && (now & FULL) != 0; left--, now = status()) {
        uint8_t byte = (uint8_t)baton_port_in(DATA_PORT, DATA, 1);
        if ((now & FROM_MOUSE) != 0 ? decode_mouse(&decode, byte, &event) : decode_key(&decode, byte, &event))
            pass_on(&event);
    }
    if (ring_publish(&out))
        microkit_notify(CLIENT);
}

void init(void)
{
    if (status() == NOBODY)
        microkit_dbg_puts("input: there is no controller of keyboard and mouse\n");
    else
        start_controller();
    ring_start(&out, ring, INPUT_RING, true);
    service_signal_all();
    notified(CLIENT);
}

/* Each line is an edge, and what has come says itself from whom. */
void notified(microkit_channel ch)
{
    receive();
    if (ch == KEYBOARD_IRQ || ch == MOUSE_IRQ)
        microkit_irq_ack(ch);
}
