/* A font in GRUB's format (PFF2), as far as a grid of ASCII characters needs it. */
#ifndef BATON_FONT_H
#define BATON_FONT_H

#include <stddef.h>
#include <stdint.h>

enum {
    FONT_FIRST = ' ',
    FONT_LAST = '~',
    FONT_GLYPHS = FONT_LAST - FONT_FIRST + 1,
    FONT_WIDTH_MAX = 16,
    FONT_HEIGHT_MAX = 32
};

struct font {
    unsigned width, height;                     /* of every character, in dots */
    uint16_t row[FONT_GLYPHS][FONT_HEIGHT_MAX]; /* from the top; bit 15 is the leftmost dot */
};

/* Returns NULL, or what is wrong with the file. Whatever its bytes are, nothing outside of them is read. */
const char *font_read(struct font *font, const void *file, size_t size);

#endif
