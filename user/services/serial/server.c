/* A driver of the first serial port, a 16550, by interrupt: it never waits for the chip. */
#include "serial/protocol.h"

enum { PORTS = 0, IRQ = 1, SENDER = 2, READER = 3, BASE = 0x3f8 };
enum {
    DATA = BASE,
    ENABLE = BASE + 1,
    IDENTIFY = BASE + 2,
    LINE = BASE + 3,
    MODEM = BASE + 4,
    STATUS = BASE + 5
};
enum { ENABLE_RECEIVED = 1, ENABLE_EMPTY = 2, NOTHING_PENDING = 1, FIFO_ON = 1, FIFO_BYTES = 16 };
enum { LINE_8N1 = 3, MODEM_READY = 0xb, STATUS_DATA = 1, STATUS_EMPTY = 0x20 };

struct text_ring *sending, *typed; /* where the description maps them */
static struct ring_end send, type;
static bool works; /* there is a chip */

static seL4_Uint8 in(seL4_Word port)
{
    return (seL4_Uint8)baton_port_in(PORTS, port, 1);
}

static void out(seL4_Word port, seL4_Word value)
{
    baton_port_out(PORTS, port, 1, value);
}

/* A byte counts as taken when the chip has it: if the driver dies between the two, the next life sends it again. Without a chip there is nothing to
   wait for: all of it is gone. True: there is more. */
static bool transmit(seL4_Uint8 status)
{
    char c;
    unsigned room = !works ? TEXT_BYTES : (status & STATUS_EMPTY) != 0 ? FIFO_BYTES : 0;
    for (unsigned n = 0; n < room && text_get(&send, &c); n++) {
        if (works)
            out(DATA, (seL4_Uint8)c);
        if (ring_publish(&send))
            microkit_notify(SENDER);
    }
    bool more = text_ready(&send) > 0 || (text_ready(&send) == 0 && !ring_sleep(&send, 1));
    if (works)
        out(ENABLE, more ? ENABLE_RECEIVED | ENABLE_EMPTY : ENABLE_RECEIVED);
    return more;
}

/* No more at a time than the chip holds: whatever is there does not keep the driver from all else. The chip's status after it. */
static seL4_Uint8 receive(void)
{
    seL4_Uint8 status = works ? in(STATUS) : 0;
    for (unsigned n = 0; n < FIFO_BYTES && (status & STATUS_DATA) != 0; n++, status = in(STATUS)) {
        char c = (char)in(DATA);
        text_put(&type, &c, 1);
    }
    if (ring_publish(&type))
        microkit_notify(READER);
    return status;
}

/* Where there is no chip, nothing is read back of what is written. The FIFO stays on, so that a restart loses nothing of what it holds. */
static bool start_chip(void)
{
    out(LINE, LINE_8N1);
    if (in(LINE) != LINE_8N1)
        return false;
    out(IDENTIFY, FIFO_ON);
    out(MODEM, MODEM_READY);
    return true;
}

void init(void)
{
    works = start_chip();
    if (!works)
        microkit_dbg_puts("serial: there is no chip; what is sent is gone\n");
    text_start(&send, sending, false);
    text_start(&type, typed, true);
    service_signal_all();
    notified(SENDER);
}

/* The line is an edge: it must have been low before it is acknowledged. */
void notified(microkit_channel ch)
{
    bool more;
    do
        more = transmit(receive());
    while (works ? ch == IRQ && (in(IDENTIFY)&NOTHING_PENDING) == 0 : more);
    if (ch == IRQ)
        microkit_irq_ack(IRQ);
}
