/* Two windows that overlap, and a terminal; and the hands and eyes before them, until the killer has done: a window gets another colour, a line is
   written at the terminal, and the screen is looked at until it shows them; a key is pressed until it was heard; a click raises a window. Where
   windows are and which is above which must outlive the manager, and what was written the terminal. It never sleeps: whatever the others are to do,
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
    DIGITS = 8
};
enum { PAD = 6, PAPER = 0x161a22, INK = 0xd9dee7, CURSOR = 0x9fd0ff }; /* terminal/server.c */
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
static char line[DIGITS + 1];
static unsigned top = WINDOWS - 1, upper = WINDOWS - 1; /* of all; and of the two that overlap */
static unsigned heard, wrong;
static uint64_t lives_at_click;

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

/* Whether a cell shows a character. */
static bool is_shown(uint32_t row, uint32_t column, char c)
{
    uint32_t dots[DRAW_CHAR_HEIGHT * DRAW_CHAR_WIDTH];
    const struct picture cell = {dots, DRAW_CHAR_WIDTH, DRAW_CHAR_HEIGHT, DRAW_CHAR_WIDTH};
    int32_t x = content[TERMINAL].x + PAD + (int32_t)column * DRAW_CHAR_WIDTH,
            y = content[TERMINAL].y + PAD + (int32_t)row * DRAW_CHAR_HEIGHT;
    draw_char(&cell, (struct rect){0, 0, DRAW_CHAR_WIDTH, DRAW_CHAR_HEIGHT}, 0, 0, *font, c, INK, PAPER);
    for (int32_t i = 0; i < DRAW_CHAR_HEIGHT * DRAW_CHAR_WIDTH; i++)
        if (pixel(x + i % DRAW_CHAR_WIDTH, y + i / DRAW_CHAR_WIDTH) != dots[i])
            return false;
    return true;
}

/* The last line has the number, in memory and on the screen; the cursor behind it is filled if the keys go there. */
static bool terminal_is_right(void)
{
    uint32_t row = text->cursor / (GRID_COLUMNS + 1), column = text->cursor % (GRID_COLUMNS + 1);
    if (row >= GRID_ROWS || column != DIGITS)
        return false;
    for (uint32_t i = 0; i < DIGITS; i++)
        if (text->cell[row][i] != line[i] || !is_shown(row, i, line[i]))
            return false;
    int32_t x = content[TERMINAL].x + PAD + DIGITS * DRAW_CHAR_WIDTH + DRAW_CHAR_WIDTH / 2,
            y = content[TERMINAL].y + PAD + (int32_t)row * DRAW_CHAR_HEIGHT + DRAW_CHAR_HEIGHT / 2;
    return pixel(x, y) == (top == TERMINAL ? CURSOR : PAPER);
}

static bool is_right(void)
{
    return pixel(spot[0].x, spot[0].y) == colour[0] && pixel(spot[1].x, spot[1].y) == colour[1] &&
           pixel(spot[BOTH].x, spot[BOTH].y) == colour[upper] && terminal_is_right();
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
    heard += e->op == WM_KEY;
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
    snprintf(line, sizeof line, "%08lu", draw() % 100000000);
    snprintf(out, sizeof out, "\r\n%s", line);
    if (!text_put(&to_terminal, out, DIGITS + 2))
        complain("no room for text, after as many complaints as", wrong);
    if (ring_publish(&to_terminal))
        microkit_notify(WRITER);
    until_right("not shown is the line at the terminal, number", NULL, (unsigned)strlen(line));
}

static void type(void)
{
    unsigned before = heard;
    for (unsigned left = TRIES; heard == before && left > 0; left--) {
        hands_press_key();
        take_all();
    }
    if (heard == before)
        complain("not heard is a key by window", top);
}

static void raise(unsigned at)
{
    top = at;
    upper = at < WINDOWS ? at : upper;
    until_right("not raised is window", click, top);
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
        paint(draw() % WINDOWS);
        write_line();
        type();
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
