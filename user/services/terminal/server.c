/* A terminal in a window, in the place that the serial port's driver has elsewhere. */
#include <stddef.h>
#include "ring/text.h"
#include "terminal/grid.h"
#include "wm/protocol.h"

enum { WM = 0, READER = 1, WRITER = 2 }; /* channels; READER reads what is typed */
enum { PAD = 6, PAPER = 0x161a22, INK = 0xd9dee7, CURSOR = 0x9fd0ff };
enum { WIDTH = GRID_COLUMNS * DRAW_CHAR_WIDTH + 2 * PAD, HEIGHT = GRID_ROWS * DRAW_CHAR_HEIGHT + 2 * PAD };
_Static_assert(WIDTH *HEIGHT * 4 <= WM_SURFACE / 2, "two pictures fit");

struct text_ring *sending, *typed; /* where the description maps them */
struct grid_text *text;
const draw_font *font;
void *wm_rings, *surface;

static struct ring_end in, out;
static struct wm_window window;
static struct grid grid;
static bool focused, bare = true; /* bare: nothing was ever drawn */

static const struct {
    uint8_t key;
    char bytes[5];
} special[] = {{0xc8, "\x1b[A"}, {0xd0, "\x1b[B"}, {0xcd, "\x1b[C"}, {0xcb, "\x1b[D"},
               {0xc7, "\x1b[H"}, {0xcf, "\x1b[F"}, {0xd3, "\x1b[3~"}};

static void type(const char *bytes, uint32_t count)
{
    text_put(&out, bytes, count); /* what there is no room for, is not typed */
}

static void take_key(const struct ring_entry *e)
{
    char c = (char)e->c;
    if (e->b != 1 || (e->d & WM_ALT) != 0)
        return;
    if (c != 0)
        type(&c, 1);
    for (unsigned i = 0; i < sizeof special / sizeof *special && c == 0; i++)
        if (special[i].key == e->a)
            type(special[i].bytes, special[i].bytes[3] == 0 ? 3 : 4);
}

static void take_events(void)
{
    struct ring_entry e;
    while (wm_next(&window, &e)) {
        if (e.op == WM_KEY)
            take_key(&e);
        if (e.op == WM_FOCUS) {
            focused = e.a == 1;
            grid_cursor_changed(&grid);
        }
    }
    if (ring_publish(&out))
        microkit_notify(READER);
}

/* A ring of it at most; what comes meanwhile signals, or is seen before it sleeps. */
static void take_text(void)
{
    char c;
    for (unsigned left = TEXT_BYTES; left > 0 && text_get(&in, &c); left--)
        grid_put(&grid, c);
    if (ring_publish(&in))
        microkit_notify(WRITER);
}

static struct rect place_of(uint32_t row, uint32_t from, uint32_t behind)
{
    return (struct rect){PAD + (int32_t)from * DRAW_CHAR_WIDTH, PAD + (int32_t)row * DRAW_CHAR_HEIGHT,
                         (int32_t)(behind - from) * DRAW_CHAR_WIDTH, DRAW_CHAR_HEIGHT};
}

static void draw_cell(const struct picture *p, uint32_t row, uint32_t column)
{
    struct rect r = place_of(row, column, column + 1);
    bool here = row == grid.row && column == (grid.column < GRID_COLUMNS ? grid.column : GRID_COLUMNS - 1);
    bool filled = here && focused;
    draw_char(p, r, r.x, r.y, *font, text->cell[row][column], filled ? PAPER : INK, filled ? CURSOR : PAPER);
    if (here && !focused)
        draw_frame(p, r, r, 1, CURSOR);
}

static struct rect draw_changes(const struct picture *p)
{
    struct rect changed = {0, 0, 0, 0};
    for (uint32_t row = 0; row < GRID_ROWS; row++) {
        uint32_t from = grid.from[row], behind = grid.behind[row];
        for (uint32_t column = from; column < behind; column++)
            draw_cell(p, row, column);
        if (from < behind)
            changed = rect_join(changed, place_of(row, from, behind));
        grid.from[row] = grid.behind[row] = 0;
    }
    return changed;
}

static void draw(void)
{
    const struct rect all = {0, 0, WIDTH, HEIGHT};
    const struct picture *p = grid_changed(&grid) ? wm_draw(&window) : NULL;
    if (!p)
        return;
    if (bare)
        draw_fill(p, all, all, PAPER);
    struct rect changed = draw_changes(p);
    wm_show(&window, bare ? all : changed);
    bare = false;
}

void init(void)
{
    grid_start(&grid, text);
    text_start(&in, sending, false);
    text_start(&out, typed, true);
    wm_start(&window, wm_rings, surface, WIDTH, HEIGHT, WM);
    service_signal_all();
    notified(WM);
}

void notified(microkit_channel ch)
{
    (void)ch;
    do {
        take_text();
        take_events();
        draw();
    } while (text_ready(&in) > 0 || (text_ready(&in) == 0 && !ring_sleep(&in, 1)));
}
