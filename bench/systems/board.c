/* In pci's place: answers drivers as pci does, of devices that are memory. */
#include "board.h"
#include "pci/protocol.h"

enum { CAPABILITIES = 0x34, FIRST = 0x40, APART = 0x20, PARTS = 3, BAR = 4, PART_BYTES = 0x14 };

volatile uint8_t *blk_registers, *net_registers; /* where the description maps them */

static uint32_t config(uint32_t offset)
{
    static const struct {
        uint32_t kind, at;
    } part[PARTS] = {{PART_COMMON, COMMON_AT}, {PART_DEVICE, OWN_AT}, {PART_NOTIFY, NOTIFY_AT}};
    if (offset == CAPABILITIES)
        return FIRST;
    uint32_t i = (offset - FIRST) / APART;
    if (offset < FIRST || i >= PARTS)
        return 0;
    uint32_t next = i + 1 < PARTS ? FIRST + (i + 1) * APART : 0;
    switch ((offset - FIRST) % APART) {
    case 0: return CAPABILITY_VENDOR | next << 8 | (uint32_t)PART_BYTES << 16 | part[i].kind << 24;
    case 4: return BAR;
    case 8: return part[i].at;
    default: return 0; /* all queues are kicked at one place */
    }
}

/* Both halves of the features are offered; a queue is as long as the driver wants. */
static void start(unsigned device)
{
    volatile uint8_t *registers = device == DISK ? blk_registers : net_registers;
    volatile struct virtio_common *common =
        (volatile struct virtio_common *)(volatile void *)(registers + COMMON_AT);
    common->device_feature = 0xffffffff;
    common->queue_size = QUEUE;
    common->queue_notify_off = 0;
    if (device == DISK)
        *(volatile uint64_t *)(volatile void *)(registers + OWN_AT) = DISK_SECTORS;
    for (unsigned i = 0; device == INTERFACE && i < ADDRESS_BYTES; i++)
        registers[OWN_AT + i] = interface_address[i];
    ++*(volatile uint32_t *)(volatile void *)(registers + STARTS_AT);
}

void init(void)
{
}

void notified(microkit_channel ch)
{
    (void)ch;
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo msginfo)
{
    seL4_Word label = microkit_msginfo_get_label(msginfo), word = microkit_mr_get(0);
    if (label == PCI_START)
        start(ch);
    microkit_mr_set(0, label == PCI_CONFIG ? config((uint32_t)word) : 0);
    return microkit_msginfo_new(PCI_OK, 1);
}
