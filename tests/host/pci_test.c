/* user/services/pci/server.c as callee of drivers that lie, on a bus that is memory: whatever is asked by whatever channel, a driver reaches its own
   device only, and that masters the bus, and interrupts, only as its driver was granted. */
#include <microkit.h>
#include <stdbool.h>
#include "random.h"
#include "test.h"

typedef uint8_t seL4_Uint8;
typedef uint16_t seL4_Uint16;
typedef bool seL4_Bool;
typedef unsigned microkit_child;
typedef struct {
    seL4_Word rip;
} seL4_UserContext;
enum { seL4_False = false, seL4_NoError = 0, BASE_TCB_CAP = 100 };
void microkit_pd_restart(microkit_child child, seL4_Word entry);
void microkit_pd_stop(microkit_child child);
int seL4_TCB_ReadRegisters(seL4_Word tcb, seL4_Bool suspends, uint8_t flags, seL4_Word count,
                           seL4_UserContext *to);
void microkit_x86_ioport_write_32(unsigned id, seL4_Word port, uint32_t value);
uint32_t microkit_x86_ioport_read_32(unsigned id, seL4_Word port);
microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo);
seL4_Bool fault(microkit_child child, microkit_msginfo msginfo, microkit_msginfo *reply);
#include "pci/config.c"

/* One of both files' names is the other's, too. */
#define ADDRESS ADDRESS_OF_SERVER
#include "pci/server.c"

enum {
    MESSAGES = 100000,
    STRANGER = 3 /* a device that no driver has */,
    FUNCTIONS,
    WORDS = 64,
    TABLE_AT = 0x40,
    ENTRIES = 4,
    CHANNELS = 64
};

seL4_Word microkit_timers, timer_ticks, timer_deadline;
static seL4_Word message[64];
static uint32_t space[FUNCTIONS][WORDS], before[FUNCTIONS][WORDS], chosen;
static const uint32_t ids[FUNCTIONS] = {0x10421af4, 0x10411af4, 0x11111234, 0x12345678};
static uint32_t tables[2][0x1000 / 4];
static unsigned restarts[DEVICES], stopped[DEVICES];
static bool dead[DEVICES], wrong_port;
static struct {
    bool on, masters;
} granted[DEVICES];

void microkit_mr_set(unsigned i, seL4_Word word)
{
    message[i] = word;
}

seL4_Word microkit_mr_get(unsigned i)
{
    return message[i];
}

void microkit_dbg_puts(const char *s)
{
    (void)s;
}

void microkit_pd_stop(microkit_child child)
{
    CHECK(child < DEVICES);
    stopped[child]++;
}

/* Its device must be off the bus before. */
void microkit_pd_restart(microkit_child child, seL4_Word entry)
{
    CHECK(child < DEVICES && entry == 0x200000);
    CHECK_NUMBER("a device whose driver begins anew is on", space[child][1] & (COMMAND_MASTER | COMMAND_MEMORY),
                 0);
    restarts[child]++;
    dead[child] = false;
}

int seL4_TCB_ReadRegisters(seL4_Word tcb, seL4_Bool suspends, uint8_t flags, seL4_Word count,
                           seL4_UserContext *to)
{
    (void)suspends, (void)flags, (void)count, (void)to;
    CHECK(tcb - BASE_TCB_CAP < DEVICES);
    return dead[tcb - BASE_TCB_CAP] ? seL4_NoError : 1;
}

/* Device n is on bus 0, at 2 + n. */
static int chosen_function(void)
{
    unsigned function = chosen >> 8 & 0xffff;
    return function % 8 == 0 && function / 8 >= 2 && function / 8 < 2 + FUNCTIONS ? (int)function / 8 - 2 : -1;
}

/* Those that say what kind a device is cannot be written, a BAR's lowest bits are its size, and of a table's head the two highest can. */
static uint32_t writable(uint32_t word)
{
    if (word == 1)
        return 0xffff;
    if (word >= 4 && word < 10)
        return word == 5 || word == 6 ? 0xfffff000 : word == 4 ? 0xff000000 : 0xffffc000;
    return word == TABLE_AT / 4 ? 0xc0000000 : 0;
}

void microkit_x86_ioport_write_32(unsigned id, seL4_Word port, uint32_t value)
{
    int f = chosen_function();
    uint32_t word = chosen / 4 % WORDS;
    wrong_port |= id != 0 || (port != 0xcf8 && port != 0xcfc);
    if (port == 0xcf8)
        chosen = value;
    else if (f >= 0)
        space[f][word] = (space[f][word] & ~writable(word)) | (value & writable(word));
}

uint32_t microkit_x86_ioport_read_32(unsigned id, seL4_Word port)
{
    int f = chosen_function();
    wrong_port |= id != 0 || port != 0xcfc;
    return f < 0 ? 0xffffffff : space[f][chosen / 4 % WORDS];
}

static void begin(void)
{
    static struct kept memory;
    memset(&memory, 0, sizeof memory);
    memset(space, 0, sizeof space);
    memset(granted, 0, sizeof granted);
    kept = &memory;
    blk_messages = tables[0], net_messages = tables[1];
    blk_messages_paddr = 0xe0000000, blk_registers_paddr = 0xe0004000;
    net_messages_paddr = 0xe0008000, net_registers_paddr = 0xe000c000;
    screen_registers_paddr = 0xe0010000, screen_pixels_paddr = 0xe1000000;
    for (unsigned f = 0; f < FUNCTIONS; f++) {
        space[f][0] = ids[f];
        space[f][1] = STATUS_CAPABILITIES | COMMAND_MASTER | COMMAND_MEMORY; /* as the firmware left it */
        space[f][2] = 0x01000001;
        space[f][CONFIG_CAPABILITIES / 4] = TABLE_AT;
        space[f][TABLE_AT / 4] = CAPABILITY_MSIX | (ENTRIES - 1) << 16;
        space[f][TABLE_AT / 4 + 1] = 1;
    }
    init();
    for (unsigned f = 0; f < DEVICES; f++)
        CHECK_NUMBER("what the firmware left on", space[f][1] & 0xffff, COMMAND_NO_LINE);
    CHECK_NUMBER("nobody's", space[STRANGER][1] & COMMAND_MASTER, COMMAND_MASTER);
}

static bool is_good_message(seL4_Word address, seL4_Word data)
{
    return address >= 0xfee00000 && address <= 0xfeefffff && data >= 0x20 && data <= 0xff;
}

/* Whether it is to be granted, and what is then on. A driver that died too often is dead, but its channel answers. */
static bool is_right(microkit_channel ch, seL4_Word op, unsigned count)
{
    if (ch == PCI_WHO_KILLS)
        return op == PCI_KILL && count >= 1 && message[0] < DEVICES && !kept->device[message[0]].stays_dead;
    if (ch >= DEVICES)
        return false;
    switch (op) {
    case PCI_IDENTIFY: return true;
    case PCI_CONFIG: return count >= 1 && message[0] < 256 && message[0] % 4 == 0;
    case PCI_START: return count >= 2 && (ch == 2 || is_good_message(message[0], message[1]));
    case PCI_STOP: return true;
    default: return false;
    }
}

static seL4_Word any_word(void)
{
    static const seL4_Word some[] = {0,
                                     1,
                                     2,
                                     3,
                                     4,
                                     0x1f,
                                     0x20,
                                     0x41,
                                     0xfee00000,
                                     0xfeeff00c,
                                     0xfed00000,
                                     0x100,
                                     0xfc,
                                     0x10041,
                                     0x541,
                                     14,
                                     255,
                                     1ul << 32 | 0x41,
                                     1ul << 32 | 0xfee00000,
                                     ~0ul};
    return random_below(8) == 0 ? random_next() : some[random_below(sizeof some / sizeof *some)];
}

/* What a call that is granted makes of the device. */
static void grant(microkit_channel ch, seL4_Word op, seL4_Word word)
{
    if (op == PCI_START)
        granted[ch].on = true, granted[ch].masters = ch != 2;
    if (op == PCI_STOP)
        granted[ch].on = granted[ch].masters = false;
    if (op == PCI_KILL)
        granted[word].on = granted[word].masters = false;
}

static void devices_are_as_granted(void)
{
    for (unsigned f = 0; f < DEVICES; f++) {
        CHECK_NUMBER("masters the bus", (space[f][1] & COMMAND_MASTER) != 0, granted[f].masters);
        CHECK_NUMBER("has memory", (space[f][1] & COMMAND_MEMORY) != 0, granted[f].on);
        for (unsigned i = 0; i < 2 && granted[f].on; i++)
            CHECK_NUMBER("where its registers are", space[f][4 + devices[f].bar[i].number] & ~0xfu,
                         *devices[f].bar[i].address);
        if (granted[f].masters) {
            CHECK(is_good_message(tables[f][0], tables[f][2]));
            CHECK(tables[f][1] == 0 && tables[f][3] == 0 && tables[f][7] == 1);
        }
    }
}

static void lie(void)
{
    microkit_channel ch = random_below(4) ? random_below(DEVICES + 1) : random_below(CHANNELS);
    seL4_Word op = random_below(8) ? random_below(PCI_KILL + 2) : random_next(), word;
    unsigned count = random_below(4);
    ch = random_below(64) == 0 ? (op = PCI_KILL, PCI_WHO_KILLS) : ch;
    for (unsigned i = 0; i < 4; i++)
        message[i] = any_word(); /* those beyond the count are what another left */
    if (random_below(2) == 0)
        message[0] = 0xfee00000, message[1] = random_below(0x120);
    if (op == PCI_KILL && random_below(2) == 0)
        message[0] = random_below(DEVICES + 1);
    word = message[0];
    bool right = is_right(ch, op, count);
    memcpy(before, space, sizeof space);
    microkit_msginfo answer = protected(ch, microkit_msginfo_new(op, count));
    CHECK_NUMBER("the answer", answer.label, right ? PCI_OK : PCI_REFUSED);
    CHECK(answer.count <= 3 && (right || answer.count == 0));
    if (right)
        grant(ch, op, word);
    else if (op == PCI_START && ch < DEVICES && (space[ch][1] & COMMAND_MEMORY) == 0)
        granted[ch].on = granted[ch].masters =
            false; /* one that is begun wrongly is off, or goes on as it was */
    for (unsigned f = 0; f < FUNCTIONS; f++)
        CHECK(f == ch || (right && op == PCI_KILL && f == word) ||
              memcmp(before[f], space[f], sizeof space[f]) == 0);
    CHECK(!wrong_port);
    devices_are_as_granted();
}

/* A driver ends now and then, so that those that may begin again do not run out. */
static void liars(void)
{
    microkit_msginfo reply;
    begin();
    for (unsigned i = 0; i < MESSAGES && !test_state.failing; i++) {
        lie();
        timer_ticks += 1ul << 27;
        if (random_below(1000) != 0)
            continue;
        unsigned child = random_below(CHANNELS);
        CHECK(!fault(child, microkit_msginfo_new(0, 0), &reply));
        if (child < DEVICES)
            granted[child].on = granted[child].masters = false;
        devices_are_as_granted();
    }
    for (unsigned f = 0; f < DEVICES; f++)
        CHECK(restarts[f] > 10 && stopped[f] > 10);
}

/* So often in that time, and no more; others are not held by it. */
static void killed_too_often(void)
{
    begin();
    memset(restarts, 0, sizeof restarts);
    timer_ticks += IN_TICKS;
    for (unsigned i = 0; i < 3 * RESTARTS; i++) {
        message[0] = 1;
        bool done = protected(PCI_WHO_KILLS, microkit_msginfo_new(PCI_KILL, 1)).label == PCI_OK;
        CHECK_NUMBER("is killed", done, i <= RESTARTS);
    }
    CHECK_NUMBER("began anew", restarts[1], RESTARTS);
    message[0] = 0;
    CHECK_NUMBER("another", protected(PCI_WHO_KILLS, microkit_msginfo_new(PCI_KILL, 1)).label, PCI_OK);
}

int main(void)
{
    random_seed();
    test_run("pci/liars", liars);
    test_run("pci/killed too often", killed_too_often);
    return test_end();
}
