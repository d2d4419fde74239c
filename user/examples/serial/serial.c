/* A driver of the first serial port (16550). It tries the chip with its own loop first: what it sends comes back, with interrupts.
   Then it echoes what is typed. */
#include <microkit.h>

enum { PORTS = 0, IRQ = 1, BASE = 0x3f8 };
enum { DATA = BASE, ENABLE = BASE + 1, FIFO = BASE + 2, LINE = BASE + 3, MODEM = BASE + 4, STATUS = BASE + 5 };
enum { LINE_8N1 = 3, MODEM_READY = 0xb, MODEM_LOOP = 0x10, STATUS_DATA = 1, STATUS_EMPTY = 0x20 };

static const char text[] = "the loop works";
static unsigned sent, received;
static char back[sizeof text];

static int is(seL4_Uint8 status)
{
    return (microkit_x86_ioport_read_8(PORTS, STATUS) & status) != 0;
}

static void put(char c)
{
    while (!is(STATUS_EMPTY)) {
    }
    microkit_x86_ioport_write_8(PORTS, DATA, (seL4_Uint8)c);
}

void init(void)
{
    microkit_x86_ioport_write_8(PORTS, LINE, LINE_8N1);
    microkit_x86_ioport_write_8(PORTS, FIFO, 0);
    microkit_x86_ioport_write_8(PORTS, MODEM, MODEM_LOOP | MODEM_READY);
    microkit_x86_ioport_write_8(PORTS, ENABLE, 1); /* interrupts for what is received */
    put(text[sent++]);
}

/* One byte at a time, the next when the last has come back. */
static void loop(char c)
{
    back[received++] = c;
    if (sent < sizeof text - 1) {
        put(text[sent++]);
        return;
    }
    microkit_dbg_puts("serial: ");
    microkit_dbg_puts(back);
    microkit_dbg_puts("\n");
    microkit_x86_ioport_write_8(PORTS, MODEM, MODEM_READY);
}

void notified(microkit_channel ch)
{
    while (is(STATUS_DATA)) {
        char c = (char)microkit_x86_ioport_read_8(PORTS, DATA);
        if (received < sizeof text - 1)
            loop(c);
        else
            put(c);
    }
    microkit_irq_ack(ch);
}
