/* Driver of a virtio disk: requests of the virtualiser into the device's queue, and its answers back. It alone knows the queue's memory. */
#include <baton/timer.h>
#include "service.h"
#include "virtio/virtio.h"
#include "ring/ring.h"
#include "blk/protocol.h"

enum { VIRTUALISER = 1, IRQ = 2, TIMER = 61 };
enum {
    PATIENCE = 5000000 /* microseconds: what the device had before, and has after them, it will never do */
};
enum { SLOTS = QUEUE / 4 };  /* a request takes up to three descriptors */
enum { FREE, BUSY, ORPHAN }; /* ORPHAN: the device has it still, but whoever asked for it is dead */
enum { FEATURE_FLUSH = 1u << 9, REQUEST_READ = 0, REQUEST_WRITE = 1, REQUEST_FLUSH = 4 };

struct request {
    uint32_t type, reserved;
    uint64_t sector;
};

/* In one piece of memory, whose physical address the device gets. */
struct queue {
    struct virtio_split split;
    struct request request[SLOTS];
    uint8_t status[SLOTS];
};
_Static_assert(sizeof(struct queue) <= 0x2000, "the region's size");

volatile struct queue *queue;
seL4_Word queue_paddr, msi_address, msi_data;
volatile uint8_t *registers; /* BAR 4 */
void *rings;
const struct service_clock *clock; /* with a timer */

static struct virtio device;
static struct virtio_queue line;
static struct ring_end requests, answers;
static struct ring_entry inside[SLOTS];
static uint8_t state[SLOTS];
static bool old[SLOTS]; /* the device had it when the timer was set */
static bool works, watched;

static uint64_t capacity(void)
{
    const volatile uint32_t *halves = (const volatile uint32_t *)(const volatile void *)device.own;
    return halves[0] | (uint64_t)halves[1] << 32;
}

static bool start(void)
{
    if (!virtio_start(&device, registers, msi_address, msi_data, FEATURE_FLUSH, sizeof(uint64_t)) ||
        !virtio_queue_start(&device, &line, 0, &queue->split, queue_paddr))
        return false;
    virtio_run(&device);
    return true;
}

/* A description that gives no timer has a driver that waits for ever. */
static void watch(void)
{
    watched = true;
    if (baton_has_id(microkit_timers, TIMER))
        baton_timer_set(TIMER, baton_timer_now() + (seL4_Word)PATIENCE * clock->mhz);
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
    virtio_describe(&line, at,
                    queue_paddr + __builtin_offsetof(struct queue, request) + slot * sizeof(struct request),
                    sizeof(struct request), DESCRIPTOR_NEXT);
    uint64_t status = queue_paddr + __builtin_offsetof(struct queue, status) + slot;
    if (type != REQUEST_FLUSH)
        virtio_describe(&line, ++at, e->c, (uint32_t)e->b * BLK_SECTOR,
                        (uint16_t)(DESCRIPTOR_NEXT | (type == REQUEST_READ ? DESCRIPTOR_WRITE : 0)));
    virtio_describe(&line, ++at, status, 1, DESCRIPTOR_WRITE);
    virtio_put(&line, 4 * slot);
    virtio_kick(&line);
}

static void answer(struct ring_entry *e, uint16_t status)
{
    e->status = status;
    ring_put(&answers, e);
}

/* What the device has done: no more than it was given. It can lie only about requests that it has. */
static void collect(void)
{
    uint32_t head, length;
    for (uint32_t left = SLOTS; works && left > 0 && virtio_done(&line, &head, &length); left--) {
        uint32_t slot = head / 4;
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
        e->a = works ? capacity() : 0;
        answer(e, works ? BLK_OK : BLK_FAILED);
        return;
    }
    inside[slot] = *e;
    state[slot] = BUSY;
    old[slot] = false;
    submit(slot);
    if (!watched)
        watch();
}

/* A device that was reset has nothing any more, nor has one that is off the bus: only then may what it had fail, since its memory is the asker's. */
static void give_up(void)
{
    works = start();
    if (!works)
        virtio_stop();
    microkit_dbg_puts(works ? "blk: the disk did not answer, and was reset\n"
                            : "blk: the disk does not answer, and is off the bus\n");
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        if (state[slot] == BUSY)
            answer(&inside[slot], BLK_SILENT);
        state[slot] = FREE;
    }
}

/* Once in a while, as long as it has anything. */
static void look_for_silence(void)
{
    bool silent = false;
    watched = false;
    collect();
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        silent |= state[slot] != FREE && old[slot];
        old[slot] = state[slot] != FREE;
        watched |= old[slot];
    }
    if (silent)
        give_up();
    else if (watched)
        watch();
    watched &= !silent;
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
    if (!ring_pair_restarted(&requests, &answers))
        return;
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
    if (!works)
        microkit_dbg_puts("blk: no disk\n");
    serve();
    microkit_notify(VIRTUALISER);
}

void notified(microkit_channel ch)
{
    if (ch == TIMER)
        look_for_silence();
    serve();
    if (ch == IRQ)
        microkit_irq_ack(ch);
}
