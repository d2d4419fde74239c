/* A virtio device on a host, for the tests of its drivers: memory in place of its registers, and of pci that tells where they are. It is sound, or
   lies in whatever it says. Included once, behind the driver's server.c. */
#ifndef BATON_VIRTIO_DEVICE_H
#define BATON_VIRTIO_DEVICE_H

#include "pci/protocol.h"
#include "random.h"
#include "test.h"

enum { PAGE = 4096, COMMON = 0, DEVICE = 0x2000, NOTIFY = 0x3000, CONFIG_WORDS = 64 };
enum { STEPS = 100000, MANY = 16 /* of so many steps one is answered, at least: else they do not get far */ };
enum { FIRST_CAPABILITY = 0x40, CAPABILITY_BYTES = 0x14, CAPABILITIES = 3 };

seL4_Word microkit_notifications, microkit_timers, timer_ticks, timer_deadline;
static unsigned stops; /* how often it was taken off the bus */
static seL4_Word message[2];
static uint32_t config_space[CONFIG_WORDS];
static _Alignas(PAGE) uint8_t memory[REGISTERS];

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
    stops += asked.label == PCI_STOP;
    if (asked.label == PCI_CONFIG)
        message[0] = config_space[message[0] / 4 % CONFIG_WORDS];
    return microkit_msginfo_new(PCI_OK, 0);
}

static volatile struct virtio_common *device_common(void)
{
    return (volatile struct virtio_common *)(volatile void *)(memory + COMMON);
}

static void device_capability(uint32_t number, uint32_t kind, uint32_t offset, uint32_t more)
{
    uint32_t at = FIRST_CAPABILITY + number * CAPABILITY_BYTES,
             next = number + 1 < CAPABILITIES ? at + CAPABILITY_BYTES : 0;
    config_space[at / 4] = CAPABILITY_VENDOR | next << 8 | kind << 24;
    config_space[at / 4 + 1] = 4;
    config_space[at / 4 + 2] = offset;
    config_space[at / 4 + 4] = more;
}

/* All is as it should be, but perhaps for where it says that it wants to be notified. */
static void device_begin(uint32_t features, uint16_t notify_off, uint32_t multiplier)
{
    memset(memory, 0, sizeof memory);
    memset(config_space, 0, sizeof config_space);
    *device_common() = (struct virtio_common){
        .device_feature = features | FEATURE_VERSION_1, .queue_size = QUEUE, .queue_notify_off = notify_off};
    config_space[0x34 / 4] = FIRST_CAPABILITY;
    device_capability(0, PART_COMMON, COMMON, 0);
    device_capability(1, PART_DEVICE, DEVICE, 0);
    device_capability(2, PART_NOTIFY, NOTIFY, multiplier);
}

/* ---- a device that lies */
static uint32_t odd_number(uint32_t usual)
{
    static const uint32_t edges[] = {0, 1, 2, 0xffff, 0x8000, 0x7fffffff, 0x80000000, 0xffffffff, REGISTERS};
    switch (random_below(4)) {
    case 0: return edges[random_below(sizeof edges / sizeof *edges)];
    case 1: return usual + random_below(9) - 4;
    case 2: return (uint32_t)random_next();
    default: return usual;
    }
}

/* Of a sound one: some words of configuration space and of its registers are others. */
static void device_lies(void)
{
    for (uint32_t left = random_below(4); left > 0; left--) {
        uint32_t *word =
            &config_space[FIRST_CAPABILITY / 4 + random_below(CAPABILITIES * CAPABILITY_BYTES / 4)];
        *word = random_below(2) ? odd_number(*word) : *word ^ 1u << random_below(32);
    }
    for (uint32_t left = random_below(3); left > 0; left--) {
        uint8_t *at =
            &memory[random_below(2) ? random_below(sizeof(struct virtio_common)) : random_below(REGISTERS)];
        *at = (uint8_t)odd_number(*at);
    }
}

/* It says of a chain that it is done, whatever that is. */
static void device_done(volatile struct virtio_split *split, uint32_t id, uint32_t length)
{
    split->used.ring[split->used.index % QUEUE].id = id;
    split->used.ring[split->used.index % QUEUE].length = length;
    split->used.index++;
}

/* It writes into the queue's memory, which is its own as much as the driver's. */
static void device_scribbles(volatile void *queue, uint32_t bytes)
{
    volatile uint8_t *at = queue;
    for (uint32_t left = random_below(32); left > 0; left--)
        at[random_below(bytes)] = (uint8_t)odd_number(0);
}

/* ---- what a driver has written into descriptors, and the device will use */
struct device_range {
    uint64_t from, bytes;
};

static bool device_may_use(const struct virtio_descriptor *d, const struct device_range *ranges, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        if (d->address >= ranges[i].from && d->length <= ranges[i].bytes &&
            d->address - ranges[i].from <= ranges[i].bytes - d->length)
            return true;
    return false;
}

/* Of those that changed since `before` each must name memory in one of the ranges. */
static void device_checks(const volatile struct virtio_split *split, const struct virtio_split *before,
                          const struct device_range *ranges, uint32_t count)
{
    for (uint32_t i = 0; i < QUEUE; i++) {
        struct virtio_descriptor now = split->descriptor[i];
        if (memcmp(&now, &before->descriptor[i], sizeof now) != 0)
            CHECK(device_may_use(&now, ranges, count));
    }
}

#endif
