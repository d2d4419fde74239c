/* Two windows that overlap, and the hands and eyes before them, until the killer has done: a window gets another colour, and is looked at until the
   screen shows it; a key is pressed until it was heard; a click raises the window below. Where windows are and which is above which must outlive
   the manager. It never sleeps: whatever the manager is to do, it has done when this one goes on. */
#include <stdio.h>
#include "draw.h"
#include "input/protocol.h"
#include "keeper/protocol.h"
#include "screen/protocol.h"
#include "store.h"
#include "wm/protocol.h"

enum {
    INPUT = 2,
    SCREEN = 3,
    DUMPER = 4,
    KEEPER = 5,
    WM_CHILD = 0
}; /* channels, and the manager among the children */
enum {
    WINDOWS = 2,
    WIDTH = 200,
    HEIGHT = 150,
    TRIES = 1000,
    CLICKS = 4 /* rounds from one to the next */,
    KEY = 0x1e
};
static const struct rect all = {0, 0, WIDTH, HEIGHT};

/* Where the manager puts windows that no file has places for; frames and shadows go up to 11 pixels farther. */
static const struct {
    int32_t x, y;
} content[WINDOWS] = {{43, 65}, {83, 105}};
/* Where a window is alone, to look at and to click; and where both are. */
enum { BOTH = WINDOWS, SPOTS };
static const struct {
    int32_t x, y;
} spot[SPOTS] = {{50, 70}, {270, 240}, {150, 150}}, target[WINDOWS] = {{60, 200}, {265, 150}};

const volatile struct score *score; /* where the description maps them */
const volatile uint32_t *picture;
void *screen_ring, *input_ring;
char *wm_rings, *surfaces;

static struct wm_window window[WINDOWS];
static struct ring_end screen, input;
static uint32_t colour[WINDOWS], shown[SPOTS];
static unsigned top = WINDOWS - 1, heard, wrong;

static void say(const char *what, uint64_t number)
{
    char line[80];
    snprintf(line, sizeof line, "client: %s %lu\n", what, number);
    microkit_dbg_puts(line);
}

static void complain(const char *what, uint64_t number)
{
    wrong++;
    say(what, number);
}

/* ---- the screen: what was told to have changed is looked at then, and not later. */
static void look(void)
{
    struct ring_entry e;
    if (ring_ready(&screen) < 0)
        ring_accept(&screen);
    while (ring_get(&screen, &e))
        for (unsigned i = 0; i < SPOTS; i++)
            if (rect_has((struct rect){(int32_t)(uint32_t)e.a, (int32_t)(e.a >> 32), (int32_t)(uint32_t)e.b,
                                       (int32_t)(e.b >> 32)},
                         spot[i].x, spot[i].y))
                shown[i] = picture[spot[i].y * SCREEN_WIDTH + spot[i].x];
    if (ring_publish(&screen))
        microkit_notify(SCREEN);
    ring_sleep(&screen, 1);
}

static bool is_right(void)
{
    return shown[0] == colour[0] && shown[1] == colour[1] && shown[BOTH] == colour[top];
}

/* ---- keyboard and mouse */
static void put(const struct ring_entry *e)
{
    if (ring_ready(&input) < 0)
        ring_accept(&input);
    if (!ring_put(&input, e))
        complain("no room for input, after as many complaints as", wrong);
    ring_publish(&input);
    microkit_notify(INPUT);
}

static void press_key(void)
{
    put(&(struct ring_entry){.op = INPUT_KEY, .a = KEY, .b = 1});
    put(&(struct ring_entry){.op = INPUT_KEY, .a = KEY});
}

/* From a corner, since a death may have lost a movement, or have made it twice. */
static void click(unsigned at)
{
    put(&(struct ring_entry){.op = INPUT_POINTER, .a = (uint64_t)-SCREEN_WIDTH, .b = (uint64_t)-SCREEN_HEIGHT});
    put(&(struct ring_entry){.op = INPUT_POINTER, .a = (uint64_t)target[at].x, .b = (uint64_t)target[at].y});
    put(&(struct ring_entry){.op = INPUT_POINTER, .c = 1});
    put(&(struct ring_entry){.op = INPUT_POINTER});
}

/* ---- the windows */
static void hear(unsigned at, const struct ring_entry *e)
{
    if (e->op == WM_KEY && (at != top || e->a != KEY))
        complain("another's key is heard by window", at);
    if (e->op == WM_POINTER && ((int32_t)(uint32_t)e->a != target[at].x - content[at].x ||
                                (int32_t)(e->a >> 32) != target[at].y - content[at].y))
        complain("the pointer is elsewhere for window", at);
    heard += e->op == WM_KEY;
}

static void take_all(void)
{
    struct ring_entry e;
    for (unsigned i = 0; i < WINDOWS; i++) {
        while (wm_next(&window[i], &e))
            hear(i, &e);
        if (window[i].refused)
            complain("a picture is refused of window", i);
    }
    look();
}

/* Until the screen is right; `again` is done each time. */
static void until_right(const char *what, void (*again)(unsigned), unsigned at)
{
    unsigned left = TRIES;
    for (take_all(); !is_right() && left > 0; left--) {
        if (again)
            again(at);
        take_all();
    }
    if (left == 0)
        complain(what, at);
}

static void fill(unsigned at)
{
    const struct picture *p = NULL;
    for (unsigned left = TRIES; !(p = wm_draw(&window[at])) && left > 0; left--)
        take_all();
    if (!p) {
        complain("not taken is the picture of window", at);
        return;
    }
    colour[at] = (uint32_t)draw() & 0xffffff;
    draw_fill(p, all, all, colour[at]);
    wm_show(&window[at], all);
}

static void paint(unsigned at)
{
    fill(at);
    until_right("not shown is the picture of window", NULL, at);
}

static void type(void)
{
    unsigned before = heard;
    for (unsigned left = TRIES; heard == before && left > 0; left--) {
        press_key();
        take_all();
    }
    if (heard == before)
        complain("not heard is a key by window", top);
}

static void raise(void)
{
    top = !top;
    until_right("not raised is window", click, top);
}

void init(void)
{
    uint64_t rounds = 0;
    ring_start(&screen, screen_ring, SCREEN_RING, false);
    ring_start(&input, input_ring, INPUT_RING, true);
    for (unsigned i = 0; i < WINDOWS; i++)
        wm_start(&window[i], wm_rings + (size_t)i * 2 * WM_PAGE, surfaces + (size_t)i * WM_SURFACE, WIDTH,
                 HEIGHT, i);
    for (unsigned i = 0; i < WINDOWS; i++)
        fill(i); /* the last one is on top */
    for (; !score->done; rounds++) {
        paint(draw() % WINDOWS);
        type();
        if (rounds % CLICKS == 0)
            raise();
    }
    paint(0);
    seL4_Word lives = 0;
    bool runs = false;
    if (!keeper_lives(KEEPER, WM_CHILD, &lives, &runs) || !runs)
        complain("the manager is dead, after lives", lives);
    say("lives of the manager:", lives);
    say("rounds:", rounds);
    say("wrong:", wrong);
    microkit_notify(DUMPER);
}

void notified(microkit_channel ch)
{
    (void)ch;
}
