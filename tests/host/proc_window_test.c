/* user/services/proc/window.c: the window that a process draws out of its own memory. What is shown is what it had there, pixel by pixel, for
   pictures and parts of them at random, good and bad; whose it is, and that it goes with its process. */
#include <stdlib.h>
#include "proc/served.h"
#include "random.h"
#include "test.h"
#include "wm/protocol.h"

enum { PAGES = 40, START = 0x400000, ROUNDS = 20000, GRANTS = PROC_WINDOWS | PROC_OUTPUT };
enum { WIDE = 61, HIGH = 37, HALF = WM_SURFACE / 2 };

extern void *window_rings, *window_surface; /* window.c */
static _Alignas(64) char rings[2 * WM_PAGE];
static char *surface,
    *memory[PAGES]; /* of the process: each page by itself, so that what lies behind it is nobody's */
static struct ring_end asked, told; /* the manager's */
static struct ring_entry last;      /* what it was asked last */
static uint32_t expected[WIDE * HIGH];

static void *page_at(seL4_Word vaddr, bool change)
{
    CHECK(!change);
    return vaddr >= START && (vaddr - START) / PAGE < PAGES ? memory[(vaddr - START) / PAGE] + vaddr % PAGE
                                                            : NULL;
}

static void start_manager(void)
{
    ring_start(&asked, (struct ring *)(void *)rings, WM_RING, false);
    ring_start(&told, (struct ring *)(void *)(rings + WM_PAGE), WM_RING, true);
}

static void begin(bool windows)
{
    memset(rings, 0, sizeof rings);
    window_rings = windows ? rings : NULL;
    window_surface = surface;
    memory_seen_at = page_at;
    start_manager();
    begin_served();
}

/* The manager takes all that it is asked, and says so. */
static unsigned manage(void)
{
    struct ring_entry e;
    unsigned taken = 0;
    ring_pair_restarted(&asked, &told);
    for (; ring_get(&asked, &e); taken++) {
        last = e;
        ring_put(&told, &(struct ring_entry){.op = WM_TAKEN});
    }
    ring_publish(&asked);
    ring_publish(&told);
    notified(WINDOWS);
    return taken;
}

static void happens(uint16_t op, uint64_t a)
{
    ring_pair_restarted(&asked, &told);
    ring_put(&told, &(struct ring_entry){.op = op, .a = a});
    ring_publish(&told);
    notified(WINDOWS);
}

static struct process *spawned(seL4_Word grants)
{
    return spawned_with("life", sizeof "life", grants);
}

static seL4_Word calls(struct process *p, seL4_Word label, seL4_Word count, seL4_Word one, seL4_Word two,
                       seL4_Word three)
{
    message.msg[0] = one, message.msg[1] = two, message.msg[2] = three;
    return answer_process(p, label, count).label;
}

/* 1: it has one now. */
static seL4_Word opens(struct process *p, seL4_Word width, seL4_Word height)
{
    return calls(p, PROC_WINDOW, 2, width, height, 0) == SERVICE_OK ? message.msg[0] : 2;
}

static seL4_Word shows(struct process *p, seL4_Word at, struct rect r)
{
    return calls(p, PROC_SHOW, 3, at, (uint32_t)r.x | (seL4_Word)(uint32_t)r.y << 32,
                 (uint32_t)r.width | (seL4_Word)(uint32_t)r.height << 32);
}

static seL4_Word hears(struct process *p)
{
    return calls(p, PROC_EVENT, 0, 0, 0, 0);
}

static void who_asks_first_has_it(void)
{
    static const struct rect all = {0, 0, WIDE, HIGH};
    begin(true);
    struct process *one = spawned(GRANTS), *other = spawned(GRANTS);
    CHECK_NUMBER("without a window", shows(one, START, all), SERVICE_BAD);
    CHECK_NUMBER("the first", opens(one, WIDE, HIGH), 1);
    CHECK_NUMBER("the other", opens(other, WIDE, HIGH), 0);
    CHECK_NUMBER("the first again", opens(one, WIDE, HIGH), 0);
    CHECK_NUMBER("the other shows", shows(other, START, all), SERVICE_BAD);
    CHECK_NUMBER("the other hears", hears(other), SERVICE_BAD);
    manage();
    CHECK_NUMBER("what is shown", last.op, WM_COMMIT);
    CHECK_NUMBER("the other ends", ask_client(PROC_KILL, 1, other->pid, 0, 0), SERVICE_OK);
    CHECK_NUMBER("it is still shown", manage(), 0);
    other = spawned(GRANTS);
    CHECK_NUMBER("the first ends", ask_client(PROC_KILL, 1, one->pid, 0, 0), SERVICE_OK);
    CHECK_NUMBER("what is asked", manage(), 1);
    CHECK_NUMBER("it is hidden", last.op, WM_HIDE);
    CHECK_NUMBER("then the other", opens(other, WIDE, HIGH), 1);
    CHECK_NUMBER("then it shows", shows(other, START, all), PROC_LATER);
    manage();
    CHECK_NUMBER("when that was taken", shows(other, START, all), SERVICE_OK);
}

static void whose_size_makes_no_sense(void)
{
    static const seL4_Word sizes[][2] = {
        {0, 1},   {1, 0}, {WM_WIDTH + 1, 1}, {1, WM_HEIGHT + 1}, {WM_WIDTH, WM_HEIGHT}, {1ul << 32, 1ul << 32},
        {~0ul, 2}};
    begin(true);
    struct process *p = spawned(GRANTS);
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++)
        CHECK_NUMBER("its size", opens(p, sizes[i][0], sizes[i][1]), 2);
    CHECK_NUMBER("the largest", opens(p, WM_WIDTH, HALF / 4 / WM_WIDTH), 1);
    manage();
    CHECK((last.a >> 32) * (uint32_t)last.a * 4 <= HALF);
}

static void where_there_are_none(void)
{
    static _Alignas(struct denials) char list[4096];
    begin(false);
    denied_page = (struct denials *)(void *)list;
    denied_size = sizeof list;
    struct process *p = spawned(GRANTS), *q = spawned(PROC_OUTPUT);
    CHECK_NUMBER("no window", opens(p, WIDE, HIGH), 0);
    notified(WINDOWS);
    CHECK_NUMBER("no right", opens(q, WIDE, HIGH), 2);
    const struct denial *last = &denied_page->line[0];
    CHECK_NUMBER("refused", denied_page->all, 1);
    CHECK_STRING("what", last->what, "window");
    CHECK(last->who == q->pid && last->why == DENIED_RIGHT);
    denied_page = NULL;
}

static void what_happens_is_heard(void)
{
    begin(true);
    struct process *p = spawned(GRANTS);
    CHECK_NUMBER("open", opens(p, WIDE, HIGH), 1);
    manage();
    CHECK_NUMBER("nothing yet", hears(p), PROC_LATER);
    signals = 0;
    for (unsigned i = 0; i < 100; i++)
        happens(WM_KEY, i);
    CHECK(signals >= 100);
    unsigned heard = 0;
    for (; hears(p) == SERVICE_OK; heard++) {
        CHECK_NUMBER("op", message.msg[0], WM_KEY);
        CHECK_NUMBER("in order", message.msg[1], heard);
    }
    CHECK(heard >= 16 && heard < 100); /* what there is no room for is lost */
    happens(WM_POINTER, 7);
    CHECK_NUMBER("the next", hears(p), SERVICE_OK);
    CHECK_NUMBER("it", message.msg[1], 7);
    /* What was not heard is not heard by the next. */
    happens(WM_KEY, 8);
    CHECK_NUMBER("it ends", calls(p, PROC_EXIT, 1, 0, 0, 0), SERVICE_OK);
    happens(WM_KEY, 9);
    p = spawned(GRANTS);
    manage();
    CHECK_NUMBER("the next has one", opens(p, WIDE, HIGH), 1);
    CHECK_NUMBER("and hears nothing", hears(p), PROC_LATER);
}

static uint32_t pixel_of(seL4_Word at)
{
    uint32_t pixel = 0;
    for (unsigned i = 0; i < 4; i++)
        pixel |= (uint32_t)(unsigned char)memory[(at + i - START) / PAGE][(at + i) % PAGE] << 8 * i;
    return pixel;
}

static int32_t any(int32_t most)
{
    return random_below(20) == 0 ? (int32_t)random_next() : (int32_t)random_below((uint32_t)most + 2);
}

static bool good(struct rect r)
{
    return r.x >= 0 && r.y >= 0 && r.width > 0 && r.height > 0 && (int64_t)r.x + r.width <= WIDE &&
           (int64_t)r.y + r.height <= HIGH;
}

/* Is all of that part in its memory? */
static bool lies_there(seL4_Word at, struct rect r)
{
    seL4_Word first = at + ((seL4_Word)r.y * WIDE + (seL4_Word)r.x) * 4,
              end = at + ((seL4_Word)(r.y + r.height - 1) * WIDE + (seL4_Word)(r.x + r.width)) * 4;
    return first < end && first >= START && end <= START + PAGES * PAGE;
}

static void check_shown(void)
{
    CHECK_NUMBER("what is asked", last.op, WM_COMMIT);
    CHECK_NUMBER("its lines", last.length, WIDE);
    CHECK(memcmp(surface + last.buffer, expected, sizeof expected) == 0);
}

static void pictures_are_what_it_has(void)
{
    unsigned shown = 0, torn = 0;
    begin(true);
    struct process *p = spawned(GRANTS);
    memset(expected, 0, sizeof expected);
    CHECK_NUMBER("open", opens(p, WIDE, HIGH), 1);
    manage();
    check_shown();
    for (unsigned round = 0; round < ROUNDS; round++) {
        const struct rect r = {any(WIDE), any(HIGH), any(WIDE), any(HIGH)};
        seL4_Word at = random_below(30) == 0  ? random_next()
                       : random_below(8) == 0 ? START - 2000 + random_below(4000)
                                              : START + random_below((PAGES - 1) * PAGE);
        bool there = good(r) && lies_there(at, r);
        memory[random_below(PAGES)][random_below(PAGE)]++;
        CHECK_NUMBER("shown", shows(p, at, r), there ? SERVICE_OK : SERVICE_BAD);
        torn += good(r) && !there;
        if (!there)
            continue;
        for (int32_t y = r.y; y < r.y + r.height; y++)
            for (int32_t x = r.x; x < r.x + r.width; x++)
                expected[y * WIDE + x] = pixel_of(at + (seL4_Word)(y * WIDE + x) * 4);
        CHECK_NUMBER("before it was taken", shows(p, at, r), PROC_LATER);
        if (random_below(50) == 0)
            start_manager(); /* it is shown to a new life, which has not seen it */
        manage();
        manage();
        check_shown();
        shown++;
    }
    CHECK(shown > 500 && torn > 50);
}

int main(void)
{
    random_seed();
    surface = calloc(1, WM_SURFACE);
    for (unsigned i = 0; i < PAGES; i++) {
        memory[i] = malloc(PAGE);
        for (unsigned at = 0; at < PAGE; at++)
            memory[i][at] = (char)random_next();
    }
    test_run("proc/window of who asks first", who_asks_first_has_it);
    test_run("proc/window of a size", whose_size_makes_no_sense);
    test_run("proc/window where there are none", where_there_are_none);
    test_run("proc/window is heard of", what_happens_is_heard);
    test_run("proc/window shows what it has", pictures_are_what_it_has);
    for (unsigned i = 0; i < PAGES; i++)
        free(memory[i]);
    free(surface);
    return test_end();
}
