/* user/services/virtio_net/server.c, with a device that lies and a stack that does. */
#include "virtio_net/server.c"
#include "virtio_device.h"

enum { IDS = FRAME_BUFFERS + 1 };
static const uint64_t QUEUE_PADDR = 0x10000, FRAMES_PADDR = 0x7000000000;

static _Alignas(PAGE) uint8_t ring_memory[FRAME_REGION];
static struct memory queue_memory;
static struct ring_end asks, gets; /* the stack's */
static bool waits[IDS];            /* one request of each buffer, and that for the address */
static uint32_t came;

static void stack_starts(void)
{
    ring_start(&asks, (struct ring *)(void *)ring_memory, FRAME_RING, true);
    ring_start(&gets, (struct ring *)(void *)(ring_memory + FRAME_ANSWERS), FRAME_RING, false);
    memset(waits, 0, sizeof waits);
}

/* A new life of the driver, with a device as it is. */
static void life(void)
{
    memset(&queue_memory, 0, sizeof queue_memory);
    memset(busy, 0, sizeof busy);
    registers = memory;
    queue = &queue_memory;
    queue_paddr = QUEUE_PADDR;
    frames_paddr = FRAMES_PADDR;
    rings = ring_memory;
    init();
}

static void begin(void)
{
    device_begin(FEATURE_ADDRESS, 0, 4);
    for (uint32_t i = 0; i < ADDRESS_BYTES; i++)
        memory[DEVICE + i] = (uint8_t)(i + 1);
    memset(ring_memory, 0, sizeof ring_memory);
    stack_starts();
    life();
}

static void stack_puts(const struct ring_entry *e)
{
    if (ring_pair_restarted(&asks, &gets))
        memset(waits, 0, sizeof waits);
    if (ring_put(&asks, e) && e->id < IDS)
        waits[e->id] = true;
    ring_publish(&asks);
}

static bool stack_gets(struct ring_entry *e)
{
    bool got = ring_get(&gets, e);
    ring_publish(&gets);
    return got;
}

static void ask(uint16_t op, uint32_t buffer, uint32_t length)
{
    struct ring_entry e = {.id = buffer, .op = op, .buffer = buffer, .length = length};
    stack_puts(&e);
    notified(STACK);
}

static struct ring_entry answered(void)
{
    struct ring_entry e = {.id = ~0ul, .status = 0xffff};
    notified(IRQ);
    stack_gets(&e);
    return e;
}

static void frames_pass(void)
{
    begin();
    CHECK(works);
    ask(FRAME_ADDRESS, 0, 0);
    CHECK_NUMBER("its address", answered().a, 0x060504030201);
    ask(FRAME_RECEIVE, 3, 0);
    ask(FRAME_SEND, FRAME_SLOTS + 5, 60);
    CHECK_NUMBER("what the device may read", queue_memory.split[SEND].descriptor[11].length, 60);
    device_done(&queue_memory.split[RECEIVE], 6, sizeof(struct header) + 100);
    struct ring_entry e = answered();
    CHECK(e.op == FRAME_RECEIVE && e.buffer == 3 && e.status == FRAME_OK && e.length == 100);
    device_done(&queue_memory.split[SEND], 10, 0);
    e = answered();
    CHECK(e.op == FRAME_SEND && e.buffer == FRAME_SLOTS + 5 && e.status == FRAME_OK);
}

/* One whose queues are too short, that is not modern, that has no address, or whose registers are not where they can be. */
static void cannot(void)
{
    static const struct {
        uint32_t features, size, offset;
        bool can;
    } cases[] = {{FEATURE_ADDRESS | FEATURE_VERSION_1, QUEUE, DEVICE, true},
                 {FEATURE_ADDRESS | FEATURE_VERSION_1, QUEUE - 1, DEVICE, false},
                 {FEATURE_ADDRESS, QUEUE, DEVICE, false},
                 {FEATURE_VERSION_1, QUEUE, DEVICE, false},
                 {FEATURE_ADDRESS | FEATURE_VERSION_1, QUEUE, REGISTERS - ADDRESS_BYTES, false},
                 {FEATURE_ADDRESS | FEATURE_VERSION_1, QUEUE, REGISTERS - ADDRESS_BYTES - 2, true},
                 {FEATURE_ADDRESS | FEATURE_VERSION_1, QUEUE, DEVICE + 2, false}};
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin();
        device_common()->device_feature = cases[i].features;
        device_common()->queue_size = (uint16_t)cases[i].size;
        config_space[(FIRST_CAPABILITY + CAPABILITY_BYTES + 8) / 4] = cases[i].offset;
        life();
        CHECK_NUMBER("it works", works, cases[i].can);
    }
}

/* More bytes than there is room for, or less than a frame has. */
static void lies_about_lengths(void)
{
    static const uint32_t lengths[] = {0,          1,  11, 12, 25, 26, 12 + FRAME_BUFFER, 13 + FRAME_BUFFER,
                                       0x80000000, ~0u};
    for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        bool sound = lengths[i] == 26 || lengths[i] == 12 + FRAME_BUFFER;
        begin();
        ask(FRAME_RECEIVE, 0, 0);
        device_done(&queue_memory.split[RECEIVE], 0, lengths[i]);
        struct ring_entry e = answered();
        CHECK_NUMBER("the status", e.status, sound ? FRAME_OK : FRAME_FAILED);
        CHECK_NUMBER("the length", e.length, sound ? lengths[i] - 12 : 0);
    }
}

/* Chains that it has not got, and more of them than there are. */
static void lies_about_what_is_done(void)
{
    struct ring_entry e = {0};
    begin();
    ask(FRAME_RECEIVE, 0, 0);
    device_done(&queue_memory.split[RECEIVE], 2, 100);
    device_done(&queue_memory.split[RECEIVE], QUEUE, 100);
    device_done(&queue_memory.split[RECEIVE], ~0u, 100);
    notified(IRQ);
    CHECK(!stack_gets(&e));
    queue_memory.split[RECEIVE].used.index += 0x8000;
    notified(IRQ);
    CHECK_NUMBER("what was believed", line[RECEIVE].seen, 3 + FRAME_SLOTS);
}

/* The device is given back nothing of a dead stack's: it is reset. */
static void stack_dies(void)
{
    struct ring_entry e = {0};
    begin();
    ask(FRAME_RECEIVE, 0, 0);
    stack_starts();
    notified(STACK);
    CHECK_NUMBER("what the device has", queue_memory.split[RECEIVE].available.index, 0);
    device_done(&queue_memory.split[RECEIVE], 0, 100);
    notified(IRQ);
    CHECK(!stack_gets(&e));
}

/* ---- anything, in any order: what a sound stack waits for is answered at most once, with a length that a buffer has; whatever a stack asks, the device
   is shown no other memory than headers and buffers */
enum liar { NOBODY, THE_DEVICE, BOTH };

static void device_acts(bool lies)
{
    uint32_t which = random_below(QUEUES);
    volatile struct virtio_split *split = &queue_memory.split[which];
    if (lies && random_below(4) == 0)
        split->used.index = (uint16_t)odd_number(split->used.index);
    if (lies && random_below(4) == 0)
        device_scribbles(&queue_memory, sizeof queue_memory);
    for (uint32_t left = random_below(4); left > 0; left--) {
        uint32_t id = 2 * random_below(FRAME_SLOTS),
                 length = 12 + FRAME_LEAST + random_below(FRAME_MOST - FRAME_LEAST);
        if (lies || busy[which][id / 2])
            device_done(split, lies ? odd_number(id) : id, lies ? odd_number(length) : length);
    }
}

static void stack_asks(bool lies)
{
    uint32_t buffer = random_below(IDS);
    struct ring_entry e = {
        .id = buffer, .buffer = buffer, .length = FRAME_LEAST + random_below(FRAME_MOST - FRAME_LEAST)};
    e.op = buffer == FRAME_BUFFERS ? FRAME_ADDRESS : buffer < FRAME_SLOTS ? FRAME_RECEIVE : FRAME_SEND;
    if (lies) {
        e.op = (uint16_t)odd_number(e.op);
        e.buffer = odd_number(e.buffer);
        e.length = odd_number(e.length);
        ((uint8_t *)
             ring_memory)[random_below(2) ? random_below(sizeof(struct ring)) : random_below(FRAME_REGION)] =
            (uint8_t)odd_number(0);
    }
    if (lies || !waits[buffer])
        stack_puts(&e);
}

static void stack_takes(bool lies)
{
    struct ring_entry e = {0};
    if (ring_pair_restarted(&asks, &gets))
        memset(waits, 0, sizeof waits);
    for (uint32_t left = FRAME_RING; left > 0 && stack_gets(&e); left--) {
        CHECK(lies || (e.id < IDS && waits[e.id] && e.length <= FRAME_BUFFER && e.status <= FRAME_FAILED));
        waits[e.id % IDS] = false;
        came++;
    }
}

static void step(enum liar who)
{
    static const struct device_range ranges[] = {{QUEUE_PADDR, sizeof queue_memory},
                                                 {FRAMES_PADDR, FRAME_DATA}};
    struct virtio_split before[QUEUES];
    uint32_t what = random_below(64);
    if (what == 0) {
        device_begin(FEATURE_ADDRESS, 0, 4);
        if (who != NOBODY)
            device_lies();
        life();
    } else if (what == 1) {
        stack_starts();
    } else if (what < 24) {
        device_acts(who != NOBODY);
    } else {
        stack_asks(who == BOTH);
    }
    memcpy(before, (void *)queue_memory.split, sizeof before);
    notified(random_below(2) ? STACK : IRQ);
    for (uint32_t i = 0; i < QUEUES; i++)
        device_checks(&queue_memory.split[i], &before[i], ranges, 2);
    stack_takes(who == BOTH);
}

static void steps(enum liar who)
{
    begin();
    came = 0;
    for (uint32_t left = STEPS; left > 0; left--)
        step(who);
    CHECK(came > STEPS / MANY);
    frames_pass(); /* whatever was before */
}

static void sound_device(void)
{
    steps(NOBODY);
}

static void lying_device(void)
{
    steps(THE_DEVICE);
}

static void lying_stack_too(void)
{
    steps(BOTH);
}

int main(void)
{
    random_seed();
    test_run("frames pass", frames_pass);
    test_run("cannot", cannot);
    test_run("lies about lengths", lies_about_lengths);
    test_run("lies about what is done", lies_about_what_is_done);
    test_run("stack dies", stack_dies);
    test_run("sound device", sound_device);
    test_run("lying device", lying_device);
    test_run("lying stack, too", lying_stack_too);
    return test_end();
}
