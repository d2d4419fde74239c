/* The window manager: takes what clients and the input driver have put, and paints what has changed. It never waits for anybody. */
#include <string.h>
#include "denied/denied.h"
#include "names.h"
#include "wm/wm.h"

enum { INPUT = 60, SCREEN = 61 };

/* Where the description maps them: of clients, those of channel 0; the others' follow. */
char *client_rings;
const char *surfaces, *names, *places;
uint64_t *kept;
uint32_t *picture;
void *screen_ring, *input_ring;

static struct client {
    struct ring_end ask, tell;
} clients[CLIENTS];
static struct ring_end input;
static struct screen screen;
static unsigned known[CLIENTS], known_count;

static void start_client(unsigned id)
{
    char *rings = client_rings + (size_t)id * 2 * WM_PAGE;
    ring_start(&clients[id].ask, (struct ring *)(void *)rings, WM_RING, false);
    ring_start(&clients[id].tell, (struct ring *)(void *)(rings + WM_PAGE), WM_RING, true);
    windows[id].surface = (const uint32_t *)(const void *)(surfaces + (size_t)id * WM_SURFACE);
    known[known_count++] = id;
}

static void tell_screen(struct rect where)
{
    screen_changed(&screen, where);
}

void init(void)
{
    for (const char *at = names; *at != 0;) {
        unsigned id = names_number(&at);
        char name[NAME];
        names_word(&at, name);
        if (id >= CLIENTS)
            continue;
        memcpy(windows[id].name, name, sizeof name);
        start_client(id);
    }
    windows_start(kept, places);
    pointer_start(&kept[CLIENTS]);
    ring_start(&input, input_ring, INPUT_RING, false);
    screen_start(&screen, screen_ring, SCREEN);
    service_signal_all();
    paint_changed((struct rect){0, 0, SCREEN_WIDTH, SCREEN_HEIGHT});
    notified(SCREEN);
}

/* Half of the ring is for commits that were taken: so they find room, and what happens to who does not listen is lost. */
void tell_client(unsigned id, struct ring_entry event)
{
    struct ring_end *e = &clients[id].tell;
    if (event.op != WM_TAKEN && ring_ready(e) <= WM_RING / 2) {
        e->limit = e->mine; /* it is looked at again */
        if (ring_ready(e) <= WM_RING / 2)
            return;
    }
    ring_put(e, &event);
    if (ring_publish(e))
        microkit_notify(id);
}

static void tell_taken(unsigned id, const struct ring_entry *e, bool good)
{
    tell_client(id,
                (struct ring_entry){.id = e->id, .op = WM_TAKEN, .status = good ? SERVICE_OK : SERVICE_BAD});
}

static void take_commit(unsigned id, const struct ring_entry *e)
{
    struct window *w = &windows[id];
    struct rect changed, before = window_extent(w);
    struct picture content = w->content;
    bool good = surface_read(e, w->surface, &content, &changed);
    bool resized = good && (content.width != w->content.width || content.height != w->content.height);
    if (good)
        w->content = content;
    if (good && w->shown && resized)
        paint_changed(before), paint_changed(window_extent(w));
    struct rect inside = window_content(w);
    if (good && w->shown)
        paint_changed((struct rect){inside.x + changed.x, inside.y + changed.y, changed.width, changed.height});
    bool comes = good && !w->shown;
    if (good)
        window_show(id);
    if (comes && window_focused() != (int)id)
        tell_client(id, (struct ring_entry){.op = WM_FOCUS}); /* the manager's last life may have given it */
    if (!good)
        denied_number(id, id, DENIED_SENSE, "picture", e->id);
    tell_taken(id, e, good);
}

static void hide(unsigned id, const struct ring_entry *e)
{
    window_hide(id);
    pointer_leaves(id);
    tell_taken(id, e, true);
}

/* At most a ring of them in a round, and only as many as there is room to answer. */
static void take_from(unsigned id)
{
    struct client *c = &clients[id];
    struct ring_entry e;
    if (ring_pair_restarted(&c->ask, &c->tell))
        tell_focus(id);
    for (unsigned left = WM_RING; left > 0 && ring_ready(&c->tell) > 0 && ring_get(&c->ask, &e); left--)
        (e.op == WM_HIDE ? hide : take_commit)(id, &e);
    if (ring_publish(&c->ask))
        microkit_notify(id);
}

/* At most a ring of it in a round, too: the driver is more urgent, and one that always has more would keep the clients waiting. */
static void take_some_input(void)
{
    struct ring_entry e;
    if (ring_ready(&input) < 0)
        ring_accept(&input);
    for (unsigned left = INPUT_RING; left > 0 && ring_get(&input, &e); left--)
        take_input(&e);
    if (ring_publish(&input))
        microkit_notify(INPUT);
}

/* True: something came while it was about to sleep. Who leaves no room for answers is woken by its own room. */
static bool came(struct client *c)
{
    return ring_ready(&c->tell) == 0 ? !ring_sleep(&c->tell, 1) : !ring_sleep(&c->ask, 1);
}

void notified(microkit_channel ch)
{
    const struct picture canvas = {picture, SCREEN_WIDTH, SCREEN_HEIGHT, SCREEN_WIDTH};
    bool again;
    (void)ch;
    do {
        take_some_input();
        for (unsigned i = 0; i < known_count; i++)
            take_from(known[i]);
        focus_changed();
        paint(&canvas, tell_screen);
        screen_send(&screen);
        again = !ring_sleep(&input, 1);
        for (unsigned i = 0; i < known_count; i++)
            again |= came(&clients[known[i]]);
    } while (again);
}
