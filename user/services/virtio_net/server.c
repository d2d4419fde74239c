/* Driver of a virtio network interface: buffers of the stack into the device's two queues, and back. It alone knows where they lie. */
#include "virtio/virtio.h"
#include "net/frames.h"
#include "ring/ring.h"

enum { STACK = 1, IRQ = 2 };
enum { RECEIVE = 0, SEND = 1, QUEUES = 2 }; /* the device's numbers, too */
enum { FEATURE_ADDRESS = 1u << 5, ADDRESS_BYTES = 6 };
_Static_assert(FRAME_SLOTS == QUEUE / 2, "a request takes two descriptors: header and frame");

/* In front of each frame; with no feature that would use it, all zero. */
struct header {
    uint8_t flags, segments_by;
    uint16_t bytes, segment, sum_start, sum_offset, buffers;
};
_Static_assert(sizeof(struct header) == 12, "the layout is the device's");

/* In one piece of memory, whose physical address the device gets. */
struct memory {
    struct virtio_split split[QUEUES];
    struct header header[QUEUES][FRAME_SLOTS];
};
_Static_assert(sizeof(struct memory) <= 0x3000, "the region's size");

volatile struct memory *queue;
seL4_Word queue_paddr, frames_paddr, msi_address,
    msi_data;                /* frames: the stack's buffers, which are not mapped here */
volatile uint8_t *registers; /* BAR 4 */
void *rings;

static struct virtio device;
static struct virtio_queue line[QUEUES];
static struct ring_end requests, answers;
static struct ring_entry inside[QUEUES][FRAME_SLOTS];
static bool busy[QUEUES][FRAME_SLOTS];
static bool works;

static bool start(void)
{
    if (!virtio_start(&device, registers, msi_address, msi_data, FEATURE_ADDRESS, ADDRESS_BYTES))
        return false;
    for (uint16_t i = 0; i < QUEUES; i++)
        if (!virtio_queue_start(&device, &line[i], i, &queue->split[i],
                                queue_paddr + i * sizeof(struct virtio_split)))
            return false;
    virtio_run(&device);
    return true;
}

static void answer(const struct ring_entry *request, uint16_t status, uint32_t length, uint64_t a)
{
    struct ring_entry e = {.id = request->id, .op = request->op, .status = status, .a = a};
    e.buffer = request->buffer;
    e.length = length;
    ring_put(&answers, &e);
}

static uint64_t address(void)
{
    uint64_t all = 0;
    for (uint32_t i = 0; i < ADDRESS_BYTES; i++)
        all |= (uint64_t)device.own[i] << 8 * i;
    return all;
}

static void submit(uint32_t which, uint32_t slot, const struct ring_entry *e)
{
    uint16_t flags = which == RECEIVE ? DESCRIPTOR_WRITE : 0;
    uint64_t header = queue_paddr + __builtin_offsetof(struct memory, header) +
                      (which * FRAME_SLOTS + slot) * sizeof(struct header);
    queue->header[which][slot] = (struct header){0};
    virtio_describe(&line[which], 2 * slot, header, sizeof(struct header), (uint16_t)(flags | DESCRIPTOR_NEXT));
    virtio_describe(&line[which], 2 * slot + 1, frames_paddr + (uint64_t)e->buffer * FRAME_BUFFER,
                    which == RECEIVE ? FRAME_BUFFER : e->length, flags);
    virtio_put(&line[which], 2 * slot);
    inside[which][slot] = *e;
    busy[which][slot] = true;
}

static void take(const struct ring_entry *e)
{
    uint32_t which = e->op == FRAME_SEND ? SEND : RECEIVE, slot = e->buffer % FRAME_SLOTS;
    if (e->op == FRAME_ADDRESS || !works) {
        answer(e, works ? FRAME_OK : FRAME_FAILED, 0, works ? address() : 0);
        return;
    }
    if ((e->op != FRAME_SEND && e->op != FRAME_RECEIVE) || e->buffer >= FRAME_BUFFERS ||
        (which == SEND && (e->length < FRAME_LEAST || e->length > FRAME_MOST))) {
        answer(e, FRAME_BAD, 0, 0);
        return;
    }
    if (busy[which][slot]) /* not by a stack that gives each buffer a direction of its own */
        for (slot = 0; slot < FRAME_SLOTS && busy[which][slot];)
            slot++;
    if (slot == FRAME_SLOTS)
        answer(e, FRAME_FULL, 0, 0);
    else
        submit(which, slot, e);
}

/* What the device has done: no more than it was given. Of a frame it says how many bytes it wrote, header included; more than there is room for is a lie. */
static void collect(uint32_t which)
{
    uint32_t head, written;
    for (uint32_t left = FRAME_SLOTS; works && left > 0 && virtio_done(&line[which], &head, &written); left--) {
        uint32_t slot = head / 2;
        if (slot >= FRAME_SLOTS || !busy[which][slot])
            continue;
        busy[which][slot] = false;
        uint32_t length = written - (uint32_t)sizeof(struct header);
        bool lies = which == RECEIVE && (length < FRAME_LEAST || length > FRAME_BUFFER);
        answer(&inside[which][slot], lies ? FRAME_FAILED : FRAME_OK, which == RECEIVE && !lies ? length : 0, 0);
    }
}

static bool anything_inside(void)
{
    for (uint32_t i = 0; i < QUEUES * FRAME_SLOTS; i++)
        if (busy[i / FRAME_SLOTS][i % FRAME_SLOTS])
            return true;
    return false;
}

/* The stack died: what the device has of its last life would be written into buffers that the next one uses. A reset gives it all back. */
static void accept(void)
{
    if (ring_ready(&requests) >= 0 && ring_ready(&answers) >= 0)
        return;
    ring_accept(&requests);
    ring_accept(&answers);
    if (!anything_inside())
        return;
    works = start();
    __builtin_memset(busy, 0, sizeof busy);
}

static void serve(void)
{
    struct ring_entry e = {0};
    bool signal = false;
    do {
        accept();
        for (uint32_t i = 0; i < QUEUES; i++)
            collect(i);
        while (ring_get(&requests, &e))
            take(&e);
        for (uint32_t i = 0; works && i < QUEUES; i++)
            virtio_kick(&line[i]);
        signal |= ring_publish(&answers);
        signal |= ring_publish(&requests);
    } while (!ring_sleep(&requests, 1));
    if (signal)
        microkit_notify(STACK);
}

void init(void)
{
    ring_start(&requests, rings, FRAME_RING, false);
    ring_start(&answers, (struct ring *)(void *)((char *)rings + FRAME_ANSWERS), FRAME_RING, true);
    works = start();
    microkit_dbg_puts(works ? "virtio_net: the interface works\n" : "virtio_net: no interface\n");
    serve();
    microkit_notify(STACK);
}

void notified(microkit_channel ch)
{
    serve();
    if (ch == IRQ)
        microkit_irq_ack(ch);
}
