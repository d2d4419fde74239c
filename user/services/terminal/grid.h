/* A terminal's text: characters in lines and columns, and what the bytes that come do to them. It knows what the shell and programs send: the
   ends of lines, backspace, tab, and of sequences those that clear (ESC [ K, ESC [ J) and move (ESC [ H, ESC [ A to D). */
#ifndef SERVICES_TERMINAL_GRID_H
#define SERVICES_TERMINAL_GRID_H

#include <stdbool.h>
#include <stdint.h>

enum { GRID_COLUMNS = 80, GRID_ROWS = 25 };

/* In memory that outlives the terminal; whatever is in it, is a text. */
struct grid_text {
    uint32_t cursor; /* row * (GRID_COLUMNS + 1) + column */
    char cell[GRID_ROWS][GRID_COLUMNS];
};

struct grid {
    struct grid_text *text;
    uint32_t row, column; /* column GRID_COLUMNS: the next character begins a line */
    enum { GRID_PLAIN, GRID_ESCAPED, GRID_SEQUENCE } state;
    uint32_t number;                            /* of the sequence, so far */
    uint8_t from[GRID_ROWS], behind[GRID_ROWS]; /* columns that have changed, of each row */
};

void grid_start(struct grid *g, struct grid_text *text);
void grid_put(struct grid *g, char byte);
bool grid_changed(const struct grid *g);
void grid_cursor_changed(struct grid *g); /* its place is drawn anew */

#endif
