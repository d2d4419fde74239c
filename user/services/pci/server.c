/* The only component that can reach configuration space. It is the parent of drivers: a device may master the bus only while its driver lives. */
#include <baton/timer.h>
#include "config.h"
#include "protocol.h"

enum {
    MESSAGES_FROM = 0xfee00000,
    MESSAGES_MASK = 0xfff00000,
    MSIX_ENABLE = 1u << 31,
    MSIX_MASK = 1u << 30,
    RESTARTS = 8
};
/* Some seconds: a driver that was restarted so often in that time stays dead. */
static const seL4_Word IN_TICKS = 1ull << 33;

/* Where the description has put the registers and the table of messages; each BAR gets the address of its region. */
seL4_Word blk_registers_paddr, blk_messages_paddr, net_registers_paddr, net_messages_paddr,
    screen_registers_paddr, screen_pixels_paddr;
volatile uint32_t *blk_messages, *net_messages;

struct bar {
    uint32_t number, size; /* size: of the region */
    const seL4_Word *address;
};

/* Which device each driver has: the channel and the child are of the same number. */
static struct device {
    uint32_t id;
    struct bar bar[2]; /* the first is that of the messages */
    volatile uint32_t **
        messages; /* the MSI-X table, mapped here and nowhere else; NULL: it neither interrupts nor masters the bus */
    uint32_t function;
    seL4_Word restarted[RESTARTS]; /* when, the last of them in turn; 0: not yet */
    unsigned next;
} devices[] = {
    {.id = 0x10421af4, /* virtio-blk */
     .bar = {{1, 0x1000, &blk_messages_paddr}, {4, 0x4000, &blk_registers_paddr}},
     .messages = &blk_messages},
    {.id = 0x10411af4, /* virtio-net */
     .bar = {{1, 0x1000, &net_messages_paddr}, {4, 0x4000, &net_registers_paddr}},
     .messages = &net_messages},
    {.id = 0x11111234, /* the display of QEMU and Bochs */
     .bar = {{2, 0x1000, &screen_registers_paddr}, {0, 0x1000000, &screen_pixels_paddr}}},
};

enum { DEVICES = sizeof devices / sizeof *devices };

static void command(const struct device *d, uint32_t bits)
{
    config_put(d->function, CONFIG_COMMAND,
               COMMAND_NO_LINE | bits); /* the status above is cleared by ones only */
}

static bool place_bars(const struct device *d)
{
    for (unsigned i = 0; i < 2; i++) {
        uint64_t size = config_bar_size(d->function, d->bar[i].number);
        if (size == 0 || size > d->bar[i].size)
            return false;
        config_bar_put(d->function, d->bar[i].number, *d->bar[i].address);
    }
    return true;
}

/* Entry 0 of the table gets the message, the others stay masked. The data may be a vector only: above it stands what kind of interrupt it
   is, and some of these reset the machine (SDM vol. 3, 11.11.2). */
static bool set_message(const struct device *d, uint32_t at, uint64_t address, uint32_t data)
{
    uint32_t head = config_get(d->function, at), entries = (head >> 16 & 0x7ff) + 1,
             where = config_get(d->function, at + 4);
    if ((address & MESSAGES_MASK) != MESSAGES_FROM || address >> 32 != 0 || data > 0xff ||
        where != d->bar[0].number || entries * 16 > d->bar[0].size)
        return false;
    volatile uint32_t *table = *d->messages;
    config_put(d->function, at, head | MSIX_ENABLE | MSIX_MASK);
    for (uint32_t i = 0; i < entries; i++)
        table[4 * i + 3] = 1;
    table[0] = (uint32_t)address;
    table[1] = 0;
    table[2] = data;
    table[3] = 0;
    config_put(d->function, at, (head | MSIX_ENABLE) & ~MSIX_MASK);
    return true;
}

static bool start(const struct device *d, uint64_t address, uint32_t data)
{
    command(d, 0);
    uint32_t at = d->messages ? config_capability(d->function, CAPABILITY_MSIX) : 0;
    if ((d->messages && at == 0) || !place_bars(d))
        return false;
    command(d, COMMAND_MEMORY);
    if (!d->messages)
        return true;
    if (!set_message(d, at, address, data))
        return false;
    command(d, COMMAND_MEMORY | COMMAND_MASTER);
    return true;
}

void init(void)
{
    for (unsigned i = 0; i < DEVICES; i++) {
        bool ours = devices[i].messages ||
                    *devices[i].bar[0].address != 0; /* what cannot do DMA, only if it is described */
        devices[i].function = ours ? config_find(devices[i].id) : NO_FUNCTION;
        if (devices[i].function != NO_FUNCTION)
            command(&devices[i], 0); /* whatever the firmware left it doing */
    }
}

void notified(microkit_channel ch)
{
    (void)ch;
}

static microkit_msginfo said(bool done, seL4_Uint16 words)
{
    return microkit_msginfo_new(done ? PCI_OK : PCI_REFUSED, done ? words : 0);
}

static microkit_msginfo identify(const struct device *d)
{
    microkit_mr_set(0, config_get(d->function, CONFIG_ID));
    microkit_mr_set(1, config_get(d->function, CONFIG_CLASS));
    microkit_mr_set(2, d->function);
    return said(true, 3);
}

static microkit_msginfo config(const struct device *d, seL4_Word offset)
{
    if (offset >= 256 || offset % 4 != 0)
        return said(false, 0);
    microkit_mr_set(0, config_get(d->function, (uint32_t)offset));
    return said(true, 1);
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    const struct device *d = &devices[ch];
    seL4_Word word = microkit_mr_get(0), more = microkit_mr_get(1);
    if (ch >= DEVICES || d->function == NO_FUNCTION)
        return said(false, 0);
    switch (microkit_msginfo_get_label(msginfo)) {
    case PCI_IDENTIFY: return identify(d);
    case PCI_CONFIG: return config(d, word);
    case PCI_START: return said(start(d, word, (uint32_t)more), 0);
    case PCI_STOP: command(d, 0); return said(true, 0);
    default: return said(false, 0);
    }
}

static bool may_restart(struct device *d)
{
    seL4_Word now = baton_timer_now(), *oldest = &d->restarted[d->next];
    if (*oldest != 0 && now - *oldest < IN_TICKS)
        return false;
    *oldest = now;
    d->next = (d->next + 1) % RESTARTS;
    return true;
}

/* A dead driver's queue must not be written to: first the bus, then the driver's next life. */
seL4_Bool fault(microkit_child child, microkit_msginfo msginfo, microkit_msginfo *reply)
{
    (void)msginfo;
    (void)reply;
    struct device *d = &devices[child];
    if (child >= DEVICES)
        return seL4_False;
    if (d->function != NO_FUNCTION)
        command(d, 0);
    microkit_dbg_puts("pci: the driver has died; its device is off the bus\n");
    if (may_restart(d))
        microkit_pd_restart(child, 0x200000);
    else
        microkit_dbg_puts("pci: it has died too often, and stays dead\n");
    return seL4_False;
}
