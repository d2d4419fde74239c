/* A client's window. */
#include <stddef.h>
#include "wm/protocol.h"

static struct picture picture_of(const struct wm_window *w, unsigned number)
{
    return (struct picture){w->surface + number * (WM_SURFACE / 2 / sizeof(uint32_t)), w->width, w->height,
                            (uint32_t)w->width};
}

static struct rect all_of(const struct wm_window *w)
{
    return (struct rect){0, 0, w->width, w->height};
}

static void start_rings(struct wm_window *w, void *rings)
{
    ring_start(&w->ask, rings, WM_RING, true);
    ring_start(&w->hear, (struct ring *)(void *)((char *)rings + WM_PAGE), WM_RING, false);
}

void wm_start(struct wm_window *w, void *rings, void *surface, int32_t width, int32_t height,
              microkit_channel service)
{
    *w = (struct wm_window){.service = service, .surface = surface, .width = width, .height = height};
    start_rings(w, rings);
    microkit_notify(service);
}

const struct picture *wm_draw(struct wm_window *w)
{
    static struct picture to;
    const struct picture from = picture_of(w, w->shown);
    if (w->waits > 0)
        return NULL;
    to = picture_of(w, !w->shown);
    draw_copy(&to, w->changed, 0, 0, &from);
    w->changed = (struct rect){0, 0, 0, 0};
    return &to;
}

static uint64_t two(int32_t low, int32_t high)
{
    return (uint32_t)low | (uint64_t)(uint32_t)high << 32;
}

static void ask(struct wm_window *w, const struct ring_entry *entry)
{
    w->waits += ring_put(&w->ask, entry);
    if (ring_publish(&w->ask))
        microkit_notify(w->service);
}

static void commit(struct wm_window *w, struct rect r)
{
    const struct ring_entry entry = {.op = WM_COMMIT,
                                     .buffer = w->shown * (WM_SURFACE / 2),
                                     .length = (uint32_t)w->width,
                                     .a = two(w->width, w->height),
                                     .b = two(r.x, r.y),
                                     .c = two(r.width, r.height)};
    w->hidden = false;
    ask(w, &entry);
}

void wm_hide(struct wm_window *w)
{
    const struct ring_entry entry = {.op = WM_HIDE};
    w->hidden = true;
    ask(w, &entry);
}

void wm_show(struct wm_window *w, struct rect changed)
{
    w->shown = !w->shown;
    w->changed = rect_cut(changed, all_of(w));
    commit(w, w->changed);
}

/* The manager knows nothing in its new life, and answers nothing that its last was asked: what was shown is shown again, and what was hidden is hidden: it
   waits for those that its last life showed. */
static void look_for_new_life(struct wm_window *w)
{
    if (!ring_pair_restarted(&w->ask, &w->hear))
        return;
    w->waits = 0;
    if (w->hidden)
        wm_hide(w);
    else
        commit(w, all_of(w));
}

bool wm_next(struct wm_window *w, struct ring_entry *event)
{
    for (unsigned left = 2 * WM_RING; left > 0; left--) {
        look_for_new_life(w);
        bool came = ring_get(&w->hear, event);
        if (ring_publish(&w->hear))
            microkit_notify(w->service);
        if (came && event->op != WM_TAKEN)
            return true;
        if (came) {
            w->waits -= w->waits > 0;
            w->refused = event->status != SERVICE_OK;
        } else if (ring_sleep(&w->hear, 1)) {
            return false;
        }
    }
    return false; /* one that never has an end is no manager */
}
