/* The machine as the measured drivers see it: two virtio devices that are memory. A device of QEMU's works in a thread of the host's, and answers
   whenever that comes to it; this one answers when the component that measures says so (device.c), and each run executes the same
   instructions. The drivers are those of every system, and cannot tell. */
#ifndef BENCH_BOARD_H
#define BENCH_BOARD_H

#include "virtio/virtio.h"

/* In a device's registers, and how often it was started: in their last word, which no driver looks at. */
enum { COMMON_AT = 0, OWN_AT = 0x1000, NOTIFY_AT = 0x2000, STARTS_AT = REGISTERS - 4 };
enum { DISK = 0, INTERFACE = 1, DEVICES = 2 };
enum { DISK_SECTORS = 8192, SECTOR = 512 };
enum { ADDRESS_BYTES = 6 };
static const uint8_t interface_address[ADDRESS_BYTES] = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

#endif
