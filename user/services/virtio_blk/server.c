/* Driver of a virtio disk: requests of the virtualiser into the device's queue, and its answers back. It alone knows the queue's memory. */
#include <microkit.h>
#include "../pci/protocol.h"
#include "../ring/ring.h"
#include "../blk/protocol.h"
#include "virtio.h"

enum { PCI = 0, VIRTUALISER = 1, IRQ = 2 };
enum { SLOTS = QUEUE / 4 };  /* a request takes up to three descriptors */
enum { FREE, BUSY, ORPHAN }; /* ORPHAN: the device has it still, but whoever asked for it is dead */
enum { REGISTERS = 0x4000 };
enum { RESET_LOOKS = 1000000 }; /* after so many, each of which the device has to answer, it never resets */

/* In one piece of memory, whose physical address the device gets. */
struct queue {
    struct virtio_descriptor descriptor[QUEUE];
    struct virtio_available available;
    char apart[0x800 - QUEUE * 16 - sizeof(struct virtio_available)];
    struct virtio_used used;
    char apart_too[0x800 - sizeof(struct virtio_used)];
    struct virtio_request request[SLOTS];
    uint8_t status[SLOTS];
};
_Static_assert(sizeof(struct queue) <= 0x2000, "the region's size");

volatile struct queue *queue;
seL4_Word queue_paddr, msi_address, msi_data;
volatile uint8_t *registers; /* BAR 4 */
void *rings;

static volatile struct virtio_common *common;
static volatile uint16_t *notify;
static volatile uint64_t *capacity;
static struct ring_end requests, answers;
static struct ring_entry inside[SLOTS];
static uint8_t state[SLOTS];
static bool works;
static uint16_t seen;

static seL4_Word ask_pci(seL4_Word op, seL4_Word word, seL4_Word more)
{
    microkit_mr_set(0, word);
    microkit_mr_set(1, more);
    microkit_msginfo info = microkit_ppcall(PCI, microkit_msginfo_new(op, 2));
    return microkit_msginfo_get_label(info) == PCI_OK ? microkit_mr_get(0) : 0xffffffff;
}

static uint32_t config(uint32_t offset)
{
    return (uint32_t)ask_pci(PCI_CONFIG, offset, 0);
}

/* A part of the registers, as one of the device's capabilities says; NULL: it is not where it should be. */
static volatile uint8_t *part(uint32_t kind, uint32_t bytes, uint32_t *more)
{
    uint32_t at = config(0x34) & 0xfc;
    for (uint32_t left = 48; at != 0 && left > 0; left--) {
        uint32_t head = config(at), offset = config(at + 8);
        if ((head & 0xff) == CAPABILITY_VENDOR && head >> 24 == kind && (config(at + 4) & 0xff) == 4) {
            *more = config(at + 16);
            return offset <= REGISTERS - bytes ? registers + offset : 0;
        }
        at = head >> 8 & 0xfc;
    }
    return 0;
}

static bool find_parts(uint32_t *multiplier)
{
    uint32_t unused;
    common = (volatile struct virtio_common *)(volatile void *)part(PART_COMMON, sizeof *common, &unused);
    capacity = (volatile uint64_t *)(volatile void *)part(PART_DEVICE, 8, &unused);
    notify = (volatile uint16_t *)(volatile void *)part(PART_NOTIFY, 4, multiplier);
    return common && capacity && notify;
}

static bool agree_on_features(void)
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
        uint32_t wanted = half ? FEATURE_VERSION_1 : FEATURE_FLUSH;
        if ((common->device_feature & wanted) != wanted)
            return false;
        common->driver_feature = wanted;
    }
    common->status = STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK;
    return (common->status & STATUS_FEATURES_OK) != 0;
}

static void put64(volatile uint32_t to[2], uint64_t value)
{
    to[0] = (uint32_t)value;
    to[1] = (uint32_t)(value >> 32);
}

static bool start_queue(uint32_t multiplier)
{
    common->config_vector = NO_VECTOR;
    common->queue_select = 0;
    if (common->queue_size < QUEUE)
        return false;
    common->queue_size = QUEUE;
    common->queue_vector = 0;
    put64(common->queue_descriptors, queue_paddr + __builtin_offsetof(struct queue, descriptor));
    put64(common->queue_driver, queue_paddr + __builtin_offsetof(struct queue, available));
    put64(common->queue_device, queue_paddr + __builtin_offsetof(struct queue, used));
    uint64_t at =
        (uint64_t)((volatile uint8_t *)notify - registers) + (uint64_t)common->queue_notify_off * multiplier;
    if (at > REGISTERS - sizeof *notify)
        return false;
    notify = (volatile uint16_t *)(volatile void *)(registers + at);
    common->queue_enable = 1;
    common->status = STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK | STATUS_DRIVER_OK;
    return common->queue_vector == 0;
}

/* The last life's queue is as it left it. */
static void clear_queue(void)
{
    queue->available.flags = queue->available.index = 0;
    queue->used.flags = queue->used.index = 0;
    seen = 0;
}

static bool start(void)
{
    uint32_t multiplier;
    clear_queue();
    return ask_pci(PCI_START, msi_address, msi_data) != 0xffffffff && find_parts(&multiplier) &&
           agree_on_features() && start_queue(multiplier);
}

static void describe(uint32_t at, uint64_t address, uint32_t length, uint16_t flags)
{
    volatile struct virtio_descriptor *d = &queue->descriptor[at];
    d->address = address;
    d->length = length;
    d->flags = flags;
    d->next = (uint16_t)(at + 1);
}

/* pre: the slot is free. */
static void submit(uint32_t slot)
{
    const struct ring_entry *e = &inside[slot];
    uint32_t at = 4 * slot, type = e->op == BLK_READ    ? REQUEST_READ
                                   : e->op == BLK_WRITE ? REQUEST_WRITE
                                                        : REQUEST_FLUSH;
    queue->request[slot].type = type;
    queue->request[slot].reserved = 0;
    queue->request[slot].sector = type == REQUEST_FLUSH ? 0 : e->a;
    queue->status[slot] = 0xff;
    describe(at, queue_paddr + __builtin_offsetof(struct queue, request) + slot * sizeof(struct virtio_request),
             sizeof(struct virtio_request), DESCRIPTOR_NEXT);
    uint64_t status = queue_paddr + __builtin_offsetof(struct queue, status) + slot;
    if (type != REQUEST_FLUSH)
        describe(++at, e->c, (uint32_t)e->b * BLK_SECTOR,
                 (uint16_t)(DESCRIPTOR_NEXT | (type == REQUEST_READ ? DESCRIPTOR_WRITE : 0)));
    describe(++at, status, 1, DESCRIPTOR_WRITE);
    queue->available.ring[queue->available.index % QUEUE] = (uint16_t)(4 * slot);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    queue->available.index = (uint16_t)(queue->available.index + 1);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    *notify = 0;
}

static void answer(struct ring_entry *e, uint16_t status)
{
    e->status = status;
    ring_put(&answers, e);
}

/* What the device has done: no more than it was given. It cannot lie further than to requests that it has. */
static void collect(void)
{
    for (uint32_t left = SLOTS; works && left > 0 && seen != queue->used.index; left--) {
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        uint32_t slot = queue->used.ring[seen++ % QUEUE].id / 4;
        if (slot >= SLOTS || state[slot] == FREE)
            continue;
        if (state[slot] == BUSY)
            answer(&inside[slot], queue->status[slot] == 0 ? BLK_OK : BLK_FAILED);
        state[slot] = FREE;
    }
}

static void take(struct ring_entry *e)
{
    uint32_t slot = 0;
    while (state[slot] != FREE)
        slot++;
    if (e->op == BLK_SIZE || !works) {
        e->a = works ? *capacity : 0;
        answer(e, works ? BLK_OK : BLK_FAILED);
        return;
    }
    inside[slot] = *e;
    state[slot] = BUSY;
    submit(slot);
}

/* Whether another request may be begun. */
static bool has_room(void)
{
    bool room = false;
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        if (state[slot] == ORPHAN)
            return false;
        room |= state[slot] == FREE;
    }
    return room;
}

/* The virtualiser died: nobody waits for what is inside, and its next life knows other requests by the same numbers. But the device still reads
   and writes the old ones' memory, so nothing is begun until it has done with them. */
static void accept(void)
{
    if (ring_ready(&requests) >= 0 && ring_ready(&answers) >= 0)
        return;
    ring_accept(&requests);
    ring_accept(&answers);
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        if (state[slot] == BUSY)
            state[slot] = ORPHAN;
}

static void serve(void)
{
    struct ring_entry e = {0};
    bool signal = false;
    do {
        accept();
        collect();
        while (has_room() && ring_get(&requests, &e))
            take(&e);
        signal |= ring_publish(&answers);
        signal |= ring_publish(&requests);
    } while (has_room() && !ring_sleep(&requests, 1));
    if (signal)
        microkit_notify(VIRTUALISER);
}

void init(void)
{
    ring_start(&requests, rings, BLK_RING, false);
    ring_start(&answers, (struct ring *)(void *)((char *)rings + BLK_ANSWERS), BLK_RING, true);
    works = start();
    microkit_dbg_puts(works ? "blk: the disk works\n" : "blk: no disk\n");
    serve();
    microkit_notify(VIRTUALISER);
}

void notified(microkit_channel ch)
{
    serve();
    if (ch == IRQ)
        microkit_irq_ack(ch);
}
