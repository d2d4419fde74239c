/* Conway's game of life in a window. A click turns a cell over, the space bar makes a step, C clears all, Q ends. What leaves the sheet on one
   side comes in on the other. */
#include <stdio.h>
#include <string.h>
#include "window.h"

PROGRAM_NEEDS(PROC_OUTPUT | PROC_WINDOWS);

enum { COLUMNS = 64, ROWS = 40, CELL = 5, WIDTH = COLUMNS * CELL, HEIGHT = ROWS * CELL, LEFT_BUTTON = 1 };
enum { ALIVE = 0xf0c674, EMPTY = 0x20242c, BETWEEN = 0x2b303b };

static uint32_t picture[WIDTH * HEIGHT];
static _Bool cells[ROWS][COLUMNS];

static unsigned neighbours(unsigned row, unsigned column)
{
    unsigned found = 0;
    for (unsigned down = ROWS - 1; down <= ROWS + 1; down++)
        for (unsigned right = COLUMNS - 1; right <= COLUMNS + 1; right++)
            found +=
                (down != ROWS || right != COLUMNS) && cells[(row + down) % ROWS][(column + right) % COLUMNS];
    return found;
}

static void step(void)
{
    static _Bool next[ROWS][COLUMNS];
    for (unsigned row = 0; row < ROWS; row++)
        for (unsigned column = 0; column < COLUMNS; column++) {
            unsigned n = neighbours(row, column);
            next[row][column] = n == 3 || (n == 2 && cells[row][column]);
        }
    memcpy(cells, next, sizeof cells);
}

static void draw(unsigned row, unsigned column)
{
    for (unsigned y = 0; y < CELL; y++)
        for (unsigned x = 0; x < CELL; x++) {
            uint32_t inside = cells[row][column] ? ALIVE : EMPTY;
            picture[(row * CELL + y) * WIDTH + column * CELL + x] = x == 0 || y == 0 ? BETWEEN : inside;
        }
}

static _Bool show_all(void)
{
    for (unsigned row = 0; row < ROWS; row++)
        for (unsigned column = 0; column < COLUMNS; column++)
            draw(row, column);
    return program_show(picture, (struct rect){0, 0, WIDTH, HEIGHT});
}

static _Bool turn_over(unsigned x, unsigned y)
{
    unsigned row = y / CELL, column = x / CELL;
    if (row >= ROWS || column >= COLUMNS)
        return 1;
    cells[row][column] = !cells[row][column];
    draw(row, column);
    return program_show(picture, (struct rect){(int32_t)column * CELL, (int32_t)row * CELL, CELL, CELL});
}

/* False: it is over. */
static _Bool take(const struct program_event *e)
{
    static _Bool down;
    _Bool pressed = e->op == WM_POINTER && (e->b & LEFT_BUTTON) != 0, first = pressed && !down;
    if (e->op == WM_POINTER)
        down = pressed;
    if (first)
        return turn_over((uint32_t)e->a, (uint32_t)(e->a >> 32));
    if (e->op != WM_KEY || e->b == 0)
        return 1;
    if (e->c == ' ')
        step();
    else if (e->c == 'c')
        memset(cells, 0, sizeof cells);
    else
        return e->c != 'q';
    return show_all();
}

int main(int argc, char **argv)
{
    static const unsigned first[][2] = {{18, 31}, {18, 32}, {19, 30}, {19, 31}, {20, 31}};
    struct program_event event;
    (void)argc, (void)argv;
    if (!program_window(WIDTH, HEIGHT)) {
        printf("there is no window to be had\n");
        return 1;
    }
    for (unsigned i = 0; i < sizeof first / sizeof *first; i++)
        cells[first[i][0]][first[i][1]] = 1;
    if (!show_all())
        return 1;
    while (program_event(&event) && take(&event))
        ;
    return 0;
}
