/* The lines that the client has written at the terminal, and eyes for them: part of client.c. */
#ifndef TEST_LINES_H
#define TEST_LINES_H

enum { PAD = 6, PAPER = 0x161a22, INK = 0xd9dee7, CURSOR = 0x9fd0ff }; /* terminal/server.c */
enum { DIGITS = 8, LOOKED_AT = DIGITS + 2 /* columns */, LINES = GRID_ROWS + 1 };

/* The last of them; number n at n % LINES. */
static struct written_line {
    char first[DIGITS + 1], last[DIGITS + 1]; /* as it was below the one before, and as it is */
} lines[LINES];
static unsigned written; /* so many */
static bool thorough;    /* all of the terminal is looked at, and not its last line alone */

/* Whether a cell shows a character. */
static bool is_shown(uint32_t row, uint32_t column, char c)
{
    uint32_t dots[DRAW_CHAR_HEIGHT * DRAW_CHAR_WIDTH];
    const struct picture cell = {dots, DRAW_CHAR_WIDTH, DRAW_CHAR_HEIGHT, DRAW_CHAR_WIDTH};
    int32_t x = content[TERMINAL].x + PAD + (int32_t)column * DRAW_CHAR_WIDTH,
            y = content[TERMINAL].y + PAD + (int32_t)row * DRAW_CHAR_HEIGHT;
    draw_char(&cell, (struct rect){0, 0, DRAW_CHAR_WIDTH, DRAW_CHAR_HEIGHT}, 0, 0, *font, c, INK, PAPER);
    for (int32_t i = 0; i < DRAW_CHAR_HEIGHT * DRAW_CHAR_WIDTH; i++)
        if (pixel(x + i % DRAW_CHAR_WIDTH, y + i / DRAW_CHAR_WIDTH) != dots[i])
            return false;
    return true;
}

static const char *line(unsigned number)
{
    return lines[number % LINES].last;
}

/* Whether the row may be what a life has left that ended in the middle of this line, or of moving all upwards. */
static bool is_left_of(uint32_t row, unsigned number)
{
    const volatile char *cell = text->cell[row];
    for (uint32_t i = 0; i < DIGITS; i++)
        if (cell[i] != line(number)[i] && cell[i] != lines[number % LINES].first[i] &&
            cell[i] != line(number - 1)[i] && cell[i] != ' ')
            return false;
    return true;
}

static bool is_line(uint32_t row, unsigned number)
{
    const volatile char *cell = text->cell[row];
    for (uint32_t i = 0; i < LOOKED_AT; i++)
        if (cell[i] != (i < DIGITS ? line(number)[i] : ' '))
            return false;
    return true;
}

/* Upwards from the last line each is there, in its order; what was taken twice, because of a death, stands there twice. Deaths leave
   fewer such rows than half of them, and lines end where the grid does. */
static void look_at_lines(void)
{
    unsigned number = written - 1, least = written > GRID_ROWS ? written - GRID_ROWS : 0, left = 0;
    uint32_t here = text->cursor / (GRID_COLUMNS + 1);
    for (uint32_t row = here; row-- > 0 && number > least;) {
        if (is_line(row, number - 1)) {
            number--;
        } else if (!is_left_of(row, number) || ++left > GRID_ROWS / 2) {
            complain("the terminal has lost, or spoilt, the line before number", number);
            return;
        }
    }
    if (number > least && here < GRID_ROWS - 1)
        complain("the terminal has lost all lines before number", number);
}

/* On the screen as in memory, but for the cursor. */
static bool all_is_shown(void)
{
    uint32_t here = text->cursor / (GRID_COLUMNS + 1);
    for (uint32_t row = 0; row < GRID_ROWS; row++)
        for (uint32_t i = 0; i < LOOKED_AT; i++)
            if ((row != here || i != DIGITS) && !is_shown(row, i, text->cell[row][i]))
                return false;
    return true;
}

/* Below the last one, or, false, in its place: then nothing goes up, and only a few cells change. */
static bool new_line(void)
{
    bool below = written == 0 || draw() % 2 == 0;
    written += below;
    struct written_line *new = &lines[(written - 1) % LINES];
    snprintf(new->last, sizeof new->last, "%08lu", draw() % 100000000);
    if (below)
        memcpy(new->first, new->last, sizeof new->first);
    return below;
}

/* The last line has the number, in memory and on the screen; the cursor behind it is filled if the keys go there. */
static bool terminal_is_right(void)
{
    uint32_t row = text->cursor / (GRID_COLUMNS + 1), column = text->cursor % (GRID_COLUMNS + 1);
    if (row >= GRID_ROWS || column != DIGITS)
        return false;
    for (uint32_t i = 0; i < DIGITS; i++)
        if (text->cell[row][i] != line(written - 1)[i] || !is_shown(row, i, line(written - 1)[i]))
            return false;
    int32_t x = content[TERMINAL].x + PAD + DIGITS * DRAW_CHAR_WIDTH + DRAW_CHAR_WIDTH / 2,
            y = content[TERMINAL].y + PAD + (int32_t)row * DRAW_CHAR_HEIGHT + DRAW_CHAR_HEIGHT / 2;
    return pixel(x, y) == (top == TERMINAL ? CURSOR : PAPER);
}

#endif
