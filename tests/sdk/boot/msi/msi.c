/* QEMU's device for teaching: it is put at the address that the description maps, and interrupts by a message, twice. */
#include <microkit.h>

enum { PORTS = 0, ADDRESS = 0xcf8, DATA = 0xcfc, EDU = 0x11e81234, MSI_CAPABILITY = 5 };
enum {
    COMMAND = 4,
    BAR0 = 0x10,
    CAPABILITIES = 0x34,
    MEMORY_AND_MASTER = 6,
    RAISE = 0x60 / 4,
    ACKNOWLEDGE = 0x64 / 4
};

unsigned long msi_address, msi_data;
volatile unsigned *registers;
static unsigned device, times;

static void choose(unsigned offset)
{
    microkit_x86_ioport_write_32(PORTS, ADDRESS, 0x80000000u | device << 11 | (offset & ~3u));
}

static unsigned get(unsigned offset)
{
    choose(offset);
    return microkit_x86_ioport_read_32(PORTS, DATA) >> (offset & 3) * 8;
}

static void put(unsigned offset, unsigned value)
{
    choose(offset);
    microkit_x86_ioport_write_32(PORTS, DATA, value);
}

/* 64-bit addresses have two words; the capability's second half word says whether. */
static void enable_messages(void)
{
    unsigned at = get(CAPABILITIES) & 0xff;
    while (at != 0 && (get(at) & 0xff) != MSI_CAPABILITY)
        at = get(at) >> 8 & 0xff;
    unsigned first = get(at);
    put(at + 4, (unsigned)msi_address);
    if (first & 0x800000)
        put(at + 8, 0);
    put(at + (first & 0x800000 ? 12 : 8), (unsigned)msi_data);
    put(at, first | 0x10000);
}

void init(void)
{
    while (device < 32 && get(0) != EDU)
        device++;
    put(BAR0, 0xe0000000);
    put(COMMAND, MEMORY_AND_MASTER);
    enable_messages();
    registers[RAISE] = 1;
}

void notified(microkit_channel ch)
{
    registers[ACKNOWLEDGE] = 1;
    microkit_dbg_puts("msi: on channel ");
    microkit_dbg_put32(ch);
    microkit_dbg_puts("\n");
    microkit_irq_ack(ch);
    if (++times < 2)
        registers[RAISE] = 1;
}
