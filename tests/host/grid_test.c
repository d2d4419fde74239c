/* user/services/terminal/grid.c: what bytes do to the text of a terminal. */
#include "random.h"
#include "terminal/grid.h"
#include "test.h"

static struct grid_text text;
static struct grid grid;

static void start(void)
{
    memset(&text, 0, sizeof text);
    grid_start(&grid, &text);
}

static void put(const char *bytes)
{
    while (*bytes != 0)
        grid_put(&grid, *bytes++);
}

/* A row without blanks at its end. */
static const char *row(unsigned number)
{
    static char line[GRID_COLUMNS + 1];
    memcpy(line, text.cell[number], GRID_COLUMNS);
    unsigned length = GRID_COLUMNS;
    while (length > 0 && line[length - 1] == ' ')
        length--;
    line[length] = 0;
    return line;
}

static void lines(void)
{
    start();
    put("one\r\ntwo\nthree\rT\r\n");
    CHECK_STRING("one", row(0), "one");
    CHECK_STRING("two", row(1), "two");
    CHECK_STRING("three", row(2), "T  three");
    for (unsigned i = 0; i < GRID_ROWS; i++)
        put("x\r\n");
    CHECK_STRING("all went up", row(0), "x");
    CHECK_STRING("the last is empty", row(GRID_ROWS - 1), "");
    CHECK_NUMBER("row", grid.row, GRID_ROWS - 1);
}

/* The last column is written to, and the line ends with the next character only. */
static void long_lines(void)
{
    start();
    for (unsigned i = 0; i < GRID_COLUMNS; i++)
        put("a");
    CHECK_NUMBER("row", grid.row, 0);
    put("\r\nb");
    CHECK_STRING("b", row(1), "b");
    start();
    for (unsigned i = 0; i < GRID_COLUMNS + 2; i++)
        put("a");
    CHECK_STRING("the rest", row(1), "aa");
}

static void sequences(void)
{
    start();
    put("hello\b\b\x1b[K!");
    CHECK_STRING("cleared to the end", row(0), "hel!");
    put("\x1b[2D\x1b[Cx\x1b[B\x1b[Dy\x1b[Az");
    CHECK_STRING("moved", row(0),
                 "hel"
                 "xz");
    CHECK_STRING("moved down", row(1), "   y");
    put("\x1b[H\x1b[2J");
    CHECK_STRING("cleared", row(0), "");
    CHECK_STRING("cleared", row(1), "");
    put("a\tb\x1b[31;1mc\x1b[?25ld\x1b(e");
    CHECK_STRING("tab, and others are left out", row(0), "a       bcde");
    put("\x1b[99999999999A\x1b[99999999999D\x1b[99999999999B\x1b[99999999999Cz");
    CHECK_NUMBER("far is the edge", text.cell[GRID_ROWS - 1][GRID_COLUMNS - 1], 'z');
}

/* Whatever comes, and whatever the last life left: the cursor is in the grid, what has changed is marked, and a new life stands where the
   last one stood. */
static void anything(void)
{
    for (unsigned i = 0; i < sizeof text; i++)
        ((uint8_t *)&text)[i] = (uint8_t)random_next();
    grid_start(&grid, &text);
    for (unsigned i = 0; i < 1000000; i++) {
        static struct grid_text before;
        before = text;
        memset(grid.from, 0, sizeof grid.from);
        memset(grid.behind, 0, sizeof grid.behind);
        grid_put(&grid, random_below(4) != 0 ? "\x1b[0123456789ABCDHJK\r\n\b\t~z"[random_below(25)]
                                             : (char)random_next());
        CHECK(grid.row < GRID_ROWS && grid.column <= GRID_COLUMNS);
        for (unsigned r = 0; r < GRID_ROWS; r++)
            for (unsigned c = 0; c < GRID_COLUMNS && memcmp(text.cell[r], before.cell[r], GRID_COLUMNS) != 0;
                 c++)
                CHECK(text.cell[r][c] == before.cell[r][c] || (c >= grid.from[r] && c < grid.behind[r]));
        if (random_below(1000) == 0) {
            uint32_t row_before = grid.row, column_before = grid.column;
            grid_start(&grid, &text);
            CHECK(grid.row == row_before && grid.column == column_before && grid_changed(&grid));
        }
    }
}

int main(void)
{
    random_seed();
    test_run("grid/lines", lines);
    test_run("grid/long lines", long_lines);
    test_run("grid/sequences", sequences);
    test_run("grid/anything", anything);
    return test_end();
}
