/* Two windows that overlap, and a terminal; and the hands and eyes before them, until the killer has done: a window gets another colour, a line is
   written at the terminal, and the screen is looked at until it shows them; a key is pressed until it was heard; a click raises a window. Where
   windows are and which is above which must outlive the manager, and what was written the terminal, line by line. It never sleeps: whatever the others are to do,
   they have done when this one goes on. */
#include <stdio.h>
#include <string.h>
#include "draw.h"
#include "hands.h"
#include "keeper/protocol.h"
#include "ring/text.h"
#include "screen/protocol.h"
#include "store.h"
#include "terminal/grid.h"
#include "wm/protocol.h"

enum { WRITER = 3, DUMPER = 4, KEEPER = 5 }; /* channels, behind those of the windows */
enum { WM = 0, SCREEN = 1, INPUT = 2, OF_TERMINAL = 3, CHILDREN = 4 }; /* of the keeper */
enum {
    WINDOWS = 2,
    TERMINAL = 2 /* the one behind them */,
    ALL,
    WIDTH = 200,
    HEIGHT = 150,
    TRIES = 1000,
    CLICKS = 4 /* rounds from one to the next */,
    CHARACTER = 'a',
    ARROW = 0x14181f /* its tip: wm/paint.c */
};
static const struct rect all = {0, 0, WIDTH, HEIGHT};

/* Where the manager puts windows that no file has places for, and where it says (kills.places); frames and shadows go up to 11 pixels farther. */
static const struct {
    int32_t x, y;
} content[ALL] = {{43, 65}, {83, 105}, {333, 315}};
/* Where a window is alone, to look at and to click; and where both are. */
enum { BOTH = WINDOWS, SPOTS };
static const struct {
    int32_t x, y;
} spot[SPOTS] = {{50, 70}, {270, 240}, {150, 150}}, target[ALL] = {{60, 200}, {265, 150}, {600, 600}};

const volatile struct score *score; /* where the description maps them */
const volatile uint32_t *pixels;
const draw_font *font;
struct text_ring *sending, *typed;
const volatile struct grid_text *text;
char *wm_rings, *surfaces;

static struct wm_window window[WINDOWS];
static struct ring_end to_terminal, from_terminal;
static uint32_t colour[WINDOWS];
static unsigned top = WINDOWS - 1, upper = WINDOWS - 1; /* of all; and of the two that overlap */
static unsigned heard, pressed, wrong;
static uint64_t lives_at_click;
static bool pointer_known; /* it is where it clicked last, since nobody died meanwhile; and stays there */

static void say(const char *what, uint64_t number)
{
    char said[80];
    snprintf(said, sizeof said, "client: %s %lu\n", what, number);
    microkit_dbg_puts(said);
}

static void complain(const char *what, uint64_t number)
{
    wrong++;
    say(what, number);
}

static uint64_t lives_of(unsigned child)
{
    seL4_Word lives = 0;
    bool runs = false;
    if (!keeper_lives(KEEPER, child, &lives, &runs) || !runs)
        complain("dead is child", child);
    return lives;
}

/* ---- the eyes */
static uint32_t pixel(int32_t x, int32_t y)
{
    return pixels[y * SCREEN_WIDTH + x];
}

#include "lines.h"

static bool pointer_is_right(void)
{
    return !pointer_known || pixel(target[top].x, target[top].y) == ARROW;
}

static bool is_right(void)
{
    return pixel(spot[0].x, spot[0].y) == colour[0] && pixel(spot[1].x, spot[1].y) == colour[1] &&
           pixel(spot[BOTH].x, spot[BOTH].y) == colour[upper] && terminal_is_right() && pointer_is_right() &&
           (!thorough || all_is_shown());
}

/* ---- the hands */
/* From a corner, since a death may have lost a movement, or have made it twice. */
static void click(unsigned at)
{
    lives_at_click = lives_of(WM) + lives_of(INPUT);
    hands_move(-SCREEN_WIDTH, -SCREEN_HEIGHT, false);
    hands_move(target[at].x, target[at].y, false);
    hands_move(0, 0, true);
    hands_move(0, 0, false);
}

/* ---- the windows */
static void hear(unsigned at, const struct ring_entry *e)
{
    if (e->op == WM_KEY && (at != top || e->a != KEY))
        complain("another's key is heard by window", at);
    if (e->op == WM_POINTER && lives_at_click == lives_of(WM) + lives_of(INPUT) &&
        ((int32_t)(uint32_t)e->a != target[at].x - content[at].x ||
         (int32_t)(e->a >> 32) != target[at].y - content[at].y))
        complain("the pointer is elsewhere for window", at);
    heard += e->op == WM_KEY && e->b == 1; /* that went down */
}

static void take_typed(void)
{
    char c;
    while (text_get(&from_terminal, &c)) {
        if (c != CHARACTER || top != TERMINAL)
            complain("another's key is typed at the terminal:", (uint8_t)c);
        heard++;
    }
    ring_publish(&from_terminal);
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
    take_typed();
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

/* What was put is shown once or twice, and never not. */
static void write_line(void)
{
    char out[DIGITS + 3];
    bool below = new_line();
    int bytes = snprintf(out, sizeof out, "%s%s", below ? "\r\n" : "\r", line(written - 1));
    if (!text_put(&to_terminal, out, (uint32_t)bytes))
        complain("no room for text, after as many complaints as", wrong);
    if (ring_publish(&to_terminal))
        microkit_notify(WRITER);
    thorough = true;
    until_right("not shown is the line at the terminal, number", NULL, written - 1);
    thorough = false;
    look_at_lines();
}

static void type(void)
{
    unsigned before = heard;
    for (pressed = 0; heard == before && pressed < TRIES; pressed++) {
        hands_press_key();
        take_all();
    }
    if (heard == before)
        complain("not heard is a key by window", top);
}

static uint64_t lives_of_all(void)
{
    uint64_t lives = 0;
    for (unsigned i = 0; i < CHILDREN; i++)
        lives += lives_of(i);
    return lives;
}

/* While nobody dies a key is heard at once, and once; and no death of the terminal makes it two. */
static void do_work(void)
{
    uint64_t lives = lives_of_all(), of_others = lives - lives_of(OF_TERMINAL);
    unsigned before = heard;
    paint((unsigned)(draw() % WINDOWS));
    write_line();
    type();
    if (lives == lives_of_all() && pressed != 1)
        complain("nobody died, and lost is a key for window", top);
    if (of_others == lives_of_all() - lives_of(OF_TERMINAL) && heard - before > pressed)
        complain("a key is heard twice by window", top);
}

static void raise(unsigned at)
{
    top = at;
    upper = at < WINDOWS ? at : upper;
    pointer_known = false;
    lives_at_click = 0;
    until_right("not raised is window", click, top);
    pointer_known = lives_at_click == lives_of(WM) + lives_of(INPUT);
}

static void begin(void)
{
    text_start(&to_terminal, sending, true);
    text_start(&from_terminal, typed, false);
    for (unsigned i = 0; i < WINDOWS; i++)
        wm_start(&window[i], wm_rings + (size_t)i * 2 * WM_PAGE, surfaces + (size_t)i * WM_SURFACE, WIDTH,
                 HEIGHT, i);
    for (unsigned i = 0; i < WINDOWS; i++)
        fill(i); /* the last one is on top */
    write_line();
}

void init(void)
{
    static const char *const names[CHILDREN] = {"wm", "screen", "input", "terminal"};
    uint64_t rounds = 0;
    begin();
    for (; !score->done; rounds++) {
        do_work();
        if (rounds % CLICKS == 0)
            raise((top + 1 + draw() % (ALL - 1)) % ALL);
    }
    paint(0);
    for (unsigned i = 0; i < CHILDREN; i++) {
        char said[80];
        snprintf(said, sizeof said, "client: %s lived %lu times\n", names[i], lives_of(i));
        microkit_dbg_puts(said);
    }
    if (hands_missed > 0)
        complain("bytes not taken, or interrupts left off:", hands_missed);
    say("rounds:", rounds);
    say("wrong:", wrong);
    microkit_notify(DUMPER);
}

void notified(microkit_channel ch)
{
    (void)ch;
}
