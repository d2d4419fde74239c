/* What is done with mouse and keys: windows are raised, moved, and told. */
#include <string.h>
#include "wm/wm.h"

static const uint64_t KEPT = 1ull << 63;
enum { NOBODY = -1, TAB = 0x0f, LEFT = 1 };

int32_t pointer_x = SCREEN_WIDTH / 2, pointer_y = SCREEN_HEIGHT / 2;
static uint64_t *place; /* where it is, in memory that outlives the manager */
static unsigned buttons, modifiers;
static int moves = NOBODY,
           hears = NOBODY;     /* the window that is moved, or was pressed in, until the buttons are up */
static int32_t held_x, held_y; /* where its frame was taken hold of */
static int focused = NOBODY;   /* who was told last that it is */

/* Of Alt-Tab: as windows stood when Alt went down, and how far Tab has come. */
static unsigned stood[CLIENTS], stood_count, tabs;

void pointer_start(uint64_t *kept)
{
    place = kept;
    if (*place != 0) {
        pointer_x = (int32_t)(*place & 0xffff) % SCREEN_WIDTH;
        pointer_y = (int32_t)(*place >> 16 & 0xffff) % SCREEN_HEIGHT;
    }
}

/* To one that begins anew. */
void tell_focus(unsigned id)
{
    if (focused == (int)id)
        tell_client(id, (struct ring_entry){.op = WM_FOCUS, .a = 1});
}

void focus_changed(void)
{
    int now = window_focused();
    if (now == focused)
        return;
    if (focused != NOBODY)
        tell_client((unsigned)focused, (struct ring_entry){.op = WM_FOCUS, .a = 0});
    focused = now;
    if (now != NOBODY)
        tell_client((unsigned)now, (struct ring_entry){.op = WM_FOCUS, .a = 1});
}

void pointer_leaves(unsigned id)
{
    moves = moves == (int)id ? NOBODY : moves;
    hears = hears == (int)id ? NOBODY : hears;
}

static void tell_pointer(unsigned id)
{
    struct rect content = window_content(&windows[id]);
    uint32_t x = (uint32_t)(pointer_x - content.x), y = (uint32_t)(pointer_y - content.y);
    tell_client(
        id, (struct ring_entry){.op = WM_POINTER, .a = x | (uint64_t)y << 32, .b = buttons, .d = modifiers});
}

static void pressed(void)
{
    int id = window_at(pointer_x, pointer_y);
    if (id == NOBODY || pointer_y < BAR)
        return;
    window_raise((unsigned)id);
    focus_changed();
    if (rect_has(window_content(&windows[id]), pointer_x, pointer_y)) {
        hears = id;
    } else {
        moves = id;
        held_x = pointer_x - windows[id].x;
        held_y = pointer_y - windows[id].y;
    }
}

static void move_pointer(int64_t right, int64_t down)
{
    int64_t x = pointer_x + right, y = pointer_y + down;
    paint_changed(pointer_extent());
    pointer_x = (int32_t)(x < 0 ? 0 : x >= SCREEN_WIDTH ? SCREEN_WIDTH - 1 : x);
    pointer_y = (int32_t)(y < 0 ? 0 : y >= SCREEN_HEIGHT ? SCREEN_HEIGHT - 1 : y);
    *place = (uint64_t)pointer_x | (uint64_t)pointer_y << 16 | KEPT;
    paint_changed(pointer_extent());
}

/* A driver's steps are small; what is not, is no step. */
static int64_t step(uint64_t word)
{
    int64_t n = (int64_t)word;
    return n < -SCREEN_WIDTH || n > SCREEN_WIDTH ? 0 : n;
}

static void take_pointer(const struct ring_entry *event)
{
    unsigned before = buttons;
    buttons = (unsigned)event->c & 7;
    move_pointer(step(event->a), step(event->b));
    if ((buttons & LEFT) != 0 && (before & LEFT) == 0)
        pressed();
    if (moves != NOBODY)
        window_move((unsigned)moves, pointer_x - held_x, pointer_y - held_y);
    if (hears != NOBODY)
        tell_pointer((unsigned)hears);
    if ((buttons & LEFT) == 0)
        moves = hears = NOBODY;
}

/* The first Tab raises the window that was second, the next the third; those above it stand as they stood. */
static void next_window(void)
{
    if (tabs == 0) {
        memcpy(stood, order, sizeof stood);
        stood_count = order_count;
    }
    if (stood_count < 2)
        return;
    tabs = tabs % stood_count + 1;
    for (unsigned i = 0; i < stood_count; i++)
        window_raise(stood[i]);
    window_raise(stood[stood_count - 1 - tabs % stood_count]);
    focus_changed();
}

/* Alt and Tab together are the manager's. */
static void take_key(unsigned key, bool down)
{
    unsigned modifier = key_modifier(key);
    modifiers =
        down ? modifiers | (modifier & ~(unsigned)WM_CAPS) : modifiers & ~(modifier & ~(unsigned)WM_CAPS);
    if (down && modifier == WM_CAPS)
        modifiers ^= WM_CAPS;
    if ((modifiers & WM_ALT) == 0)
        tabs = 0;
    if (key == TAB && (modifiers & WM_ALT) != 0) {
        if (down)
            next_window();
    } else if (focused != NOBODY) {
        tell_client((unsigned)focused, (struct ring_entry){.op = WM_KEY,
                                                           .a = key,
                                                           .b = down,
                                                           .c = (unsigned char)key_character(key, modifiers),
                                                           .d = modifiers});
    }
}

void take_input(const struct ring_entry *event)
{
    if ((event->flags & INPUT_LOST) != 0)
        modifiers &= WM_CAPS;
    if (event->op == INPUT_POINTER)
        take_pointer(event);
    else if (event->op == INPUT_KEY && event->a < INPUT_KEYS)
        take_key((unsigned)event->a, event->b != 0);
}
