/* Text on the frame buffer that the boot loader left, as a grid of characters. */
#ifndef BATON_SCREEN_H
#define BATON_SCREEN_H

#include "baton.h"

enum screen_colour { SCREEN_TEXT, SCREEN_TITLE, SCREEN_DIM, SCREEN_ALARM, SCREEN_COLOURS };

/* Maps the frame buffer, write-combining, from the device memory of the boot info, and reads the font, which
   is the boot module of that name. Returns NULL, or why there is no screen ("" when the boot loader gave
   none); then screen_columns() is 0 and the others do nothing. pre: after alloc_init; called once. */
const char *screen_open(const struct bootinfo *bi, const char *font);

/* Size of the grid. Characters are drawn twice as large, or more, where more than enough of them fit. */
unsigned screen_columns(void);
unsigned screen_rows(void);

/* What is no ASCII character is shown as '?'; what lies outside of the grid is left out. */
void screen_put(unsigned row, unsigned column, enum screen_colour colour, const char *text);
/* The rest of the row becomes empty. */
void screen_end_row(unsigned row, unsigned column);
void screen_clear(void);
/* From now on characters are this many times as large as at first (1 or more), and there are fewer of them; a
   change leaves the screen empty. */
void screen_zoom(unsigned factor);

/* ---- screen_mode.c: what can be known without a screen. */
struct screen_mode {
    unsigned bytes; /* of a pixel */
    unsigned scale; /* pixels for a dot of the font, each way */
    unsigned columns, rows;
};
/* Can that be a frame buffer in which characters of this many dots can be drawn? NULL, or why not. Afterwards
   `pitch` times `height` bytes from `paddr` are below 2^46, and every pixel is inside of them. */
const char *screen_mode(struct screen_mode *mode, const struct bootinfo_screen *screen, unsigned width,
                        unsigned height);
/* A pixel of that colour, of 8 bits each. pre: screen_mode found nothing wrong */
uint32_t screen_pixel(const struct bootinfo_screen *screen, unsigned red, unsigned green, unsigned blue);

/* ---- screen_map.c: maps [paddr, paddr + bytes), of device memory that nobody has used yet; NULL, or why not.
 */
const char *device_map(const struct bootinfo *bi, uint64_t paddr, uint64_t bytes, uint64_t attributes,
                       uint64_t *vaddr);

#endif
