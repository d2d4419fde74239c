/* The only component that can reach configuration space. It is the parent of drivers: a device may master the bus only while its driver lives. When
   it dies itself, its drivers and their devices go on; a driver that died meanwhile is found by its next life. */
#include <baton/timer.h>
#include "config.h"
#include "denied/denied.h"
#include "protocol.h"

enum {
    MESSAGES_FROM = 0xfee00000,
    MESSAGES_MASK = 0xfff00000,
    FIRST_VECTOR = 0x20,
    LAST_VECTOR = 0xff,
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
static const struct device {
    uint32_t id;
    struct bar bar[2]; /* the first is that of the messages */
    volatile uint32_t **
        messages; /* the MSI-X table, mapped here and nowhere else; NULL: it neither interrupts nor masters the bus */
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

/* What outlives pci, in memory that nobody else has. */
volatile struct kept {
    bool looked; /* the devices have been looked for, and none is as the firmware left it */
    struct {
        uint32_t function, next;
        bool stays_dead;               /* its driver */
        seL4_Word restarted[RESTARTS]; /* when, the last of them in turn; 0: not yet */
    } device[DEVICES];
} *kept;

static uint32_t function_of(const struct device *d)
{
    return kept->device[d - devices].function;
}

static void command(const struct device *d, uint32_t bits)
{
    config_put(function_of(d), CONFIG_COMMAND,
               COMMAND_NO_LINE | bits); /* the status above is cleared by ones only */
}

static bool place_bars(const struct device *d)
{
    for (unsigned i = 0; i < 2; i++) {
        uint64_t size = config_bar_size(function_of(d), d->bar[i].number);
        if (size == 0 || size > d->bar[i].size)
            return false;
        config_bar_put(function_of(d), d->bar[i].number, *d->bar[i].address);
    }
    return true;
}

/* The data may be a vector only: above it stands what kind of interrupt it is, and some of these reset the machine (SDM vol. 3, 11.11.2); and
   below the first one are the CPU's exceptions, which the kernel would take for its own faults. */
static bool is_message(uint64_t address, uint64_t data)
{
    return (address & MESSAGES_MASK) == MESSAGES_FROM && address >> 32 == 0 && data >= FIRST_VECTOR &&
           data <= LAST_VECTOR;
}

/* Entry 0 of the table gets the message, the others stay masked. */
static bool set_message(const struct device *d, uint32_t at, uint64_t address, uint64_t data)
{
    uint32_t head = config_get(function_of(d), at), entries = (head >> 16 & 0x7ff) + 1,
             where = config_get(function_of(d), at + 4);
    if (!is_message(address, data) || where != d->bar[0].number || entries * 16 > d->bar[0].size)
        return false;
    volatile uint32_t *table = *d->messages;
    config_put(function_of(d), at, head | MSIX_ENABLE | MSIX_MASK);
    for (uint32_t i = 0; i < entries; i++)
        table[4 * i + 3] = 1;
    table[0] = (uint32_t)address;
    table[1] = 0;
    table[2] = (uint32_t)data;
    table[3] = 0;
    config_put(function_of(d), at, (head | MSIX_ENABLE) & ~MSIX_MASK);
    return true;
}

static bool start(const struct device *d, uint64_t address, uint64_t data)
{
    command(d, 0);
    uint32_t at = d->messages ? config_capability(function_of(d), CAPABILITY_MSIX) : 0;
    if ((d->messages && at == 0) || !place_bars(d))
        return false;
    command(d, COMMAND_MEMORY);
    if (!d->messages)
        return true;
    bool done = set_message(d, at, address, data);
    command(d, done ? COMMAND_MEMORY | COMMAND_MASTER : 0);
    return done;
}

static bool may_restart(unsigned device)
{
    seL4_Word now = baton_timer_now();
    uint32_t oldest = kept->device[device].next;
    seL4_Word then = kept->device[device].restarted[oldest];
    if (then != 0 && now - then < IN_TICKS)
        return false;
    kept->device[device].next =
        (oldest + 1) % RESTARTS; /* first: a death in between loses one, and invents none */
    kept->device[device].restarted[oldest] = now;
    return true;
}

/* A dead driver's queue must not be written to: first the bus, then the driver's next life. */
static void bury(unsigned device)
{
    if (kept->device[device].function != NO_FUNCTION)
        command(&devices[device], 0);
    microkit_dbg_puts("pci: the driver has died; its device is off the bus\n");
    if (may_restart(device)) {
        microkit_pd_restart(device, 0x200000);
        return;
    }
    kept->device[device].stays_dead = true;
    microkit_dbg_puts("pci: it has died too often, and stays dead\n");
}

/* It has faulted, or is stopped: of one that runs or waits the kernel tells no registers. */
static bool is_dead(unsigned device)
{
    seL4_UserContext registers;
    return seL4_TCB_ReadRegisters(BASE_TCB_CAP + device, seL4_False, 0, 1, &registers) == seL4_NoError;
}

static void look(void)
{
    for (unsigned i = 0; i < DEVICES; i++) {
        bool ours = devices[i].messages ||
                    *devices[i].bar[0].address != 0; /* what cannot do DMA, only if it is described */
        kept->device[i].function = ours ? config_find(devices[i].id) : NO_FUNCTION;
        if (kept->device[i].function != NO_FUNCTION)
            command(&devices[i], 0); /* whatever the firmware left it doing */
    }
    kept->looked = true;
}

/* A driver may have died while nobody listened, or its death have been told to the last life, which told nobody. */
void init(void)
{
    if (!kept->looked)
        look();
    for (unsigned i = 0; i < DEVICES; i++)
        if (!kept->device[i].stays_dead && is_dead(i))
            bury(i);
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
    microkit_mr_set(0, config_get(function_of(d), CONFIG_ID));
    microkit_mr_set(1, config_get(function_of(d), CONFIG_CLASS));
    microkit_mr_set(2, function_of(d));
    return said(true, 3);
}

static microkit_msginfo config(const struct device *d, seL4_Word offset)
{
    if (offset >= 256 || offset % 4 != 0)
        return said(false, 0);
    microkit_mr_set(0, config_get(function_of(d), (uint32_t)offset));
    return said(true, 1);
}

/* Stopped first: one that has died too often is left as it is. */
static bool kill(seL4_Word device)
{
    if (device >= DEVICES || kept->device[device].function == NO_FUNCTION || kept->device[device].stays_dead)
        return false;
    microkit_pd_stop((microkit_child)device);
    bury((unsigned)device);
    return true;
}

/* Words that were not sent are what an earlier caller left there. */
static bool is_whole(microkit_msginfo msginfo)
{
    static const uint8_t words[] = {[PCI_CONFIG] = 1, [PCI_START] = 2, [PCI_KILL] = 1};
    seL4_Word op = microkit_msginfo_get_label(msginfo);
    return op >= PCI_IDENTIFY && op <= PCI_KILL && microkit_msginfo_get_count(msginfo) >= words[op];
}

static microkit_msginfo answer(microkit_channel ch, microkit_msginfo msginfo)
{
    seL4_Word word = microkit_mr_get(0), more = microkit_mr_get(1);
    if (!is_whole(msginfo))
        return said(false, 0);
    if (ch == PCI_WHO_KILLS)
        return said(microkit_msginfo_get_label(msginfo) == PCI_KILL && kill(word), 0);
    if (ch >= DEVICES || kept->device[ch].function == NO_FUNCTION)
        return said(false, 0);
    const struct device *d = &devices[ch];
    switch (microkit_msginfo_get_label(msginfo)) {
    case PCI_IDENTIFY: return identify(d);
    case PCI_CONFIG: return config(d, word);
    case PCI_START: return said(start(d, word, more), 0);
    case PCI_STOP: command(d, 0); return said(true, 0);
    default: return said(false, 0);
    }
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    static const char *const ops[] = {"call",  "identify", "look at the configuration of",
                                      "start", "stop",     "kill"};
    seL4_Word op = microkit_msginfo_get_label(msginfo), word = microkit_mr_get(0);
    microkit_msginfo said = answer(ch, msginfo);
    bool absent = ch < DEVICES && kept->device[ch].function == NO_FUNCTION;
    if (microkit_msginfo_get_label(said) == PCI_OK || absent)
        return said; /* that there is no such device is what a driver asks for first */
    bool known = is_whole(msginfo) && (op == PCI_KILL) == (ch == PCI_WHO_KILLS);
    denied_number(ch, ch, known ? DENIED_NOTHING : DENIED_SENSE, ops[known ? op : 0],
                  !known           ? op
                  : op == PCI_KILL ? word
                                   : ch);
    return said;
}

seL4_Bool fault(microkit_child child, microkit_msginfo msginfo, microkit_msginfo *reply)
{
    (void)msginfo;
    (void)reply;
    if (child < DEVICES)
        bury(child);
    return seL4_False;
}
