/* Which frame buffers can be drawn on, and how. What the boot loader says is believed only so far as it can do
   no harm. */
#include "screen.h"

enum {
    PIXELS_MAX = 16384, /* each way */
    PITCH_MAX = 1 << 18,
    COLUMNS_MIN = 80,
    ROWS_MIN = 24, /* fewer are no screen */
    COLUMNS_GOOD = 120,
    ROWS_GOOD = 33, /* more than that: larger characters */
    COLUMNS_MAX = 512,
    ROWS_MAX = 256,
};
static const uint64_t PHYSICAL_END = 1ull << 46;

static bool colour_is_inside(unsigned at, unsigned bits, unsigned pixel_bits)
{
    return bits >= 1 && bits <= 16 && at + bits <= pixel_bits;
}

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

const char *screen_mode(struct screen_mode *mode, const struct bootinfo_screen *s, unsigned width,
                        unsigned height)
{
    unsigned bytes = (s->bits + 7u) / 8, scale = 1;
    if (bytes < 2 || bytes > 4)
        return "its pixels do not have 15 to 32 bits";
    if (!colour_is_inside(s->red_at, s->red_bits, s->bits) ||
        !colour_is_inside(s->green_at, s->green_bits, s->bits) ||
        !colour_is_inside(s->blue_at, s->blue_bits, s->bits))
        return "its colours are not within a pixel";
    if (s->width > PIXELS_MAX || s->height > PIXELS_MAX || s->pitch > PITCH_MAX || s->pitch < s->width * bytes)
        return "its size makes no sense";
    if (s->paddr == 0 || s->paddr >= PHYSICAL_END || (uint64_t)s->pitch * s->height > PHYSICAL_END - s->paddr)
        return "its address makes no sense";
    if (s->width / width < COLUMNS_MIN || s->height / height < ROWS_MIN)
        return "it is too small for 80 columns and 24 rows";
    while (s->width / (width * (scale + 1)) >= COLUMNS_GOOD && s->height / (height * (scale + 1)) >= ROWS_GOOD)
        scale++;
    *mode = (struct screen_mode){bytes, scale, smaller(s->width / (width * scale), COLUMNS_MAX),
                                 smaller(s->height / (height * scale), ROWS_MAX)};
    return NULL;
}

/* The upper bits of a colour of eight; a wider one has zeros below. */
static uint32_t place(unsigned colour, unsigned at, unsigned bits)
{
    return (bits < 8 ? (uint32_t)colour >> (8 - bits) : (uint32_t)colour << (bits - 8)) << at;
}

uint32_t screen_pixel(const struct bootinfo_screen *s, unsigned red, unsigned green, unsigned blue)
{
    return place(red, s->red_at, s->red_bits) | place(green, s->green_at, s->green_bits) |
           place(blue, s->blue_at, s->blue_bits);
}
