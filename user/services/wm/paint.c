/* What the screen shows: the desktop, windows with their frames, the bar on top of them, and the pointer on top of all. */
#include <string.h>
#include "wm/wm.h"

enum {
    RECTS = 12,
    TEXT_DOWN = (TITLE - DRAW_CHAR_HEIGHT) / 2,
    BAR_TEXT_DOWN = (BAR - DRAW_CHAR_HEIGHT) / 2,
    MARGIN = 10
};
enum {
    WHITE = 0xf4f6fa,
    DARK = 0x14181f,
    DIM_TITLE = 0x3a4150,
    DIM_TEXT = 0xa8b0bd,
    HELP_TEXT = 0x7d8694,
    BAR_COLOUR = 0x1b2029
};

const draw_font *font;
static struct rect changed[RECTS];
static unsigned changed_count;

static const uint32_t colours[] = {0x3d7eea, 0x1f9e83, 0xd9772f, 0x8a5bd6,
                                   0xcf4f79, 0x7d9431, 0x2f9fc4, 0xb0653f};

uint32_t window_colour(unsigned id)
{
    return colours[id % (sizeof colours / sizeof *colours)];
}

/* Rectangles that touch become one, and so do those that there is no room for. */
void paint_changed(struct rect where)
{
    struct rect r = rect_cut(where, (struct rect){0, 0, SCREEN_WIDTH, SCREEN_HEIGHT});
    if (rect_empty(r))
        return;
    for (unsigned i = 0; i < changed_count;)
        if (!rect_empty(rect_cut(changed[i], r)) || changed_count == RECTS) {
            r = rect_join(changed[i], r);
            changed[i] = changed[--changed_count];
            i = 0;
        } else {
            i++;
        }
    changed[changed_count++] = r;
}

/* From a dark blue at the top to a darker green below. */
static void paint_desktop(const struct picture *screen, struct rect clip)
{
    for (int32_t y = clip.y; y < clip.y + clip.height; y++) {
        uint32_t part = (uint32_t)y * 256 / SCREEN_HEIGHT;
        uint32_t red = 0x24 - (part * 0x12 >> 8), green = 0x34 + (part * 0x0c >> 8),
                 blue = 0x52 - (part * 0x1c >> 8);
        draw_fill(screen, clip, (struct rect){clip.x, y, clip.width, 1}, red << 16 | green << 8 | blue);
    }
}

static uint32_t darker(uint32_t colour)
{
    return colour >> 1 & 0x7f7f7f;
}

/* Right of the frame and below. */
static void paint_shadow(const struct picture *screen, struct rect clip, struct rect frame)
{
    const struct rect parts[] = {{frame.x + SHADOW, frame.y + frame.height, frame.width, SHADOW},
                                 {frame.x + frame.width, frame.y + SHADOW, SHADOW, frame.height - SHADOW}};
    for (unsigned i = 0; i < 2; i++) {
        struct rect r = rect_cut(rect_cut(parts[i], clip), (struct rect){0, 0, SCREEN_WIDTH, SCREEN_HEIGHT});
        for (int32_t y = r.y; y < r.y + r.height; y++)
            for (int32_t x = r.x; x < r.x + r.width; x++) {
                uint32_t *pixel = &screen->pixel[(uint32_t)y * screen->stride + (uint32_t)x];
                *pixel = darker(*pixel);
            }
    }
}

static void paint_window(const struct picture *screen, struct rect clip, unsigned id)
{
    const struct window *w = &windows[id];
    struct rect frame = window_frame(w), title = window_title(w), content = window_content(w);
    bool focused = window_focused() == (int)id;
    paint_shadow(screen, clip, frame);
    draw_frame(screen, clip, frame, BORDER, focused ? window_colour(id) : darker(window_colour(id)));
    draw_fill(screen, clip, title, focused ? window_colour(id) : DIM_TITLE);
    draw_text(screen, rect_cut(clip, title), title.x + MARGIN, title.y + TEXT_DOWN, *font, w->name,
              focused ? WHITE : DIM_TEXT);
    draw_copy(screen, clip, content.x, content.y, &w->content);
}

/* Who has the keys: nobody else can write there. */
static void paint_bar(const struct picture *screen, struct rect clip)
{
    int id = window_focused();
    const char *name = id < 0 ? "" : windows[id].name;
    draw_fill(screen, clip, (struct rect){0, 0, SCREEN_WIDTH, BAR - 2}, BAR_COLOUR);
    draw_fill(screen, clip, (struct rect){0, BAR - 2, SCREEN_WIDTH, 2},
              id < 0 ? DIM_TITLE : window_colour((unsigned)id));
    draw_text(screen, clip, MARGIN, BAR_TEXT_DOWN, *font, "Baton", WHITE);
    draw_text(screen, clip, MARGIN + 8 * DRAW_CHAR_WIDTH, BAR_TEXT_DOWN, *font, name, DIM_TEXT);
    static const char help[] = "Alt-Tab: the next window";
    draw_text(screen, clip, SCREEN_WIDTH - MARGIN - (int32_t)strlen(help) * DRAW_CHAR_WIDTH, BAR_TEXT_DOWN,
              *font, help, HELP_TEXT);
}

/* Lines of the arrow: its outline, and what is inside. */
static const struct {
    uint16_t outline, inside;
} arrow[] = {
    {0x8000, 0},      {0xc000, 0},      {0xa000, 0x4000}, {0x9000, 0x6000}, {0x8800, 0x7000}, {0x8400, 0x7800},
    {0x8200, 0x7c00}, {0x8100, 0x7e00}, {0x8080, 0x7f00}, {0x8040, 0x7f80}, {0x83e0, 0x7c00}, {0x9200, 0x6c00},
    {0xa900, 0x4600}, {0xc900, 0x0600}, {0x8480, 0x0300}, {0x0480, 0x0300}, {0x0300, 0},
};
enum { ARROW_LINES = sizeof arrow / sizeof *arrow, ARROW_WIDTH = 12 };

struct rect pointer_extent(void)
{
    return (struct rect){pointer_x, pointer_y, ARROW_WIDTH, ARROW_LINES};
}

static void paint_pointer(const struct picture *screen, struct rect clip)
{
    struct rect r =
        rect_cut(rect_cut(pointer_extent(), clip), (struct rect){0, 0, SCREEN_WIDTH, SCREEN_HEIGHT});
    for (int32_t y = r.y; y < r.y + r.height; y++)
        for (int32_t x = r.x; x < r.x + r.width; x++) {
            unsigned bit = 0x8000u >> (x - pointer_x);
            uint32_t *pixel = &screen->pixel[(uint32_t)y * screen->stride + (uint32_t)x];
            if ((arrow[y - pointer_y].outline & bit) != 0)
                *pixel = DARK;
            else if ((arrow[y - pointer_y].inside & bit) != 0)
                *pixel = WHITE;
        }
}

static bool covers(struct rect a, struct rect b)
{
    struct rect both = rect_cut(a, b);
    return both.x == b.x && both.y == b.y && both.width == b.width && both.height == b.height;
}

/* What a window covers whole need not be painted below it. */
static void paint_rect(const struct picture *screen, struct rect clip)
{
    unsigned lowest = order_count;
    while (lowest > 0 && !covers(window_frame(&windows[order[lowest - 1]]), clip))
        lowest--;
    if (lowest == 0)
        paint_desktop(screen, clip);
    for (unsigned i = lowest > 0 ? lowest - 1 : 0; i < order_count; i++)
        if (!rect_empty(rect_cut(window_extent(&windows[order[i]]), clip)))
            paint_window(screen, clip, order[i]);
    if (clip.y < BAR)
        paint_bar(screen, clip);
    paint_pointer(screen, clip);
}

void paint(const struct picture *screen, void (*tell)(struct rect))
{
    while (changed_count > 0) {
        struct rect r = changed[--changed_count];
        paint_rect(screen, r);
        tell(r);
    }
}
