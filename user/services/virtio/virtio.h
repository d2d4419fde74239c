/* What all drivers of virtio 1.x devices on PCI have in common: the device's registers, features, split queues. A driver calls pci by its channel
   VIRTIO_PCI. Nothing that a device says is believed: where its registers are, how long a queue is, what it has done. */
#ifndef SERVICES_VIRTIO_H
#define SERVICES_VIRTIO_H

#include <stdbool.h>
#include <stdint.h>
#include <microkit.h>

enum { VIRTIO_PCI = 0, REGISTERS = 0x4000, QUEUE = 64 };

/* ---- as the specification says */
enum { CAPABILITY_VENDOR = 9, PART_COMMON = 1, PART_NOTIFY = 2, PART_DEVICE = 4, PART_KINDS };
enum { STATUS_ACKNOWLEDGE = 1, STATUS_DRIVER = 2, STATUS_DRIVER_OK = 4, STATUS_FEATURES_OK = 8 };
enum { FEATURE_VERSION_1 = 1 /* bit 32 */, NO_VECTOR = 0xffff };

struct virtio_common {
    uint32_t device_feature_select, device_feature, driver_feature_select, driver_feature;
    uint16_t config_vector, queues;
    uint8_t status, generation;
    uint16_t queue_select, queue_size, queue_vector, queue_enable, queue_notify_off;
    uint32_t queue_descriptors[2], queue_driver[2], queue_device[2];
};
_Static_assert(sizeof(struct virtio_common) == 56, "the layout is the device's");

enum { DESCRIPTOR_NEXT = 1, DESCRIPTOR_WRITE = 2 };
struct virtio_descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t flags, next;
};

struct virtio_available {
    uint16_t flags, index, ring[QUEUE];
};
struct virtio_used {
    uint16_t flags, index;
    struct {
        uint32_t id, length;
    } ring[QUEUE];
};

/* ---- ours: a queue's memory, in one piece, whose physical address the device gets */
struct virtio_split {
    struct virtio_descriptor descriptor[QUEUE];
    struct virtio_available available;
    char apart[0x800 - QUEUE * 16 - sizeof(struct virtio_available)];
    struct virtio_used used;
    char apart_too[0x800 - sizeof(struct virtio_used)];
};
_Static_assert(sizeof(struct virtio_split) == 0x1000, "a page");

struct virtio {
    volatile uint8_t *registers; /* BAR 4, REGISTERS bytes */
    volatile struct virtio_common *common;
    volatile uint8_t *own; /* the registers of its kind */
    volatile uint8_t *notify;
    uint32_t multiplier;
};

struct virtio_queue {
    volatile struct virtio_split *split;
    volatile uint16_t *notify;
    uint16_t number, filled,
        seen; /* filled: what is put, shown to the device or not; seen: of what it has done */
};

/* Puts the device on the bus, resets it, finds its registers (of its kind: so many bytes), agrees on these features and VERSION_1. */
bool virtio_start(struct virtio *d, volatile uint8_t *registers, seL4_Word msi_address, seL4_Word msi_data,
                  uint32_t features, uint32_t own_bytes);
/* The device is off the bus: it reads and writes no memory. */
void virtio_stop(void);
/* Whatever the last life left in a queue is gone. fails: the device does not have it, or wants to be notified elsewhere. */
bool virtio_queue_start(struct virtio *d, struct virtio_queue *q, uint16_t number,
                        volatile struct virtio_split *split, uint64_t paddr);
/* After all queues. */
void virtio_run(struct virtio *d);

/* A descriptor; with DESCRIPTOR_NEXT the one behind it goes on. */
void virtio_describe(struct virtio_queue *q, uint32_t at, uint64_t address, uint32_t length, uint16_t flags);
/* The chain that begins there is the device's when virtio_kick() has shown it. */
void virtio_put(struct virtio_queue *q, uint32_t head);
void virtio_kick(struct virtio_queue *q);
/* The next chain that it says it has done, and how many bytes it says it wrote; false: no more. */
bool virtio_done(struct virtio_queue *q, uint32_t *head, uint32_t *length);

#endif
