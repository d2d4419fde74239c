/* Between clients and driver: each client has its own rings and its own region, and names sectors of both. What it names is checked before it
   becomes an address, which only driver and virtualiser see. */
#include <microkit.h>
#include "../ring/ring.h"
#include "denied/denied.h"
#include "protocol.h"
#include "service.h"

enum { DRIVER = 0, CLIENT = 1, INSIDE = 32 };

void *driver_rings, *client_rings;
seL4_Word client_data_paddr; /* the client's region of data, which is not mapped here */

static struct ring_end requests, answers; /* the client's */
static struct ring_end driver_requests, driver_answers;
static struct inside {
    bool used, asked,
        orphan; /* asked: the driver's present life has it; orphan: the client's life that asked is over */
    struct ring_entry entry;
} inside[INSIDE];
static uint32_t orphans;
static uint64_t sectors;
static bool known; /* how many, or that there is no disk: then there are none */

static void start_ring(struct ring_end *in, struct ring_end *out, void *shared, bool asks)
{
    ring_start(asks ? out : in, shared, BLK_RING, asks);
    ring_start(asks ? in : out, (struct ring *)(void *)((char *)shared + BLK_ANSWERS), BLK_RING, !asks);
}

/* Whether a client may ask for this. */
static enum blk_status check(const struct ring_entry *e)
{
    if (e->op == BLK_FLUSH || e->op == BLK_SIZE)
        return BLK_OK;
    if (e->op != BLK_READ && e->op != BLK_WRITE)
        return BLK_UNKNOWN;
    uint64_t room = BLK_DATA / BLK_SECTOR;
    bool in_region = e->b >= 1 && e->b <= room && e->buffer <= room - e->b;
    bool on_disk = e->b <= sectors && e->a <= sectors - e->b;
    return in_region && on_disk ? BLK_OK : BLK_OUTSIDE;
}

static void answer(struct ring_entry *e, uint16_t status, uint64_t a)
{
    struct ring_entry out = {.id = e->id, .op = e->op, .status = status, .buffer = e->buffer, .a = a};
    ring_put(&answers, &out);
}

/* To the driver, with what the client does not know; the slot's number is its id there. */
static void pass_on(void)
{
    for (uint32_t i = 0; i < INSIDE; i++) {
        struct inside *s = &inside[i];
        if (!s->used || s->asked)
            continue;
        struct ring_entry out = {.id = i, .op = s->entry.op, .a = s->entry.a, .b = s->entry.b};
        out.c = client_data_paddr + (uint64_t)s->entry.buffer * BLK_SECTOR;
        s->asked = ring_put(&driver_requests, &out);
    }
}

static void take_answers(void)
{
    struct ring_entry e = {0};
    while (ring_get(&driver_answers, &e)) {
        if (e.id == INSIDE && e.op == BLK_SIZE) {
            sectors = e.status == BLK_OK ? e.a : 0;
            known = true;
            continue;
        }
        if (e.id >= INSIDE || !inside[e.id].used)
            continue;
        inside[e.id].used = false;
        orphans -= inside[e.id].orphan;
        if (!inside[e.id].orphan)
            answer(&inside[e.id].entry, e.status, e.op == BLK_SIZE ? e.a : 0);
    }
}

static void ask_for_size(void)
{
    struct ring_entry e = {.id = INSIDE, .op = BLK_SIZE};
    ring_put(&driver_requests, &e);
}

/* A driver's new life has nothing of what the last one was asked: all of it may be asked again. */
static void accept_driver(void)
{
    if (!ring_pair_restarted(&driver_requests, &driver_answers))
        return;
    for (uint32_t i = 0; i < INSIDE; i++)
        inside[i].asked = false;
    ask_for_size();
}

/* A client's new life shares its region with the last one's requests. These go on, nobody gets their answers, and nothing new is begun until the
   device has done with the region. */
static void accept_client(void)
{
    if (!ring_pair_restarted(&requests, &answers))
        return;
    orphans = 0;
    for (uint32_t i = 0; i < INSIDE; i++)
        orphans += inside[i].orphan = inside[i].used;
}

/* Where the next request would go; NULL: it has to wait. */
static struct inside *next_slot(void)
{
    for (uint32_t i = 0; known && orphans == 0 && i < INSIDE; i++)
        if (!inside[i].used)
            return &inside[i];
    return 0;
}

static void take_requests(void)
{
    struct ring_entry e = {0};
    for (struct inside *s; (s = next_slot()) != 0 && ring_get(&requests, &e);) {
        enum blk_status status = check(&e);
        if (status != BLK_OK) {
            denied_number(CLIENT, CLIENT, DENIED_SENSE, "operation", e.op);
            answer(&e, (uint16_t)status, 0);
        } else
            *s = (struct inside){.used = true, .entry = e};
    }
}

static void serve(void)
{
    bool tell_client = false, tell_driver = false, idle;
    uint32_t left = 4 * BLK_RING;
    do {
        accept_driver();
        accept_client();
        take_answers();
        take_requests();
        pass_on();
        tell_client |= ring_publish(&answers);
        tell_client |= ring_publish(&requests);
        tell_driver |= ring_publish(&driver_requests);
        tell_driver |= ring_publish(&driver_answers);
        idle = ring_sleep(&driver_answers, 1);
        idle &= next_slot() == 0 || ring_sleep(&requests, 1);
    } while (!idle && --left != 0);
    if (tell_driver)
        microkit_notify(DRIVER);
    if (tell_client)
        microkit_notify(CLIENT);
}

void init(void)
{
    start_ring(&requests, &answers, client_rings, false);
    start_ring(&driver_answers, &driver_requests, driver_rings, true);
    ask_for_size();
    serve();
    service_signal_all();
}

void notified(microkit_channel ch)
{
    (void)ch;
    serve();
}
