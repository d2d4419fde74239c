/* Drawing into pictures in memory: what a rectangle does not cover, and what lies outside of the picture, is not touched. Pixels are
   0x00RRGGBB. */
#ifndef SERVICES_DRAW_H
#define SERVICES_DRAW_H

#include <stdbool.h>
#include <stdint.h>

struct rect {
    int32_t x, y, width, height; /* nothing: a width or a height of 0 or less */
};

struct picture {
    uint32_t *pixel;
    int32_t width, height;
    uint32_t stride; /* pixels from one line to the next */
};

enum { DRAW_CHAR_WIDTH = 8, DRAW_CHAR_HEIGHT = 16, DRAW_CHARS = 256 };
/* A font: for each character of Latin-1 its lines, the leftmost dot the highest bit (scripts/build/spleen.py). */
typedef uint8_t draw_font[DRAW_CHARS][DRAW_CHAR_HEIGHT];

static inline bool rect_empty(struct rect r)
{
    return r.width <= 0 || r.height <= 0;
}

static inline bool rect_has(struct rect r, int32_t x, int32_t y)
{
    return x >= r.x && y >= r.y && x - r.x < r.width && y - r.y < r.height;
}

/* What both have. Sizes and places are below 2^30. */
struct rect rect_cut(struct rect a, struct rect b);
/* The smallest that has both; an empty one counts for nothing. */
struct rect rect_join(struct rect a, struct rect b);

/* `clip` is what may be changed. */
void draw_fill(const struct picture *p, struct rect clip, struct rect where, uint32_t colour);
/* Around a rectangle, inside of it. */
void draw_frame(const struct picture *p, struct rect clip, struct rect where, int32_t thick, uint32_t colour);
/* A whole picture to a place. The other one's pixels are read once each. */
void draw_copy(const struct picture *p, struct rect clip, int32_t x, int32_t y, const struct picture *from);
/* A character with its background; of text only the dots. */
void draw_char(const struct picture *p, struct rect clip, int32_t x, int32_t y, const draw_font font, char c,
               uint32_t colour, uint32_t background);
void draw_text(const struct picture *p, struct rect clip, int32_t x, int32_t y, const draw_font font,
               const char *text, uint32_t colour);
/* Dots of a width of `thick`. */
void draw_line(const struct picture *p, struct rect clip, int32_t x, int32_t y, int32_t to_x, int32_t to_y,
               int32_t thick, uint32_t colour);
void draw_disc(const struct picture *p, struct rect clip, int32_t x, int32_t y, int32_t radius,
               uint32_t colour);

#endif
