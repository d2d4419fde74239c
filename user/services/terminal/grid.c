#include "terminal/grid.h"
#include <string.h>

enum { ESCAPE = 0x1b, TAB = 8, MOST = 1000 };

static void mark(struct grid *g, uint32_t row, uint32_t from, uint32_t behind)
{
    if (g->from[row] >= g->behind[row])
        g->from[row] = (uint8_t)from, g->behind[row] = (uint8_t)behind;
    if (from < g->from[row])
        g->from[row] = (uint8_t)from;
    if (behind > g->behind[row])
        g->behind[row] = (uint8_t)behind;
}

void grid_cursor_changed(struct grid *g)
{
    uint32_t column = g->column < GRID_COLUMNS ? g->column : GRID_COLUMNS - 1;
    mark(g, g->row, column, column + 1);
}

static void move(struct grid *g, uint32_t row, uint32_t column)
{
    grid_cursor_changed(g);
    g->row = row;
    g->column = column;
    grid_cursor_changed(g);
    g->text->cursor = row * (GRID_COLUMNS + 1) + column;
}

static void clear(struct grid *g, uint32_t row, uint32_t from)
{
    if (from < GRID_COLUMNS)
        memset(&g->text->cell[row][from], ' ', GRID_COLUMNS - from);
    mark(g, row, from < GRID_COLUMNS ? from : GRID_COLUMNS - 1, GRID_COLUMNS);
}

void grid_start(struct grid *g, struct grid_text *text)
{
    uint32_t cursor = text->cursor % (GRID_ROWS * (GRID_COLUMNS + 1));
    *g = (struct grid){.text = text, .row = cursor / (GRID_COLUMNS + 1), .column = cursor % (GRID_COLUMNS + 1)};
    for (uint32_t row = 0; row < GRID_ROWS; row++) {
        for (uint32_t i = 0; i < GRID_COLUMNS; i++)
            if (text->cell[row][i] == 0)
                text->cell[row][i] = ' ';
        mark(g, row, 0, GRID_COLUMNS);
    }
}

/* At the bottom all goes up by a line. */
static void next_line(struct grid *g, uint32_t column)
{
    if (g->row + 1 < GRID_ROWS) {
        move(g, g->row + 1, column);
        return;
    }
    memmove(g->text->cell[0], g->text->cell[1], sizeof g->text->cell - sizeof g->text->cell[0]);
    clear(g, GRID_ROWS - 1, 0);
    for (uint32_t row = 0; row < GRID_ROWS; row++)
        mark(g, row, 0, GRID_COLUMNS);
    move(g, g->row, column);
}

static void show(struct grid *g, char c)
{
    if (g->column == GRID_COLUMNS)
        next_line(g, 0);
    g->text->cell[g->row][g->column] = c;
    move(g, g->row, g->column + 1);
}

static uint32_t less(uint32_t value, uint32_t by)
{
    return value > by ? value - by : 0;
}

static uint32_t more(uint32_t value, uint32_t by, uint32_t end)
{
    return value + by < end ? value + by : end - 1;
}

/* The last byte of a sequence, with the number before it, if there was one. */
static void sequence(struct grid *g, char last)
{
    uint32_t count = g->number == 0 ? 1 : g->number, column = g->column;
    switch (last) {
    case 'A': move(g, less(g->row, count), column); break;
    case 'B': move(g, more(g->row, count, GRID_ROWS), column); break;
    case 'C': move(g, g->row, more(column, count, GRID_COLUMNS)); break;
    case 'D': move(g, g->row, less(column, count)); break;
    case 'H': move(g, 0, 0); break;
    case 'K': clear(g, g->row, column); break;
    case 'J':
        for (uint32_t row = g->number == 2 ? 0 : g->row + 1; row < GRID_ROWS; row++)
            clear(g, row, 0);
        clear(g, g->row, g->number == 2 ? 0 : column);
        break;
    default: break;
    }
}

static void control(struct grid *g, char byte)
{
    switch (byte) {
    case '\r': move(g, g->row, 0); break;
    case '\n': next_line(g, g->column < GRID_COLUMNS ? g->column : 0); break;
    case '\b': move(g, g->row, less(g->column, 1)); break;
    case '\t': move(g, g->row, more(g->column, TAB - g->column % TAB, GRID_COLUMNS)); break;
    case ESCAPE: g->state = GRID_ESCAPED; break;
    default: break;
    }
}

static void in_sequence(struct grid *g, char byte)
{
    if (byte >= '0' && byte <= '9') {
        g->number = g->number < MOST ? g->number * 10 + (uint32_t)(byte - '0') : g->number;
    } else if (byte >= '@') {
        g->state = GRID_PLAIN;
        sequence(g, byte);
    }
}

void grid_put(struct grid *g, char byte)
{
    if (g->state == GRID_ESCAPED) {
        g->state = byte == '[' ? GRID_SEQUENCE : GRID_PLAIN;
        g->number = 0;
    } else if (g->state == GRID_SEQUENCE && (unsigned char)byte >= ' ') {
        in_sequence(g, byte);
    } else if ((unsigned char)byte < ' ') {
        control(g, byte);
    } else if (byte != 0x7f) {
        show(g, byte);
    }
}

bool grid_changed(const struct grid *g)
{
    for (uint32_t row = 0; row < GRID_ROWS; row++)
        if (g->from[row] < g->behind[row])
            return true;
    return false;
}
