#include "draw/draw.h"

static int32_t least(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static int32_t most(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

struct rect rect_cut(struct rect a, struct rect b)
{
    int32_t x = most(a.x, b.x), y = most(a.y, b.y);
    int32_t width = least(a.x + a.width, b.x + b.width) - x, height = least(a.y + a.height, b.y + b.height) - y;
    return width > 0 && height > 0 ? (struct rect){x, y, width, height} : (struct rect){x, y, 0, 0};
}

struct rect rect_join(struct rect a, struct rect b)
{
    if (rect_empty(a))
        return b;
    if (rect_empty(b))
        return a;
    int32_t x = least(a.x, b.x), y = least(a.y, b.y);
    return (struct rect){x, y, most(a.x + a.width, b.x + b.width) - x,
                         most(a.y + a.height, b.y + b.height) - y};
}

/* What of it may be changed. */
static struct rect inside(const struct picture *p, struct rect clip, struct rect where)
{
    return rect_cut(rect_cut(clip, where), (struct rect){0, 0, p->width, p->height});
}

static uint32_t *pixel_at(const struct picture *p, int32_t x, int32_t y)
{
    return p->pixel + (uint64_t)(uint32_t)y * p->stride + (uint32_t)x;
}

void draw_fill(const struct picture *p, struct rect clip, struct rect where, uint32_t colour)
{
    struct rect r = inside(p, clip, where);
    for (int32_t y = r.y; y < r.y + r.height; y++) {
        uint32_t *to = pixel_at(p, r.x, y);
        for (int32_t i = 0; i < r.width; i++)
            to[i] = colour;
    }
}

void draw_frame(const struct picture *p, struct rect clip, struct rect w, int32_t thick, uint32_t colour)
{
    draw_fill(p, clip, (struct rect){w.x, w.y, w.width, thick}, colour);
    draw_fill(p, clip, (struct rect){w.x, w.y + w.height - thick, w.width, thick}, colour);
    draw_fill(p, clip, (struct rect){w.x, w.y, thick, w.height}, colour);
    draw_fill(p, clip, (struct rect){w.x + w.width - thick, w.y, thick, w.height}, colour);
}

void draw_copy(const struct picture *p, struct rect clip, int32_t x, int32_t y, const struct picture *from)
{
    struct rect r = inside(p, clip, (struct rect){x, y, from->width, from->height});
    for (int32_t line = r.y; line < r.y + r.height; line++) {
        uint32_t *to = pixel_at(p, r.x, line);
        const volatile uint32_t *source = pixel_at(from, r.x - x, line - y);
        for (int32_t i = 0; i < r.width; i++)
            to[i] = source[i];
    }
}

static void draw_dots(const struct picture *p, struct rect clip, int32_t x, int32_t y, const uint8_t *lines,
                      uint32_t colour)
{
    struct rect r = inside(p, clip, (struct rect){x, y, DRAW_CHAR_WIDTH, DRAW_CHAR_HEIGHT});
    for (int32_t line = r.y; line < r.y + r.height; line++)
        for (int32_t i = r.x; i < r.x + r.width; i++)
            if ((lines[line - y] << (i - x) & 0x80) != 0)
                *pixel_at(p, i, line) = colour;
}

void draw_char(const struct picture *p, struct rect clip, int32_t x, int32_t y, const draw_font font, char c,
               uint32_t colour, uint32_t background)
{
    draw_fill(p, clip, (struct rect){x, y, DRAW_CHAR_WIDTH, DRAW_CHAR_HEIGHT}, background);
    draw_dots(p, clip, x, y, font[(unsigned char)c], colour);
}

void draw_text(const struct picture *p, struct rect clip, int32_t x, int32_t y, const draw_font font,
               const char *text, uint32_t colour)
{
    for (; *text != 0; text++, x += DRAW_CHAR_WIDTH)
        draw_dots(p, clip, x, y, font[(unsigned char)*text], colour);
}

static int32_t away(int32_t a)
{
    return a < 0 ? -a : a;
}

/* Bresenham's: the error says which way the next dot lies. */
void draw_line(const struct picture *p, struct rect clip, int32_t x, int32_t y, int32_t to_x, int32_t to_y,
               int32_t thick, uint32_t colour)
{
    int32_t dx = away(to_x - x), dy = -away(to_y - y), error = dx + dy;
    for (;;) {
        draw_fill(p, clip, (struct rect){x - thick / 2, y - thick / 2, thick, thick}, colour);
        if (x == to_x && y == to_y)
            return;
        int32_t twice = 2 * error;
        if (twice >= dy)
            error += dy, x += x < to_x ? 1 : -1;
        if (twice <= dx)
            error += dx, y += y < to_y ? 1 : -1;
    }
}

void draw_disc(const struct picture *p, struct rect clip, int32_t x, int32_t y, int32_t radius, uint32_t colour)
{
    for (int32_t line = -radius, half = 0; line <= radius; line++) {
        while ((half + 1) * (half + 1) + line * line <= radius * radius)
            half++;
        while (half > 0 && half * half + line * line > radius * radius)
            half--;
        draw_fill(p, clip, (struct rect){x - half, y + line, 2 * half + 1, 1}, colour);
    }
}
