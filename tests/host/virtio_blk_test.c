/* user/services/virtio_blk/server.c, with a virtualiser that dies and a device that lies: memory in place of its registers. */
#define _GNU_SOURCE /* REG_EFL */
#include "virtio_blk/server.c"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include "virtio_device.h"

enum { TRAP_FLAG = 0x100, IDS = 1 << 10, MOST = 32 /* that wait, as of the virtualiser's */ };
static const uint64_t QUEUE_PADDR = 0x10000, DATA_PADDR = 0x7000000000;

static _Alignas(PAGE) uint8_t ring_memory[BLK_REGION];
static struct queue queue_memory;
static struct ring_end asks, gets; /* the virtualiser's */

static void virtualiser_starts(void)
{
    ring_start(&asks, (struct ring *)(void *)ring_memory, BLK_RING, true);
    ring_start(&gets, (struct ring *)(void *)(ring_memory + BLK_ANSWERS), BLK_RING, false);
}

/* A new life of the driver, with a device as it is. */
static void life(void)
{
    memset(&queue_memory, 0, sizeof queue_memory);
    memset(state, FREE, sizeof state);
    memset(old, 0, sizeof old);
    watched = false;
    registers = memory;
    queue = &queue_memory;
    queue_paddr = QUEUE_PADDR;
    rings = ring_memory;
    init();
}

/* A sound device, but for where it says that it wants to be notified; the driver's first instruction. */
static void begin(uint16_t notify_off, uint32_t multiplier)
{
    device_begin(FEATURE_FLUSH, notify_off, multiplier);
    memset(ring_memory, 0, sizeof ring_memory);
    virtualiser_starts();
    life();
}

static void ask(uint64_t id, uint64_t sector)
{
    struct ring_entry e = {.id = id, .op = BLK_READ, .a = sector, .b = 1};
    if (ring_ready(&asks) < 0)
        ring_accept(&asks);
    if (ring_ready(&gets) < 0)
        ring_accept(&gets);
    CHECK(ring_put(&asks, &e));
    ring_publish(&asks);
    notified(VIRTUALISER);
}

/* The device has done the request of this slot; its interrupt is on the way. */
static void completes_unseen(uint32_t slot)
{
    queue_memory.split.used.ring[queue_memory.split.used.index++ % QUEUE].id = 4 * slot;
    queue_memory.status[slot] = 0;
}

static void completes(uint32_t slot)
{
    completes_unseen(slot);
    notified(IRQ);
}

/* What the device still has of a dead virtualiser's is nobody's answer, though the next life's requests have the same numbers; and these begin
   when the device writes nobody's memory any more. */
static void virtualiser_dies(void)
{
    struct ring_entry e = {0};
    begin(0, 4);
    CHECK(works);
    ask(0, 5);
    ask(1, 6);
    CHECK_NUMBER("begun", queue_memory.split.available.index, 2);
    virtualiser_starts();
    ask(0, 9);
    CHECK_NUMBER("begun beside the old ones", queue_memory.split.available.index, 2);
    completes(0);
    CHECK_NUMBER("begun beside an old one", queue_memory.split.available.index, 2);
    completes(1);
    CHECK(!ring_get(&gets, &e));
    CHECK_NUMBER("begun then", queue_memory.split.available.index, 3);
    CHECK_NUMBER("its sector", queue_memory.request[0].sector, 9);
    completes(0);
    CHECK(ring_get(&gets, &e) && e.id == 0 && e.status == BLK_OK && !ring_get(&gets, &e));
}

/* A driver that is full knows of requests that it has not begun: if they are a dead virtualiser's, it never begins them, since their memory is the
   next life's. */
static void virtualiser_dies_with_more(void)
{
    enum { MORE = 2 };
    begin(0, 4);
    for (uint64_t id = 0; id < SLOTS + MORE; id++) {
        struct ring_entry e = {.id = id, .op = BLK_WRITE, .a = 100 + id, .b = 1};
        if (ring_ready(&asks) < 0)
            ring_accept(&asks);
        CHECK(ring_put(&asks, &e));
    }
    ring_publish(&asks);
    notified(VIRTUALISER);
    CHECK_NUMBER("begun", queue_memory.split.available.index, SLOTS);
    virtualiser_starts();
    ask(0, 9);
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        completes(slot);
    CHECK_NUMBER("begun in all", queue_memory.split.available.index, SLOTS + 1);
    CHECK_NUMBER("the last one's sector", queue_memory.request[0].sector, 9);
}

/* Wherever a device wants to be notified, the driver writes to its registers only. */
static void notified_elsewhere(void)
{
    static const struct {
        uint16_t off;
        uint32_t multiplier;
        bool inside;
    } cases[] = {{0, 0, true},
                 {1, REGISTERS - NOTIFY - 2, true},
                 {1, REGISTERS - NOTIFY - 1, false},
                 {0xffff, 4, false},
                 {0x8000, 0x20000, false}, /* 2^32 */
                 {0xffff, ~0u, false},
                 {1, 3, false}};
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin(cases[i].off, cases[i].multiplier);
        CHECK_NUMBER("it works", works, cases[i].inside);
    }
}

/* A device that says that it has done more than it was given. */
static void done_too_much(void)
{
    struct ring_entry e = {0};
    begin(0, 4);
    ask(0, 5);
    queue_memory.split.used.index += 0x8000;
    notified(IRQ);
    CHECK_NUMBER("what was believed", line.seen, SLOTS);
    CHECK(ring_get(&gets, &e) && !ring_get(&gets, &e));
}

static bool answered(uint64_t id, enum blk_status status)
{
    struct ring_entry e = {0};
    return ring_get(&gets, &e) && e.id == id && e.status == status;
}

/* What the device had at two looks, one time-out apart, it never answers: it is reset, and only then does all that it had fail. */
static void never_answers(void)
{
    static const struct service_clock of_the_host = {.mhz = 1000};
    const seL4_Word step = (seL4_Word)PATIENCE * of_the_host.mhz;
    struct ring_entry e = {0};
    clock = &of_the_host;
    microkit_timers = 1ul << TIMER;
    begin(0, 4);
    timer_deadline = 0;
    timer_ticks = 77;
    ask(0, 5);
    CHECK_NUMBER("the first look", timer_deadline, 77 + step);
    timer_ticks += step;
    notified(TIMER);
    CHECK(!ring_get(&gets, &e));
    CHECK_NUMBER("the second", timer_deadline, timer_ticks + step);
    ask(1, 6);
    completes(1); /* so it lives, but not for the other one */
    CHECK(answered(1, BLK_OK));
    ask(2, 7);
    notified(TIMER);
    CHECK(answered(0, BLK_SILENT) && answered(2, BLK_SILENT) && !ring_get(&gets, &e) && works && !watched);
    CHECK_NUMBER("what a device that was reset has", queue_memory.split.available.index, 0);
    completes(0); /* says one that lies */
    CHECK(!ring_get(&gets, &e));
    queue_memory.split.used.index = 0;
    line.seen = 0;
    ask(3, 9);
    CHECK(watched);
    completes(0);
    CHECK(answered(3, BLK_OK));
    notified(TIMER);
    CHECK(!watched); /* nothing to look for */
    ask(4, 9);
    notified(TIMER);
    completes_unseen(0);
    notified(TIMER);
    CHECK(answered(4, BLK_OK) && !ring_get(&gets, &e));
    ask(5, 9);
    notified(TIMER);
    completes(0);
    ask(6, 9); /* in the place of one that was old */
    notified(TIMER);
    CHECK(answered(5, BLK_OK) && !ring_get(&gets, &e));
}

/* What the device never does of a dead virtualiser's: after the reset the next life's turn has come. */
static void never_answers_the_dead(void)
{
    struct ring_entry e = {0};
    begin(0, 4);
    ask(0, 5);
    virtualiser_starts();
    ask(0, 9);
    notified(TIMER);
    CHECK_NUMBER("begun", queue_memory.split.available.index, 1);
    notified(TIMER);
    CHECK(works && !ring_get(&gets, &e));
    CHECK_NUMBER("begun behind the reset", queue_memory.split.available.index, 1);
    CHECK_NUMBER("its sector", queue_memory.request[0].sector, 9);
    completes(0);
    CHECK(answered(0, BLK_OK));
}

/* ---- a register that keeps its value: the page that it lies in cannot be written, and after the one instruction that tries all the same
   the register is as it was */
static void page_writable(bool yes)
{
    CHECK_NUMBER("mprotect", mprotect(memory, PAGE, yes ? PROT_READ | PROT_WRITE : PROT_READ), 0);
}

static void step_over(int signal_number, siginfo_t *info, void *context)
{
    greg_t *flags = &((ucontext_t *)context)->uc_mcontext.gregs[REG_EFL];
    bool tries = signal_number == SIGSEGV;
    (void)info;
    page_writable(true);
    if (!tries)
        ((struct virtio_common *)(void *)memory)->status = STATUS_ACKNOWLEDGE;
    if (!tries)
        page_writable(false);
    *flags = tries ? *flags | TRAP_FLAG : *flags & ~TRAP_FLAG;
}

static void never_resets(void)
{
    struct sigaction action = {.sa_sigaction = step_over, .sa_flags = SA_SIGINFO}, before[2];
    begin(0, 4);
    CHECK(works);
    sigaction(SIGSEGV, &action, &before[0]);
    sigaction(SIGTRAP, &action, &before[1]);
    page_writable(false);
    CHECK(!start());
    page_writable(true);
    begin(0, 4);
    ask(0, 5);
    notified(TIMER);
    page_writable(false);
    stops = 0;
    notified(TIMER);
    page_writable(true);
    CHECK(!works && stops == 1 && answered(0, BLK_SILENT));
    ask(1, 5);
    CHECK(answered(1, BLK_FAILED));
    sigaction(SIGSEGV, &before[0], NULL);
    sigaction(SIGTRAP, &before[1], NULL);
}

/* ---- anything, in any order: what a sound virtualiser waits for is answered at most once, and the device is shown no other memory than the queue's
   and what the virtualiser named */
static bool waits[IDS];
static uint32_t waiting, came;

static void nothing_waits(void)
{
    memset(waits, 0, sizeof waits);
    waiting = 0;
}

static void virtualiser_asks(void)
{
    static uint64_t next;
    struct ring_entry e = {.id = next++ % IDS, .op = (uint16_t)(1 + random_below(4)), .a = random_next()};
    e.b = 1 + random_below(BLK_DATA / BLK_SECTOR);
    e.c = DATA_PADDR + random_below((uint32_t)(BLK_DATA / BLK_SECTOR - e.b + 1)) * BLK_SECTOR;
    if (waiting == MOST || waits[e.id] || !ring_put(&asks, &e))
        return;
    waits[e.id] = true;
    waiting++;
    ring_publish(&asks);
}

static void virtualiser_takes(void)
{
    struct ring_entry e = {0};
    if (ring_pair_restarted(&asks, &gets))
        nothing_waits();
    while (ring_get(&gets, &e)) {
        CHECK(e.id < IDS && waits[e.id] && e.status <= BLK_FAILED);
        waits[e.id % IDS] = false;
        waiting--;
        came++;
    }
    ring_publish(&gets);
}

static void device_acts(bool lies)
{
    volatile struct virtio_split *split = &queue_memory.split;
    if (lies && random_below(4) == 0)
        split->used.index = (uint16_t)odd_number(split->used.index);
    if (lies && random_below(4) == 0)
        device_scribbles(&queue_memory, sizeof queue_memory);
    for (uint32_t left = random_below(4); left > 0; left--) {
        uint32_t slot = random_below(SLOTS);
        if (lies || state[slot] != FREE)
            device_done(split, lies ? odd_number(4 * slot) : 4 * slot, random_below(2));
    }
    queue_memory.status[random_below(SLOTS)] = (uint8_t)(lies ? odd_number(0) : 0);
}

static void step(bool lies)
{
    static const struct device_range ranges[] = {{QUEUE_PADDR, sizeof queue_memory}, {DATA_PADDR, BLK_DATA}};
    struct virtio_split before;
    uint32_t what = random_below(64);
    if (what == 0) {
        device_begin(FEATURE_FLUSH, 0, 4);
        if (lies)
            device_lies();
        life();
    } else if (what == 1) {
        virtualiser_starts();
        nothing_waits();
    } else if (what < 24) {
        device_acts(lies);
    } else {
        virtualiser_asks();
    }
    memcpy(&before, (void *)&queue_memory.split, sizeof before);
    notified(random_below(2) ? VIRTUALISER : IRQ);
    device_checks(&queue_memory.split, &before, ranges, 2);
    virtualiser_takes();
}

static void steps(bool lies)
{
    struct ring_entry e = {0};
    begin(0, 4);
    nothing_waits();
    came = 0;
    for (uint32_t left = STEPS; left > 0; left--)
        step(lies);
    CHECK(came > STEPS / MANY);
    begin(0, 4); /* with a sound one it works, whatever was before */
    CHECK(works);
    ask(0, 5);
    completes(0);
    CHECK(ring_get(&gets, &e) && e.id == 0 && e.status == BLK_OK && !ring_get(&gets, &e));
}

static void sound_device(void)
{
    steps(false);
}

static void lying_device(void)
{
    steps(true);
}

int main(void)
{
    random_seed();
    test_run("virtualiser dies", virtualiser_dies);
    test_run("virtualiser dies with more", virtualiser_dies_with_more);
    test_run("notified elsewhere", notified_elsewhere);
    test_run("done too much", done_too_much);
    test_run("never answers", never_answers);
    test_run("never answers the dead", never_answers_the_dead);
    test_run("never resets", never_resets);
    test_run("sound device", sound_device);
    test_run("lying device", lying_device);
    return test_end();
}
