#include "virtio/virtio.h"
#include "pci/protocol.h"
#include "service.h"

enum { RESET_LOOKS = 1000000 }; /* after so many, each answered by the device, it never resets */

static seL4_Word ask_pci(seL4_Word op, seL4_Word word, seL4_Word more)
{
    bool done = SERVICE_CALL(VIRTIO_PCI, op, 2, (microkit_mr_set(0, word), microkit_mr_set(1, more)));
    return done ? microkit_mr_get(0) : 0xffffffff;
}

static uint32_t config(uint32_t offset)
{
    return (uint32_t)ask_pci(PCI_CONFIG, offset, 0);
}

/* The parts of the registers lie where the device's capabilities say, the first of each kind. False: one is missing, or not inside of them, or not
   at a multiple of four bytes, as the specification wants it. */
static bool find_parts(struct virtio *d, uint32_t own_bytes)
{
    const uint32_t bytes[PART_KINDS] = {
        [PART_COMMON] = sizeof *d->common, [PART_NOTIFY] = sizeof(uint32_t), [PART_DEVICE] = own_bytes};
    volatile uint8_t *part[PART_KINDS] = {0};
    uint32_t at = config(0x34) & 0xfc;
    for (uint32_t left = 48; at != 0 && left > 0; left--) {
        uint32_t head = config(at), kind = head >> 24;
        if ((head & 0xff) == CAPABILITY_VENDOR && kind < PART_KINDS && bytes[kind] != 0 && !part[kind] &&
            (config(at + 4) & 0xff) == 4) {
            uint32_t offset = config(at + 8);
            if (offset % sizeof(uint32_t) != 0 || offset > REGISTERS - bytes[kind])
                return false;
            part[kind] = d->registers + offset;
            if (kind == PART_NOTIFY)
                d->multiplier = config(at + 16);
        }
        at = head >> 8 & 0xfc;
    }
    d->common = (volatile struct virtio_common *)(volatile void *)part[PART_COMMON];
    d->own = part[PART_DEVICE];
    d->notify = part[PART_NOTIFY];
    return d->common && d->own && d->notify;
}

static bool agree_on_features(volatile struct virtio_common *common, uint32_t features)
{
    common->status = 0;
    for (uint32_t left = RESET_LOOKS; common->status != 0; left--)
        if (left == 0)
            return false;
    common->status = STATUS_ACKNOWLEDGE;
    common->status = STATUS_ACKNOWLEDGE | STATUS_DRIVER;
    for (uint32_t half = 0; half < 2; half++) {
        common->device_feature_select = half;
        common->driver_feature_select = half;
        uint32_t wanted = half ? FEATURE_VERSION_1 : features;
        if ((common->device_feature & wanted) != wanted)
            return false;
        common->driver_feature = wanted;
    }
    common->status = STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK;
    common->config_vector = NO_VECTOR;
    return (common->status & STATUS_FEATURES_OK) != 0;
}

bool virtio_start(struct virtio *d, volatile uint8_t *registers, seL4_Word msi_address, seL4_Word msi_data,
                  uint32_t features, uint32_t own_bytes)
{
    *d = (struct virtio){.registers = registers};
    return ask_pci(PCI_START, msi_address, msi_data) != 0xffffffff && find_parts(d, own_bytes) &&
           agree_on_features(d->common, features);
}

void virtio_stop(void)
{
    ask_pci(PCI_STOP, 0, 0);
}

static void put64(volatile uint32_t to[2], uint64_t value)
{
    to[0] = (uint32_t)value;
    to[1] = (uint32_t)(value >> 32);
}

bool virtio_queue_start(struct virtio *d, struct virtio_queue *q, uint16_t number,
                        volatile struct virtio_split *split, uint64_t paddr)
{
    volatile struct virtio_common *common = d->common;
    *q = (struct virtio_queue){.split = split, .number = number};
    split->available.flags = split->available.index = 0;
    split->used.flags = split->used.index = 0;
    common->queue_select = number;
    if (common->queue_size < QUEUE)
        return false;
    common->queue_size = QUEUE;
    common->queue_vector = 0;
    put64(common->queue_descriptors, paddr + __builtin_offsetof(struct virtio_split, descriptor));
    put64(common->queue_driver, paddr + __builtin_offsetof(struct virtio_split, available));
    put64(common->queue_device, paddr + __builtin_offsetof(struct virtio_split, used));
    uint64_t at = (uint64_t)(d->notify - d->registers) + (uint64_t)common->queue_notify_off * d->multiplier;
    if (at > REGISTERS - sizeof *q->notify || at % sizeof *q->notify != 0 || common->queue_vector != 0)
        return false;
    q->notify = (volatile uint16_t *)(volatile void *)(d->registers + at);
    common->queue_enable = 1;
    return true;
}

void virtio_run(struct virtio *d)
{
    d->common->status = STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK | STATUS_DRIVER_OK;
}

void virtio_describe(struct virtio_queue *q, uint32_t at, uint64_t address, uint32_t length, uint16_t flags)
{
    volatile struct virtio_descriptor *d = &q->split->descriptor[at];
    d->address = address;
    d->length = length;
    d->flags = flags;
    d->next = (uint16_t)(at + 1);
}

void virtio_put(struct virtio_queue *q, uint32_t head)
{
    q->split->available.ring[q->filled++ % QUEUE] = (uint16_t)head;
}

void virtio_kick(struct virtio_queue *q)
{
    if (q->split->available.index == q->filled)
        return;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    q->split->available.index = q->filled;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    *q->notify = q->number;
}

bool virtio_done(struct virtio_queue *q, uint32_t *head, uint32_t *length)
{
    if (q->seen == q->split->used.index)
        return false;
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    *head = q->split->used.ring[q->seen % QUEUE].id;
    *length = q->split->used.ring[q->seen++ % QUEUE].length;
    return true;
}
