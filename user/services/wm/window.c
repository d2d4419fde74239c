#include <string.h>
#include "names.h"
#include "wm/wm.h"

enum { STEP = 40 }; /* from one window that has no place to the next */

struct window windows[CLIENTS];
unsigned order[CLIENTS], order_count;
static uint64_t *words; /* x, y, 16 bits each; its height; that it is shown; and that all this is something */
static uint32_t height
    [CLIENTS]; /* which are above which, those that are not shown included: each that is raised gets a greater one */

static const uint64_t KEPT = 1ull << 63, SHOWN = 1ull << 62;
static uint32_t awaited; /* a bit for each that the last life showed, and this one not yet */
enum { HEIGHTS = 0x3fffffff };
_Static_assert(CLIENTS <= 32, "a bit for each");

static void keep(unsigned id)
{
    words[id] = (uint16_t)windows[id].x | (uint64_t)(uint16_t)windows[id].y << 16 | (uint64_t)height[id] << 32 |
                KEPT | (windows[id].shown ? SHOWN : 0);
}

static void raise_height(unsigned id)
{
    uint32_t most = 0;
    for (unsigned i = 0; i < CLIENTS; i++)
        most = height[i] > most ? height[i] : most;
    height[id] = (most + 1) & HEIGHTS;
}

struct rect window_frame(const struct window *w)
{
    return (struct rect){w->x, w->y, w->content.width + 2 * BORDER, w->content.height + TITLE + 2 * BORDER};
}

struct rect window_title(const struct window *w)
{
    return (struct rect){w->x + BORDER, w->y + BORDER, w->content.width, TITLE};
}

struct rect window_content(const struct window *w)
{
    return (struct rect){w->x + BORDER, w->y + BORDER + TITLE, w->content.width, w->content.height};
}

struct rect window_extent(const struct window *w)
{
    struct rect r = window_frame(w);
    return (struct rect){r.x, r.y, r.width + SHADOW, r.height + SHADOW};
}

/* A piece of the title stays to be seen, and nothing covers the bar. */
static int32_t within(int32_t value, int32_t least, int32_t most)
{
    return value < least ? least : value > most ? most : value;
}

void window_move(unsigned id, int32_t x, int32_t y)
{
    struct window *w = &windows[id];
    enum { SEEN = 48 };
    paint_changed(window_extent(w));
    w->x = within(x, SEEN - window_frame(w).width, SCREEN_WIDTH - SEEN);
    w->y = within(y, BAR, SCREEN_HEIGHT - SEEN);
    paint_changed(window_extent(w));
    keep(id);
}

/* Nobody, as long as the one that had the keys in the last life is still to come: what is typed is for no other. */
int window_focused(void)
{
    if (order_count == 0)
        return -1;
    unsigned top = order[order_count - 1];
    for (uint32_t left = awaited; left != 0; left &= left - 1)
        if (height[__builtin_ctz(left)] > height[top])
            return -1;
    return (int)top;
}

static void take_out_of_order(unsigned id)
{
    unsigned count = 0;
    for (unsigned i = 0; i < order_count; i++)
        if (order[i] != id)
            order[count++] = order[i];
    order_count = count;
}

/* Among those that are shown, by its height. */
static void put_in_order(unsigned id)
{
    take_out_of_order(id);
    unsigned count = order_count, place = 0;
    while (place < count && height[order[place]] < height[id])
        place++;
    memmove(&order[place + 1], &order[place], (count - place) * sizeof *order);
    order[place] = id;
    order_count = count + 1;
}

void window_raise(unsigned id)
{
    if (!windows[id].shown || window_focused() == (int)id)
        return;
    raise_height(id);
    put_in_order(id);
    keep(id);
    paint_changed((struct rect){0, 0, SCREEN_WIDTH, BAR});
    for (unsigned i = 0; i < order_count; i++)
        paint_changed(window_extent(&windows[order[i]]));
}

/* A new one stands on top, unless its height is known: from the manager's last life, or by the file of places. */
void window_show(unsigned id)
{
    if (windows[id].shown)
        return;
    windows[id].shown = true;
    awaited &= ~(1u << id);
    if (height[id] == 0)
        raise_height(id);
    put_in_order(id);
    window_move(id, windows[id].x, windows[id].y);
    for (unsigned i = 0; i < order_count; i++)
        paint_changed(window_extent(&windows[order[i]])); /* another one may have been the top one */
    paint_changed((struct rect){0, 0, SCREEN_WIDTH, BAR});
}

void window_hide(unsigned id)
{
    if (!windows[id].shown && (awaited >> id & 1) == 0)
        return;
    awaited &= ~(1u << id);
    for (unsigned i = 0; i < order_count; i++)
        paint_changed(window_extent(&windows[order[i]])); /* another one may be the top one now */
    paint_changed((struct rect){0, 0, SCREEN_WIDTH, BAR});
    windows[id].shown = false;
    take_out_of_order(id);
    height[id] = 0;
    keep(id);
}

int window_at(int32_t x, int32_t y)
{
    for (unsigned i = order_count; i-- > 0;)
        if (rect_has(window_frame(&windows[order[i]]), x, y))
            return (int)order[i];
    return -1;
}

/* Lines "NAME X Y": where windows are at first; the first line's is the top one. */
static void read_places(const char *places)
{
    uint32_t above = CLIENTS;
    for (const char *at = places; *at != 0; above--) {
        char name[NAME];
        names_word(&at, name);
        int32_t x = (int32_t)names_number(&at), y = (int32_t)names_number(&at);
        for (unsigned id = 0; id < CLIENTS; id++)
            if (name[0] != 0 && strcmp(windows[id].name, name) == 0)
                windows[id].x = x, windows[id].y = y, height[id] = above;
    }
}

/* pre: the windows have their names. */
void windows_start(uint64_t *kept, const char *places)
{
    words = kept;
    awaited = 0;
    for (unsigned id = 0; id < CLIENTS; id++)
        windows[id].x = windows[id].y = STEP * (int32_t)(id + 1);
    read_places(places);
    for (unsigned id = 0; id < CLIENTS; id++)
        if ((words[id] & KEPT) != 0) {
            windows[id].x = (int16_t)(uint16_t)words[id];
            windows[id].y = (int16_t)(uint16_t)(words[id] >> 16);
            height[id] = (uint32_t)(words[id] >> 32) & HEIGHTS;
            awaited |= (words[id] & SHOWN) != 0 ? 1u << id : 0;
        }
}
