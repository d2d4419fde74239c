/* user/services/virtio_blk/server.c, with a virtualiser that dies and a device that lies: memory in place of its registers. */
#define _GNU_SOURCE /* REG_EFL */
#include "virtio_blk/server.c"
#include "pci/protocol.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include "test.h"

enum { PAGE = 4096, TRAP_FLAG = 0x100 };
enum { COMMON = 0, DEVICE = 0x2000, NOTIFY = 0x3000, CONFIG_WORDS = 64 };

seL4_Word microkit_notifications;
static seL4_Word message[2];
static uint32_t config_space[CONFIG_WORDS];
static _Alignas(PAGE) uint8_t memory[REGISTERS], ring_memory[BLK_REGION];
static struct queue queue_memory;
static struct ring_end asks, gets; /* the virtualiser's */

void microkit_notify(microkit_channel ch)
{
    (void)ch;
}

void microkit_irq_ack(microkit_channel ch)
{
    (void)ch;
}

void microkit_dbg_puts(const char *s)
{
    (void)s;
}

void microkit_mr_set(unsigned i, seL4_Word word)
{
    message[i] = word;
}

seL4_Word microkit_mr_get(unsigned i)
{
    return message[i];
}

microkit_msginfo microkit_ppcall(microkit_channel ch, microkit_msginfo asked)
{
    CHECK_NUMBER("the channel", ch, VIRTIO_PCI);
    if (asked.label == PCI_CONFIG)
        message[0] = config_space[message[0] / 4 % CONFIG_WORDS];
    return (microkit_msginfo){PCI_OK};
}

static void capability(uint32_t at, uint32_t next, uint32_t kind, uint32_t offset, uint32_t more)
{
    config_space[at / 4] = CAPABILITY_VENDOR | next << 8 | kind << 24;
    config_space[at / 4 + 1] = 4;
    config_space[at / 4 + 2] = offset;
    config_space[at / 4 + 4] = more;
}

static void virtualiser_starts(void)
{
    ring_start(&asks, (struct ring *)(void *)ring_memory, BLK_RING, true);
    ring_start(&gets, (struct ring *)(void *)(ring_memory + BLK_ANSWERS), BLK_RING, false);
}

/* A sound device, but for where it says that it wants to be notified; the driver's first instruction. */
static void begin(uint16_t notify_off, uint32_t multiplier)
{
    struct virtio_common *c = (struct virtio_common *)(void *)(memory + COMMON);
    memset(memory, 0, sizeof memory);
    memset(ring_memory, 0, sizeof ring_memory);
    memset(&queue_memory, 0, sizeof queue_memory);
    memset(state, FREE, sizeof state);
    *c = (struct virtio_common){.device_feature = FEATURE_FLUSH | FEATURE_VERSION_1,
                                .queue_size = QUEUE,
                                .queue_notify_off = notify_off};
    config_space[0x34 / 4] = 0x40;
    capability(0x40, 0x54, PART_COMMON, COMMON, 0);
    capability(0x54, 0x68, PART_DEVICE, DEVICE, 0);
    capability(0x68, 0, PART_NOTIFY, NOTIFY, multiplier);
    registers = memory;
    queue = &queue_memory;
    rings = ring_memory;
    virtualiser_starts();
    init();
}

static void ask(uint64_t id, uint64_t sector)
{
    struct ring_entry e = {.id = id, .op = BLK_READ, .a = sector, .b = 1};
    if (ring_ready(&asks) < 0)
        ring_accept(&asks);
    if (ring_ready(&gets) < 0)
        ring_accept(&gets);
    CHECK(ring_put(&asks, &e));
    ring_publish(&asks);
    notified(VIRTUALISER);
}

/* The device has done the request of this slot. */
static void completes(uint32_t slot)
{
    queue_memory.split.used.ring[queue_memory.split.used.index++ % QUEUE].id = 4 * slot;
    queue_memory.status[slot] = 0;
    notified(IRQ);
}

/* What the device still has of a dead virtualiser's is nobody's answer, though the next life's requests have the same numbers; and these begin
   when the device writes nobody's memory any more. */
static void virtualiser_dies(void)
{
    struct ring_entry e = {0};
    begin(0, 4);
    CHECK(works);
    ask(0, 5);
    ask(1, 6);
    CHECK_NUMBER("begun", queue_memory.split.available.index, 2);
    virtualiser_starts();
    ask(0, 9);
    CHECK_NUMBER("begun beside the old ones", queue_memory.split.available.index, 2);
    completes(0);
    CHECK_NUMBER("begun beside an old one", queue_memory.split.available.index, 2);
    completes(1);
    CHECK(!ring_get(&gets, &e));
    CHECK_NUMBER("begun then", queue_memory.split.available.index, 3);
    CHECK_NUMBER("its sector", queue_memory.request[0].sector, 9);
    completes(0);
    CHECK(ring_get(&gets, &e) && e.id == 0 && e.status == BLK_OK && !ring_get(&gets, &e));
}

/* A driver that is full knows of requests that it has not begun: if they are a dead virtualiser's, it never begins them, since their memory is the
   next life's. */
static void virtualiser_dies_with_more(void)
{
    enum { MORE = 2 };
    begin(0, 4);
    for (uint64_t id = 0; id < SLOTS + MORE; id++) {
        struct ring_entry e = {.id = id, .op = BLK_WRITE, .a = 100 + id, .b = 1};
        if (ring_ready(&asks) < 0)
            ring_accept(&asks);
        CHECK(ring_put(&asks, &e));
    }
    ring_publish(&asks);
    notified(VIRTUALISER);
    CHECK_NUMBER("begun", queue_memory.split.available.index, SLOTS);
    virtualiser_starts();
    ask(0, 9);
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        completes(slot);
    CHECK_NUMBER("begun in all", queue_memory.split.available.index, SLOTS + 1);
    CHECK_NUMBER("the last one's sector", queue_memory.request[0].sector, 9);
}

/* Wherever a device wants to be notified, the driver writes to its registers only. */
static void notified_elsewhere(void)
{
    static const struct {
        uint16_t off;
        uint32_t multiplier;
        bool inside;
    } cases[] = {{0, 0, true},        {1, REGISTERS - NOTIFY - 2, true}, {1, REGISTERS - NOTIFY - 1, false},
                 {0xffff, 4, false},  {0x8000, 0x20000, false}, /* 2^32 */
                 {0xffff, ~0u, false}};
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin(cases[i].off, cases[i].multiplier);
        CHECK_NUMBER("it works", works, cases[i].inside);
    }
}

/* A device that says that it has done more than it was given. */
static void done_too_much(void)
{
    struct ring_entry e = {0};
    begin(0, 4);
    ask(0, 5);
    queue_memory.split.used.index += 0x8000;
    notified(IRQ);
    CHECK_NUMBER("what was believed", line.seen, SLOTS);
    CHECK(ring_get(&gets, &e) && !ring_get(&gets, &e));
}

/* ---- a register that keeps its value: the page that it lies in cannot be written, and after the one instruction that tries all the same
   the register is as it was */
static void page_writable(bool yes)
{
    CHECK_NUMBER("mprotect", mprotect(memory, PAGE, yes ? PROT_READ | PROT_WRITE : PROT_READ), 0);
}

static void step_over(int signal_number, siginfo_t *info, void *context)
{
    greg_t *flags = &((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL];
    bool tries = signal_number == SIGSEGV;
    (void)info;
    page_writable(true);
    if (!tries)
        ((struct virtio_common *)(void *)memory)->status = STATUS_ACKNOWLEDGE;
    if (!tries)
        page_writable(false);
    *flags = tries ? *flags | TRAP_FLAG : *flags & ~TRAP_FLAG;
}

static void never_resets(void)
{
    struct sigaction action = {.sa_sigaction = step_over, .sa_flags = SA_SIGINFO}, before[2];
    begin(0, 4);
    CHECK(works);
    sigaction(SIGSEGV, &action, &before[0]);
    sigaction(SIGTRAP, &action, &before[1]);
    page_writable(false);
    CHECK(!start());
    page_writable(true);
    sigaction(SIGSEGV, &before[0], NULL);
    sigaction(SIGTRAP, &before[1], NULL);
}

int main(void)
{
    test_run("virtualiser dies", virtualiser_dies);
    test_run("virtualiser dies with more", virtualiser_dies_with_more);
    test_run("notified elsewhere", notified_elsewhere);
    test_run("done too much", done_too_much);
    test_run("never resets", never_resets);
    return test_end();
}
