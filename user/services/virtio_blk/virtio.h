/* What virtio 1.x says of devices on PCI, of split queues and of disks. */
#ifndef SERVICES_BLK_VIRTIO_H
#define SERVICES_BLK_VIRTIO_H

#include <stdint.h>

enum { CAPABILITY_VENDOR = 9, PART_COMMON = 1, PART_NOTIFY = 2, PART_DEVICE = 4 };
enum { STATUS_ACKNOWLEDGE = 1, STATUS_DRIVER = 2, STATUS_DRIVER_OK = 4, STATUS_FEATURES_OK = 8 };
enum { FEATURE_FLUSH = 1u << 9, FEATURE_VERSION_1 = 1 /* bit 32 */, NO_VECTOR = 0xffff };

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

enum { QUEUE = 64 };
struct virtio_available {
    uint16_t flags, index, ring[QUEUE];
};
struct virtio_used {
    uint16_t flags, index;
    struct {
        uint32_t id, length;
    } ring[QUEUE];
};

enum { REQUEST_READ = 0, REQUEST_WRITE = 1, REQUEST_FLUSH = 4 };
struct virtio_request {
    uint32_t type, reserved;
    uint64_t sector;
};

#endif
