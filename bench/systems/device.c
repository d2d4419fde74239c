#include "device.h"

#include <string.h>
#include "region.h"

enum { REQUEST_READ = 0, REQUEST_WRITE = 1, REQUEST_HEAD = 16 };
enum { RECEIVE = 0, SEND = 1, QUEUES = 2, HEADER = 12 };
enum { CLUSTER_SECTORS = 8, TABLE_SECTORS = 3, ROOT_ENTRIES = 64, ENTRY = 32 };

/* Where the description maps them; a driver names physical memory, in one of these. Components without such a device have none of it. */
uint8_t *disk, *blk_queue, *disk_data, *net_queue, *frames;
seL4_Word blk_queue_paddr, disk_data_paddr, net_queue_paddr, frames_paddr;
volatile uint8_t *blk_registers, *net_registers;
microkit_channel disk_driver, interface_driver;

enum { BLK_QUEUE_BYTES = 0x2000, DISK_DATA_BYTES = 0x10000, NET_QUEUE_BYTES = 0x3000, FRAMES_BYTES = 0x20000 };

static void *memory(uint64_t address)
{
    const struct {
        uint64_t from, bytes;
        uint8_t *at;
    } region[] = {{blk_queue_paddr, BLK_QUEUE_BYTES, blk_queue},
                  {disk_data_paddr, DISK_DATA_BYTES, disk_data},
                  {net_queue_paddr, NET_QUEUE_BYTES, net_queue},
                  {frames_paddr, FRAMES_BYTES, frames}};
    for (unsigned i = 0; i < sizeof region / sizeof *region; i++)
        if (region[i].at && address - region[i].from < region[i].bytes)
            return region[i].at + (address - region[i].from);
    __builtin_trap(); /* the driver named other memory */
}

/* ---- queues */
struct queue {
    volatile struct virtio_split *split;
    uint16_t seen; /* of what the driver has put */
};

static bool available(const struct queue *q)
{
    return q->seen != q->split->available.index;
}

static uint16_t head_of(struct queue *q)
{
    return q->split->available.ring[q->seen++ % QUEUE];
}

static volatile struct virtio_descriptor *next(struct queue *q, volatile struct virtio_descriptor *d)
{
    return &q->split->descriptor[d->next];
}

static void done(struct queue *q, uint16_t head, uint32_t length)
{
    q->split->used.ring[q->split->used.index % QUEUE].id = head;
    q->split->used.ring[q->split->used.index % QUEUE].length = length;
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    q->split->used.index++;
}

/* A device that was started anew has forgotten what it was asked. */
static bool started_anew(volatile uint8_t *registers, uint32_t *known)
{
    uint32_t starts = *(volatile uint32_t *)(volatile void *)(registers + STARTS_AT);
    bool anew = starts != *known;
    *known = starts;
    return anew;
}

/* ---- the disk */
static struct queue *disk_queue(void)
{
    static struct queue q;
    static uint32_t starts;
    q.split = (volatile struct virtio_split *)(volatile void *)blk_queue;
    if (started_anew(blk_registers, &starts))
        q.seen = 0;
    return &q;
}

static void disk_do(struct queue *q)
{
    uint16_t head = head_of(q);
    volatile struct virtio_descriptor *d = &q->split->descriptor[head];
    const struct {
        uint32_t type, reserved;
        uint64_t sector;
    } *request = memory(d->address);
    d = next(q, d);
    if (request->type == REQUEST_READ)
        memcpy(memory(d->address), disk + request->sector * SECTOR, d->length);
    else if (request->type == REQUEST_WRITE)
        memcpy(disk + request->sector * SECTOR, memory(d->address), d->length);
    if (request->type <= REQUEST_WRITE)
        d = next(q, d);
    *(uint8_t *)memory(d->address) = 0;
    done(q, head, 1);
}

bool disk_serve(void)
{
    struct queue *q = disk_queue();
    bool any = available(q);
    meter_pause();
    while (available(q))
        disk_do(q);
    meter_resume();
    if (any)
        microkit_notify(disk_driver);
    return any;
}

static void put16(uint32_t at, uint32_t value)
{
    disk[at] = (uint8_t)value;
    disk[at + 1] = (uint8_t)(value >> 8);
}

void disk_format(void)
{
    static const uint8_t jump[] = {0xeb, 0x3c, 0x90, 'B', 'A', 'T', 'O', 'N', ' ', ' ', ' '};
    memcpy(disk, jump, sizeof jump);
    put16(11, SECTOR);
    disk[13] = CLUSTER_SECTORS;
    put16(14, 1); /* sectors before the tables */
    disk[16] = 2; /* tables */
    put16(17, ROOT_ENTRIES);
    put16(19, DISK_SECTORS);
    disk[21] = 0xf8; /* a disk */
    put16(22, TABLE_SECTORS);
    put16(510, 0xaa55);
    for (unsigned table = 0; table < 2; table++)
        memcpy(disk + (1 + table * TABLE_SECTORS) * SECTOR, "\xf8\xff\xff", 3);
}

/* FAT12: an entry is a byte and a half. */
static void chain(uint32_t cluster, uint32_t value)
{
    for (unsigned table = 0; table < 2; table++) {
        uint8_t *at = disk + (1 + table * TABLE_SECTORS) * SECTOR + cluster * 3 / 2;
        at[0] = (uint8_t)(cluster % 2 ? (at[0] & 0xf) | value << 4 : value);
        at[1] = (uint8_t)(cluster % 2 ? value >> 4 : (at[1] & 0xf0) | value >> 8);
    }
}

void disk_file(const char name[11], uint32_t bytes)
{
    static uint32_t files, next_free = 2;
    uint32_t root = (1 + 2 * TABLE_SECTORS) * SECTOR, data = root + ROOT_ENTRIES * ENTRY;
    uint32_t entry = root + files++ * ENTRY, cluster = CLUSTER_SECTORS * SECTOR, first = next_free;
    memcpy(disk + entry, name, 11);
    put16(entry + 26, first);
    put16(entry + 28, bytes);
    put16(entry + 30, bytes >> 16);
    for (uint32_t i = 0; i < bytes; i++)
        disk[data + (first - 2) * cluster + i] = disk_byte(i);
    for (uint32_t left = (bytes + cluster - 1) / cluster; left > 0; left--, next_free++)
        chain(next_free, left == 1 ? 0xfff : next_free + 1);
}

/* ---- the interface */
static struct queue *interface_queue(unsigned which)
{
    static struct queue q[QUEUES];
    static uint32_t starts;
    if (started_anew(net_registers, &starts))
        q[RECEIVE].seen = q[SEND].seen = 0;
    q[which].split =
        (volatile struct virtio_split *)(volatile void *)(net_queue + which * sizeof(struct virtio_split));
    return &q[which];
}

bool interface_put(const void *frame, uint32_t length)
{
    struct queue *q = interface_queue(RECEIVE);
    if (!available(q))
        return false;
    uint16_t head = head_of(q);
    memcpy(memory(next(q, &q->split->descriptor[head])->address), frame, length);
    done(q, head, HEADER + length);
    return true;
}

uint32_t interface_take(void *frame)
{
    struct queue *q = interface_queue(SEND);
    if (!available(q))
        return 0;
    uint16_t head = head_of(q);
    volatile struct virtio_descriptor *d = next(q, &q->split->descriptor[head]);
    uint32_t length = d->length;
    memcpy(frame, memory(d->address), length);
    done(q, head, 0);
    return length;
}

void interface_interrupt(void)
{
    microkit_notify(interface_driver);
}

/* ---- the meter: parts of a region, each with the clock's own cost, of which the harness takes off one. */
static uint64_t spent, own_cost;
static bool counts;

static void add(void)
{
    uint64_t ticks = shot_ticks();
    spent += ticks > own_cost ? ticks - own_cost : 0;
}

void meter_begin(void)
{
    REGION_BEGIN();
    REGION_END();
    own_cost = shot_ticks();
    spent = 0;
    counts = true;
    REGION_BEGIN();
}

void meter_pause(void)
{
    if (counts) {
        REGION_END();
        add();
    }
}

void meter_resume(void)
{
    if (counts)
        REGION_BEGIN();
}

uint64_t meter_end(void)
{
    REGION_END();
    add();
    counts = false;
    return spent + own_cost;
}
