/* A window that a process draws. There is one for all of them: who asks first has it until it ends. The process shares nothing with the window
   manager: its picture is copied, when it says so, out of its own memory. */
#include <stddef.h>
#include <string.h>
#include "process.h"
#include "wm/protocol.h"

enum { EVENTS = 32, PIXELS = WM_SURFACE / 2 / sizeof(uint32_t) };

void *window_rings, *window_surface; /* where the description maps them; nowhere, if there are no windows */
static struct wm_window window;
static unsigned owner; /* its pid, or 0 */
static struct ring_entry events[EVENTS];
static unsigned first, count;

/* What comes when there is no room is lost, as by the window manager itself. */
void window_look(void)
{
    struct ring_entry e;
    struct process *p = process_of(owner);
    if (!window_rings)
        return;
    while (wm_next(&window, &e))
        if (p && count < EVENTS)
            events[(first + count++) % EVENTS] = e;
    if (p)
        memory_signal(p);
}

/* What the last life has shown, it shows no more: its processes are gone. */
void window_start(void)
{
    owner = held = 0;
    if (!window_rings)
        return;
    wm_start(&window, window_rings, window_surface, 1, 1, WINDOWS);
    wm_hide(&window);
    window_look();
}

void window_end(const struct process *p)
{
    if (owner == 0 || owner != p->pid)
        return;
    owner = 0;
    held--;
    wm_hide(&window);
}

static microkit_msginfo refused(const struct process *p, seL4_Word label, enum denied_why why)
{
    refuse(p, label, why);
    return microkit_msginfo_new(SERVICE_BAD, 0);
}

static microkit_msginfo answer(const void *words, unsigned bytes)
{
    return answer_words(SERVICE_OK, words, bytes);
}

static microkit_msginfo later(void)
{
    return microkit_msginfo_new(PROC_LATER, 0);
}

static microkit_msginfo open_window(const struct process *p, seL4_Word width, seL4_Word height)
{
    if (width < 1 || height < 1 || width > WM_WIDTH || height > WM_HEIGHT || width * height > PIXELS)
        return refused(p, PROC_WINDOW, DENIED_SENSE);
    seL4_Word opened = window_rings && owner == 0;
    if (opened) {
        owner = p->pid;
        held++;
        first = count = 0;
        window.width = (int32_t)width;
        window.height = (int32_t)height;
        for (unsigned i = 0; i < 2; i++)
            memset(window.surface + i * PIXELS, 0, width * height * sizeof(uint32_t));
        wm_show(&window, (struct rect){0, 0, window.width, window.height});
    }
    return answer(&opened, sizeof opened);
}

/* These rows of the process's picture, which begins at that address. False: it has no such memory. */
static bool copy_rows(const struct process *p, seL4_Word from, struct rect r, const struct picture *to)
{
    seL4_Word page = 0; /* where nobody has any */
    const char *seen = NULL;
    for (int32_t y = r.y; y < r.y + r.height; y++) {
        size_t pixel = (size_t)y * to->stride + (size_t)r.x, left = (size_t)r.width * sizeof *to->pixel;
        char *there = (char *)(to->pixel + pixel);
        for (seL4_Word at = from + pixel * sizeof *to->pixel; left > 0;) {
            size_t part = PAGE - at % PAGE < left ? PAGE - at % PAGE : left;
            if (at / PAGE != page)
                seen = memory_see(p, at / PAGE * PAGE, false);
            if (!seen)
                return false;
            page = at / PAGE;
            memcpy(there, seen + at % PAGE, part);
            there += part, at += part, left -= part;
        }
    }
    return true;
}

static bool lies_in(struct rect r, int32_t width, int32_t height)
{
    return r.x >= 0 && r.y >= 0 && r.width > 0 && r.height > 0 && r.width <= width && r.height <= height &&
           r.x <= width - r.width && r.y <= height - r.height;
}

static microkit_msginfo show(const struct process *p, seL4_Word from, seL4_Word corner, seL4_Word size)
{
    const struct rect r = {(int32_t)(uint32_t)corner, (int32_t)(uint32_t)(corner >> 32),
                           (int32_t)(uint32_t)size, (int32_t)(uint32_t)(size >> 32)};
    if (!lies_in(r, window.width, window.height))
        return refused(p, PROC_SHOW, DENIED_SENSE);
    const struct picture *to = wm_draw(&window);
    if (!to)
        return later();
    bool copied = copy_rows(p, from, r, to);
    memory_seen();
    if (copied)
        wm_show(&window, r);
    else
        window.changed = r; /* what was begun is as before when the next is drawn */
    return copied ? microkit_msginfo_new(SERVICE_OK, 0) : refused(p, PROC_SHOW, DENIED_MEMORY);
}

static microkit_msginfo event(void)
{
    const struct ring_entry *e = &events[first % EVENTS];
    const seL4_Word words[] = {e->op, e->a, e->b, e->c, e->d};
    if (count == 0)
        return later();
    first++, count--;
    return answer(words, sizeof words);
}

microkit_msginfo window_ask(struct process *p, seL4_Word label, seL4_Word words)
{
    seL4_Word one = microkit_mr_get(0), two = microkit_mr_get(1), three = microkit_mr_get(2);
    if ((p->grants & PROC_WINDOWS) == 0)
        return refused(p, label, DENIED_RIGHT);
    if (label == PROC_WINDOW && words == 2)
        return open_window(p, one, two);
    if (owner != p->pid)
        return refused(p, label, DENIED_NOTHING);
    if (label == PROC_SHOW && words == 3)
        return show(p, one, two, three);
    return label == PROC_EVENT && words == 0 ? event() : refused(p, label, DENIED_SENSE);
}
