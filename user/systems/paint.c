/* A sheet to draw on with the mouse; a palette above it. The key C clears it. */
#include <stddef.h>
#include "wm/protocol.h"

enum {
    WM = 0,
    WIDTH = 360,
    HEIGHT = 280,
    PALETTE = 34,
    PAPER = 0xfaf8f2,
    GROUND = 0x2b303b,
    BRUSH = 4,
    NOWHERE = -1
};
static const uint32_t colours[] = {0x20242c, 0xc8483a, 0xe39a2d, 0xe8d44d, 0x4f9d4a,
                                   0x2f8fb8, 0x3b53b0, 0x8a4fa8, 0xfaf8f2};
enum { COLOURS = sizeof colours / sizeof *colours, PATCH = 24, GAP = 5 };
static const struct rect sheet = {0, PALETTE, WIDTH, HEIGHT - PALETTE}, all = {0, 0, WIDTH, HEIGHT};

void *wm_rings, *surface; /* where the description maps them */
static struct wm_window window;
static unsigned chosen;
static int32_t last_x = NOWHERE, last_y;

/* What is still to be drawn: strokes wait while the last picture is not taken. */
enum { STROKES = 256 };
static struct stroke {
    int32_t x, y, to_x, to_y;
    uint32_t colour;
} strokes[STROKES];
static unsigned stroke_count;
static bool palette_changed = true, cleared = true;

static struct rect patch(unsigned number)
{
    return (struct rect){GAP + (int32_t)number * (PATCH + GAP), GAP, PATCH, PATCH};
}

static struct rect draw_palette(const struct picture *p)
{
    const struct rect top = {0, 0, WIDTH, PALETTE};
    draw_fill(p, all, top, GROUND);
    for (unsigned i = 0; i < COLOURS; i++) {
        struct rect r = patch(i);
        draw_fill(p, all, r, colours[i]);
        draw_frame(p, all, r, i == chosen ? 3 : 1, i == chosen ? 0xffffff : 0x596070);
    }
    return top;
}

static struct rect draw_stroke(const struct picture *p, const struct stroke *s)
{
    const struct rect here = {s->x - BRUSH, s->y - BRUSH, 2 * BRUSH, 2 * BRUSH},
                      there = {s->to_x - BRUSH, s->to_y - BRUSH, 2 * BRUSH, 2 * BRUSH};
    draw_line(p, sheet, s->x, s->y, s->to_x, s->to_y, BRUSH, s->colour);
    return rect_cut(rect_join(here, there), sheet);
}

static void draw(const struct picture *p)
{
    struct rect changed = {0, 0, 0, 0};
    if (cleared) {
        draw_fill(p, all, sheet, PAPER);
        changed = sheet;
    }
    if (palette_changed)
        changed = rect_join(changed, draw_palette(p));
    for (unsigned i = 0; i < stroke_count; i++)
        changed = rect_join(changed, draw_stroke(p, &strokes[i]));
    cleared = palette_changed = false;
    stroke_count = 0;
    wm_show(&window, changed);
}

static void pointer(int32_t x, int32_t y, bool down)
{
    for (unsigned i = 0; i < COLOURS && down && last_x == NOWHERE; i++)
        if (rect_has(patch(i), x, y)) {
            chosen = i;
            palette_changed = true;
        }
    bool begins = last_x == NOWHERE && y >= PALETTE;
    if (down && (begins || last_x != NOWHERE) && stroke_count < STROKES)
        strokes[stroke_count++] =
            (struct stroke){begins ? x : last_x, begins ? y : last_y, x, y, colours[chosen]};
    if (!down)
        last_x = NOWHERE;
    else if (begins || last_x != NOWHERE)
        last_x = x < 0 ? 0 : x, last_y = y;
}

static void take(const struct ring_entry *e)
{
    if (e->op == WM_POINTER)
        pointer((int32_t)(uint32_t)e->a, (int32_t)(uint32_t)(e->a >> 32), (e->b & 1) != 0);
    if (e->op == WM_KEY && e->b == 1 && (e->c == 'c' || e->c == 'C')) {
        cleared = true;
        stroke_count = 0;
    }
}

void init(void)
{
    wm_start(&window, wm_rings, surface, WIDTH, HEIGHT, WM);
    notified(WM);
}

void notified(microkit_channel ch)
{
    struct ring_entry event;
    (void)ch;
    while (wm_next(&window, &event))
        take(&event);
    const struct picture *p = cleared || palette_changed || stroke_count > 0 ? wm_draw(&window) : NULL;
    if (p)
        draw(p);
}
