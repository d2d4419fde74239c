/* The window manager without its rings: what clients say of their surfaces, where windows stand, what is painted, whom keys and mouse are
   told. Random ones, against what a screen must show, pixel by pixel. */
#include <stdlib.h>
#include <string.h>
#include "random.h"
#include "test.h"
#include "wm/wm.h"

enum { NAMED = 5, ROUNDS = 300 };
static uint32_t *screen_pixels, *whole_pixels, *surface;
static uint64_t kept[CLIENTS + 1];
static struct ring_entry told[CLIENTS];
static unsigned told_count[CLIENTS];
static draw_font glyphs;
static struct rect told_rects[64];
static unsigned rect_count;

void tell_client(unsigned id, struct ring_entry event)
{
    told[id] = event;
    told_count[id]++;
}

static void tell_rect(struct rect r)
{
    if (rect_count < 64)
        told_rects[rect_count++] = r;
}

static struct picture picture_of(uint32_t *pixels)
{
    return (struct picture){pixels, SCREEN_WIDTH, SCREEN_HEIGHT, SCREEN_WIDTH};
}

/* ---- surfaces */
static uint64_t any_number(void)
{
    switch (random_below(6)) {
    case 0: return random_next();
    case 1: return random_next() & 0x000003ff000003ff;
    case 2: return random_below(WM_SURFACE + 8);
    case 3: return (uint64_t)random_below(1000) << 32 | random_below(1000);
    case 4: return random_below(4);
    default: return ~(uint64_t)random_below(3);
    }
}

/* Whatever is asked: what is accepted lies in the surface, to the last pixel. */
static void surfaces(void)
{
    unsigned good = 0;
    for (unsigned i = 0; i < 2000000; i++) {
        struct ring_entry e = {.op = (uint16_t)random_below(3),
                               .buffer = (uint32_t)any_number(),
                               .length = (uint32_t)any_number(),
                               .a = any_number(),
                               .b = any_number(),
                               .c = any_number()};
        struct picture p = {0};
        struct rect changed;
        if (!surface_read(&e, surface, &p, &changed))
            continue;
        good++;
        uint64_t first = (uint64_t)(p.pixel - surface),
                 last = first + (uint64_t)(p.height - 1) * p.stride + (uint64_t)p.width;
        CHECK(e.op == WM_COMMIT && p.pixel >= surface && last * 4 <= WM_SURFACE);
        CHECK(p.width >= 1 && p.width <= WM_WIDTH && p.height >= 1 && p.height <= WM_HEIGHT &&
              p.stride >= (uint32_t)p.width);
        CHECK(rect_empty(changed) ||
              (changed.x >= 0 && changed.y >= 0 && changed.x + changed.width <= p.width &&
               changed.y + changed.height <= p.height));
    }
    CHECK(good > 1000);
}

static void edges_of_surfaces(void)
{
    struct picture p;
    struct rect changed;
    struct ring_entry e = {.op = WM_COMMIT, .buffer = 0, .length = 960, .a = 960 | 640ull << 32};
    CHECK(surface_read(&e, surface, &p, &changed));
    e.buffer = WM_SURFACE - 960 * 640 * 4;
    CHECK(surface_read(&e, surface, &p, &changed));
    e.buffer += 4;
    CHECK(!surface_read(&e, surface, &p, &changed));
    e.buffer = 2;
    CHECK(!surface_read(&e, surface, &p, &changed));
    e.buffer = 0, e.length = 959;
    CHECK(!surface_read(&e, surface, &p, &changed));
}

/* ---- windows */
static void start(void)
{
    static const char places[] = "a 40 70\nb 300 200\nc 500 90\n";
    memset(windows, 0, sizeof windows);
    memset(told_count, 0, sizeof told_count);
    order_count = 0;
    for (unsigned i = 0; i < NAMED; i++) {
        windows[i].name[0] = (char)('a' + i);
        windows[i].surface = surface;
        windows[i].content = (struct picture){surface + random_below(1000), (int32_t)random_below(500) + 1,
                                              (int32_t)random_below(400) + 1, 600};
    }
    windows_start(kept, places);
    pointer_start(&kept[CLIENTS]);
}

static int32_t step(void)
{
    return (int32_t)random_below(400) - 200;
}

static void any_input(void)
{
    struct ring_entry e = {.op = INPUT_POINTER,
                           .a = (uint64_t)(int64_t)step(),
                           .b = (uint64_t)(int64_t)step(),
                           .c = random_below(2)};
    if (random_below(4) == 0)
        e = (struct ring_entry){.op = INPUT_KEY, .a = random_below(3) == 0 ? 0x38 : 0x0f, .b = random_below(2)};
    if (random_below(20) == 0) /* no driver's */
        e = (struct ring_entry){.op = random_below(2) == 0 ? INPUT_POINTER : (uint16_t)random_next(),
                                .a = random_below(2) == 0 ? INT64_MAX : random_next(),
                                .b = random_below(2) == 0 ? 1ull << 63 : random_next(),
                                .c = random_next() & ~1ull,
                                .flags = 1};
    take_input(&e);
    focus_changed();
}

static void show_or_hide(unsigned id)
{
    if (!windows[id].shown) {
        window_show(id);
    } else if (random_below(4) == 0) {
        window_hide(id);
        pointer_leaves(id);
        focus_changed();
    }
}

/* What is painted by parts is the same as all of it painted anew, and nothing outside of what is told has changed. */
static void parts_are_the_whole(void)
{
    struct picture screen = picture_of(screen_pixels), whole = picture_of(whole_pixels);
    start();
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned id = random_below(NAMED);
        show_or_hide(id);
        any_input();
        memcpy(whole_pixels, screen_pixels, (size_t)SCREEN_WIDTH * SCREEN_HEIGHT * 4);
        rect_count = 0;
        paint(&screen, tell_rect);
        for (unsigned i = 0; i < rect_count; i++)
            for (int32_t y = told_rects[i].y; y < told_rects[i].y + told_rects[i].height; y++)
                memcpy(whole_pixels + y * SCREEN_WIDTH + told_rects[i].x,
                       screen_pixels + y * SCREEN_WIDTH + told_rects[i].x, (size_t)told_rects[i].width * 4);
        CHECK(round == 0 || memcmp(whole_pixels, screen_pixels, (size_t)SCREEN_WIDTH * SCREEN_HEIGHT * 4) == 0);
        paint_changed((struct rect){0, 0, SCREEN_WIDTH, SCREEN_HEIGHT});
        paint(&whole, tell_rect);
        if (round == 0)
            memcpy(screen_pixels, whole_pixels, (size_t)SCREEN_WIDTH * SCREEN_HEIGHT * 4);
        CHECK(memcmp(whole_pixels, screen_pixels, (size_t)SCREEN_WIDTH * SCREEN_HEIGHT * 4) == 0);
    }
}

/* As the client drew it, or darker, in shadows. */
static bool is_clients(uint32_t pixel)
{
    return pixel != 0 && (pixel & 0xff00) == 0 && pixel >> 16 == (pixel & 0xff);
}

/* All that is shown stands in the order, once; a title stays in reach; frames have their colour wherever nothing is above them. */
static void frames_are_the_managers(void)
{
    struct picture screen = picture_of(screen_pixels);
    start();
    for (size_t i = 0; i < WM_SURFACE / 4; i++)
        surface[i] = 0xff00ff; /* what clients draw */
    paint_changed((struct rect){0, 0, SCREEN_WIDTH, SCREEN_HEIGHT});
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned seen = 0;
        show_or_hide(random_below(NAMED));
        any_input();
        for (unsigned i = 0; i < order_count; i++)
            seen |= windows[order[i]].shown << order[i];
        CHECK_NUMBER("windows in the order", __builtin_popcount(seen), order_count);
        paint(&screen, tell_rect);
        for (unsigned i = 0; i < 500; i++) {
            int32_t x = (int32_t)random_below(SCREEN_WIDTH), y = (int32_t)random_below(SCREEN_HEIGHT);
            int id = window_at(x, y);
            bool inside = y >= BAR && id >= 0 && rect_has(window_content(&windows[id]), x, y);
            if (!rect_has(pointer_extent(), x, y))
                CHECK_NUMBER("a client's pixel is where its content is",
                             is_clients(screen_pixels[y * SCREEN_WIDTH + x]), inside);
        }
        for (unsigned i = 0; i < order_count; i++) {
            struct rect frame = window_frame(&windows[order[i]]);
            CHECK(frame.y >= BAR && frame.y < SCREEN_HEIGHT - BORDER && frame.x < SCREEN_WIDTH &&
                  frame.x + frame.width > 0);
        }
    }
}

/* A new life of the manager has the windows where they were, in whatever order they come. */
static void outlives_itself(void)
{
    unsigned before[CLIENTS], count;
    int32_t x[NAMED], y[NAMED];
    start();
    for (unsigned id = 0; id < NAMED; id++)
        window_show(id);
    for (unsigned round = 0; round < 50; round++) {
        for (unsigned i = 0; i < 20; i++)
            any_input();
        memcpy(before, order, sizeof before);
        count = order_count;
        for (unsigned id = 0; id < NAMED; id++)
            x[id] = windows[id].x, y[id] = windows[id].y;
        unsigned first = random_below(NAMED);
        struct picture content[NAMED];
        for (unsigned id = 0; id < NAMED; id++)
            content[id] = windows[id].content;
        start();
        for (unsigned i = 0; i < NAMED; i++) {
            windows[(first + i) % NAMED].content = content[(first + i) % NAMED];
            window_show((first + i) % NAMED);
        }
        CHECK_NUMBER("count", order_count, count);
        for (unsigned i = 0; i < count; i++)
            CHECK_NUMBER("order", order[i], before[i]);
        for (unsigned id = 0; id < NAMED; id++)
            CHECK(windows[id].x == x[id] && windows[id].y == y[id]);
    }
}

/* ---- keys */
static void key(unsigned code, bool down)
{
    const struct ring_entry e = {.op = INPUT_KEY, .a = code, .b = down};
    take_input(&e);
}

/* In the manager's new life the others may come first: the keys wait for the one that had them, or for a click. */
static void keys_wait_for_the_focused(void)
{
    memset(kept, 0, sizeof kept);
    start();
    for (unsigned id = 0; id < 3; id++)
        window_show(id);
    window_raise(1);
    window_hide(2);
    start();
    focus_changed();
    window_show(0);
    focus_changed();
    memset(told_count, 0, sizeof told_count);
    key(0x1e, true);
    CHECK_NUMBER("keys of another", told_count[0], 0);
    CHECK_NUMBER("nobody has the focus", window_focused(), -1);
    window_show(2);
    CHECK_NUMBER("a new one is on top", window_focused(), 2);
    window_hide(2);
    window_show(1);
    focus_changed();
    CHECK_NUMBER("it has come", window_focused(), 1);
    key(0x1e, true);
    CHECK_NUMBER("the keys are its own", told[1].op, WM_KEY);
    start();
    window_show(0);
    window_raise(0);
    CHECK_NUMBER("one that was clicked", window_focused(), 0);
    start();
    window_show(1);
    window_hide(0);
    CHECK_NUMBER("that one hides", window_focused(), 1);
}

static void keys_go_to_the_focused(void)
{
    memset(kept, 0, sizeof kept);
    start();
    for (unsigned id = 0; id < 3; id++)
        window_show(id);
    focus_changed();
    CHECK_NUMBER("the first of the places is on top", window_focused(), 0);
    memset(told_count, 0, sizeof told_count);
    key(0x38, false); /* whatever was left down */
    key(0x2a, true);
    key(0x1e, true);
    CHECK_NUMBER("A", told[0].c, 'A');
    key(0x2a, false);
    CHECK(told_count[1] == 0 && told_count[2] == 0);
    key(0x38, true);
    key(0x0f, true);
    CHECK_NUMBER("Alt-Tab", window_focused(), 1);
    key(0x0f, false);
    key(0x0f, true);
    CHECK_NUMBER("Alt-Tab-Tab", window_focused(), 2);
    key(0x0f, true);
    CHECK_NUMBER("all the way around", window_focused(), 0);
    key(0x38, false);
    key(0x38, true);
    key(0x0f, true);
    CHECK_NUMBER("again", window_focused(), 1);
    key(0x38, false);
    key(0x1d, true);
    key(0x2e, true);
    CHECK_NUMBER("Ctrl-C", told[1].c, 3);
    key(0x1d, false);
}

/* It has no place among the others, nobody can bring it back but its client, and then it is on top. */
static void what_is_hidden_is_gone(void)
{
    const struct ring_entry press = {.op = INPUT_POINTER, .c = 1}, pull = {.op = INPUT_POINTER, .a = 9, .c = 1},
                            let_go = {.op = INPUT_POINTER};
    memset(kept, 0, sizeof kept);
    start();
    for (unsigned id = 0; id < 3; id++)
        window_show(id);
    take_input(&let_go);
    key(0x38, true);
    key(0x0f, true);
    CHECK_NUMBER("Alt-Tab", window_focused(), 1);
    pointer_x = windows[1].x + BORDER + 1, pointer_y = windows[1].y + BORDER + 1;
    take_input(&press);
    int32_t x = windows[1].x;
    window_hide(1);
    pointer_leaves(1);
    focus_changed();
    CHECK_NUMBER("who has the keys", window_focused(), 0);
    CHECK(told[1].op == WM_FOCUS && told[1].a == 0 && told[0].op == WM_FOCUS && told[0].a == 1);
    take_input(&pull);
    CHECK_NUMBER("where it is", windows[1].x, x);
    key(0x0f, false);
    key(0x0f, true);
    CHECK_NUMBER("windows", order_count, 2);
    key(0x38, false);
    window_raise(1);
    CHECK_NUMBER("windows, when it is raised", order_count, 2);
    take_input(&let_go);
    window_show(1);
    CHECK_NUMBER("shown again", window_focused(), 1);
    CHECK_NUMBER("where it was", windows[1].x, x);
}

int main(void)
{
    random_seed();
    size_t bytes = (size_t)SCREEN_WIDTH * SCREEN_HEIGHT * 4;
    screen_pixels = calloc(1, bytes), whole_pixels = calloc(1, bytes), surface = calloc(1, WM_SURFACE);
    font = (const draw_font *)&glyphs;
    for (size_t i = 0; i < WM_SURFACE / 4; i++)
        surface[i] = (uint32_t)random_next() & 0xffffff;
    for (size_t i = 0; i < sizeof glyphs; i++)
        ((uint8_t *)glyphs)[i] = (uint8_t)random_next();
    test_run("wm/surfaces", surfaces);
    test_run("wm/edges of surfaces", edges_of_surfaces);
    test_run("wm/parts are the whole", parts_are_the_whole);
    test_run("wm/frames are the manager's", frames_are_the_managers);
    test_run("wm/outlives itself", outlives_itself);
    test_run("wm/keys wait for the focused", keys_wait_for_the_focused);
    test_run("wm/keys go to the focused", keys_go_to_the_focused);
    test_run("wm/what is hidden is gone", what_is_hidden_is_gone);
    free(screen_pixels), free(whole_pixels), free(surface);
    return test_end();
}
