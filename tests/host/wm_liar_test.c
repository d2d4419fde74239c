/* user/services/wm/server.c between drivers of input and screen that lie: in their rings' indices, lives and wishes, in entries of any life, in floods
   and in silence; and they are more urgent than it, so they do it whenever it signals somebody. An honest client has its pictures taken all the same. */
#include "denied/denied.h"
#include "random.h"
#include "test.h"
#include "wm/server.c"
#include <stdlib.h>

enum { LIES = 100000, HONEST = 0, FLOOD = 5000, ROUND_MOST = 4096, WORDS = WM_PAGE / 4 };

seL4_Word microkit_notifications;
static uint32_t *input_words, *screen_words, *rings_of_client, *pixels_of_client;
static uint64_t kept_words[CLIENTS + 1];
static struct ring_end driver, asks, hears; /* the others' ends */
static unsigned signals, refills, flood_left, taken, taken_at;
static bool preempts;

/* ---- in the place of paint.c: each thing that has changed is told, and so is what nobody asked for */
void paint_changed(struct rect where)
{
    CHECK(where.width >= 0 || rect_empty(where));
}

struct rect pointer_extent(void)
{
    return (struct rect){pointer_x, pointer_y, 12, 17};
}

void paint(const struct picture *screen_of_it, void (*tell)(struct rect))
{
    CHECK(screen_of_it->width == SCREEN_WIDTH);
    for (unsigned left = random_below(4); left > 0; left--)
        tell((struct rect){(int32_t)random_below(SCREEN_WIDTH - 64), (int32_t)random_below(SCREEN_HEIGHT - 64),
                           64, 64});
}

/* The client is less urgent than the manager. */
static void hear(void)
{
    struct ring_entry e;
    while (ring_get(&hears, &e))
        taken += e.op == WM_TAKEN && e.status == SERVICE_OK;
    ring_publish(&hears);
    ring_sleep(&hears, 1);
}

/* It says that the ring is full, whatever the manager has said of what it took. */
static void refill(void)
{
    struct ring *ring = input_ring;
    struct ring_entry *slots = (struct ring_entry *)(void *)(ring + 1);
    for (unsigned i = 0; i < INPUT_RING; i++)
        slots[i] = (struct ring_entry){.op = INPUT_KEY, .a = 0x1e, .b = i & 1, .epoch = input.epoch};
    ring->producer.index = input.mine + INPUT_RING;
    refills++;
}

static struct ring_entry lie(void)
{
    struct ring_entry e = {.op = (uint16_t)(random_below(4) ? 1 + random_below(2) : random_next())};
    uint64_t *words[] = {&e.id, &e.a, &e.b, &e.c, &e.d, &e.epoch};
    for (unsigned i = 0; i < 6; i++)
        *words[i] = random_below(3) == 0   ? (uint64_t)random_below(512) - 256
                    : random_below(3) == 0 ? 1ull << random_below(64)
                                           : random_next();
    e.flags = (uint32_t)random_below(4);
    e.epoch = random_below(2) ? input.epoch : e.epoch;
    return e;
}

/* One word of either side of a ring, as far from what it was as it likes; or an entry. */
static void scribble(uint32_t *words)
{
    uint32_t at = random_below(sizeof(struct ring) / 4), way = random_below(4);
    if (random_below(2) == 0) {
        struct ring_entry e = lie();
        memcpy(words + sizeof(struct ring) / 4 + 16 * random_below(WM_RING), &e, sizeof e);
        return;
    }
    words[at] = way == 0   ? (uint32_t)random_next()
                : way == 1 ? words[at] + random_below(WM_RING + 2)
                : way == 2 ? 0
                           : words[at] - 1;
}

void microkit_notify(microkit_channel ch)
{
    CHECK(ch < CLIENTS || ch == INPUT || ch == SCREEN);
    CHECK(++signals < ROUND_MOST || !preempts);
    if (flood_left > 0) {
        flood_left--;
        hear();
        taken_at = taken > 1 && taken_at == 0 ? refills : taken_at;
        refill();
    } else if (preempts && random_below(4) == 0) {
        scribble(random_below(2) ? input_words : screen_words);
    }
}

static void commit(void)
{
    const struct ring_entry e = {.op = WM_COMMIT, .length = 64, .a = 64 | 64ull << 32, .c = 64 | 64ull << 32};
    CHECK(ring_put(&asks, &e));
    ring_publish(&asks);
}

static void begin(void)
{
    memset(input_words, 0, WM_PAGE);
    memset(screen_words, 0, WM_PAGE);
    memset(rings_of_client, 0, 2 * WM_PAGE);
    memset(kept_words, 0, sizeof kept_words);
    memset(windows, 0, sizeof windows);
    order_count = known_count = 0;
    names = "0 honest\n", places = "", kept = kept_words;
    input_ring = input_words, screen_ring = screen_words;
    client_rings = (char *)rings_of_client, surfaces = (const char *)pixels_of_client;
    ring_start(&driver, input_ring, INPUT_RING, true);
    ring_start(&asks, (struct ring *)(void *)client_rings, WM_RING, true);
    ring_start(&hears, (struct ring *)(void *)(client_rings + WM_PAGE), WM_RING, false);
    signals = refills = taken = 0;
    init();
    ring_pair_restarted(&asks, &hears);
    hear();
    commit();
    notified(HONEST);
    hear();
    CHECK_NUMBER("a picture", taken, 1);
}

/* Each round ends, and what the client asked in it was done. */
static void lies(void)
{
    unsigned moved = 0;
    begin();
    preempts = true;
    for (unsigned i = 0; i < LIES && !test_state.failing; i++) {
        for (unsigned left = random_below(4); left > 0; left--)
            scribble(random_below(2) ? input_words : screen_words);
        signals = 0;
        unsigned before = taken;
        int32_t x = pointer_x;
        commit();
        notified(random_below(2) ? INPUT : SCREEN);
        hear();
        CHECK_NUMBER("pictures taken", taken, before + 1);
        CHECK(pointer_x >= 0 && pointer_x < SCREEN_WIDTH && pointer_y >= 0 && pointer_y < SCREEN_HEIGHT);
        CHECK(windows[HONEST].shown && order_count == 1);
        moved += pointer_x != x;
    }
    CHECK(moved > LIES / 1000);
    preempts = false;
}

/* A driver that has more keys whenever somebody is signalled: the client, which has the focus, is; and waits for its picture meanwhile. */
static void floods(void)
{
    begin();
    refill();
    commit();
    flood_left = FLOOD;
    taken_at = 0;
    notified(INPUT);
    CHECK_NUMBER("the flood is over", flood_left, 0);
    CHECK(taken_at > 0 && taken_at < 3 * INPUT_RING);
}

/* A screen that takes nothing: what has changed is kept as one rectangle, and nobody waits. */
static void is_silent(void)
{
    begin();
    for (unsigned i = 0; i < 1000; i++) {
        unsigned before = taken;
        signals = 0;
        commit();
        notified(HONEST);
        hear();
        CHECK_NUMBER("pictures taken", taken, before + 1);
    }
    CHECK(!rect_empty(screen.waiting));
}

int main(void)
{
    random_seed();
    input_words = malloc(WM_PAGE), screen_words = malloc(WM_PAGE);
    rings_of_client = malloc(2 * WM_PAGE), pixels_of_client = malloc(WM_SURFACE);
    test_run("wm/drivers lie", lies);
    test_run("wm/a driver floods", floods);
    test_run("wm/the screen is silent", is_silent);
    return test_end();
}
