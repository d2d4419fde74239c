#include "wm/wm.h"

static int32_t low(uint64_t word)
{
    return (int32_t)(uint32_t)word;
}

static int32_t high(uint64_t word)
{
    return (int32_t)(uint32_t)(word >> 32);
}

/* What makes sums of numbers overflow is nothing that changes. */
static bool small(int32_t n)
{
    return n >= -WM_SURFACE && n <= WM_SURFACE;
}

bool surface_read(const struct ring_entry *e, const uint32_t *surface, struct picture *content,
                  struct rect *changed)
{
    int32_t width = low(e->a), height = high(e->a);
    const struct rect r = {low(e->b), high(e->b), low(e->c), high(e->c)};
    if (e->op != WM_COMMIT || width < 1 || height < 1 || width > WM_WIDTH || height > WM_HEIGHT)
        return false;
    if (e->buffer % sizeof(uint32_t) != 0 || e->length < (uint32_t)width || e->length > WM_SURFACE ||
        e->buffer > WM_SURFACE)
        return false;
    uint64_t pixels = (uint64_t)e->length * (uint32_t)(height - 1) + (uint32_t)width;
    if (pixels * sizeof(uint32_t) > WM_SURFACE - e->buffer)
        return false;
    *content = (struct picture){(uint32_t *)(uintptr_t)surface + e->buffer / sizeof(uint32_t), width, height,
                                e->length};
    bool makes_sense = small(r.x) && small(r.y) && small(r.width) && small(r.height);
    *changed =
        rect_cut(makes_sense ? r : (struct rect){0, 0, width, height}, (struct rect){0, 0, width, height});
    return true;
}
