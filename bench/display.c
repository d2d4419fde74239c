/* The screen: two lines of title, a page, a line of progress. The first pages are the table, in as
   many columns as fit; after them come the lines that others gave. All of it is kept here, so that pages can
   be turned. */
#include <stdio.h>
#include "display.h"
#include "harness.h"
#include "screen.h"

enum {
    TITLES = 2,
    TOP = TITLES + 1,         /* first row of a page; the row above it is empty */
    ENTRY_WIDTH = 34 + 3 * 9, /* the id and three numbers; two of these and a gap fit into 1024 pixels */
    GAP = 3,
    ENTRIES_MAX = 256,
    LINE_MAX = 132,
    LINES_MAX = 960, /* 32 pages of memory, taken only where there is a screen */
    TITLE_MAX = 160,
};

struct entry {
    const char *id;
    bool refused;
    uint64_t median, min, p99;
};

struct line {
    char text[LINE_MAX + 1];
    bool new_page;
};

static struct entry entries[ENTRIES_MAX];
static size_t entry_count, plan_count;
static struct line *lines;
static size_t line_count;
static bool page_wanted, has_failed;
static char titles[TITLES][TITLE_MAX];
static unsigned title_count;
static unsigned grid_columns, grid_rows; /* of the screen, without zoom */

/* ---- where things are */
static unsigned page_rows(void)
{
    return grid_rows - TOP - 2; /* an empty row and the state */
}

/* Of the table; its first row says what the numbers are. */
static size_t column_rows(void)
{
    return page_rows() - 1;
}

static unsigned columns(void)
{
    return (grid_columns + GAP) / (ENTRY_WIDTH + GAP);
}

static unsigned page_of(size_t entry)
{
    return (unsigned)(entry / (columns() * column_rows()));
}

static unsigned table_pages(void)
{
    size_t count = plan_count > entry_count ? plan_count : entry_count;
    return count == 0 ? 0 : page_of(count - 1) + 1;
}

/* The first line of the page after the one that begins with `first`. */
static size_t next_page(size_t first)
{
    size_t end = first + page_rows(), i = first + 1;
    while (i < line_count && i < end && !lines[i].new_page)
        i++;
    return i;
}

unsigned display_pages(void)
{
    unsigned count = table_pages();
    for (size_t first = 0; first < line_count; first = next_page(first))
        count++;
    return count;
}

/* ---- drawing */
static void put_row(unsigned row, enum screen_colour colour, const char *text)
{
    screen_put(row, 0, colour, text);
    screen_end_row(row, (unsigned)strlen(text));
}

/* Of more than eight digits only the thousands. */
static void put_number(char *text, uint64_t number)
{
    if (number < 100000000)
        snprintf(text, 10, "%9lu", number);
    else
        snprintf(text, 10, "%8luk", number / 1000);
}

static void put_entry(size_t i)
{
    const struct entry *e = &entries[i];
    size_t place = i % (columns() * column_rows());
    char text[ENTRY_WIDTH + 1];
    snprintf(text, sizeof text, "%-34.34s%9s", e->id, e->refused ? "refused" : "");
    if (!e->refused) {
        put_number(text + 34, e->median);
        put_number(text + 43, e->min);
        put_number(text + 52, e->p99);
    }
    screen_put(TOP + 1 + (unsigned)(place % column_rows()),
               (unsigned)(place / column_rows()) * (ENTRY_WIDTH + GAP), e->refused ? SCREEN_ALARM : SCREEN_TEXT,
               text);
}

static void put_table(unsigned page)
{
    char text[ENTRY_WIDTH + 1];
    snprintf(text, sizeof text, "%34s%9s%9s%9s", "", "median", "min", "p99");
    for (unsigned i = 0; i < columns() && page * columns() * column_rows() + i * column_rows() < plan_count;
         i++)
        screen_put(TOP, i * (ENTRY_WIDTH + GAP), SCREEN_DIM, text);
    for (size_t i = 0; i < entry_count; i++)
        if (page_of(i) == page)
            put_entry(i);
}

static size_t first_line(unsigned page)
{
    size_t first = 0;
    for (unsigned i = table_pages(); i < page; i++)
        first = next_page(first);
    return first;
}

/* A page of text that fits in characters of twice the size is shown in them: it is there to be copied. */
static unsigned zoom_of(unsigned page)
{
    size_t first = first_line(page);
    if (page < table_pages() || next_page(first) - first > grid_rows / 2 - TOP - 2)
        return 1;
    for (size_t i = first; i < line_count && i < next_page(first); i++)
        if (strlen(lines[i].text) > grid_columns / 2)
            return 1;
    return 2;
}

static void put_lines(unsigned page)
{
    size_t first = first_line(page);
    for (size_t i = first; i < line_count && i < next_page(first); i++)
        screen_put(TOP + (unsigned)(i - first), 0, SCREEN_TEXT, lines[i].text);
}

static void put_titles(void)
{
    for (unsigned i = 0; i < title_count; i++)
        put_row(i, i == 0 ? SCREEN_TITLE : SCREEN_DIM, titles[i]);
}

void display_show(unsigned page)
{
    screen_zoom(zoom_of(page));
    put_titles();
    for (unsigned row = TOP; row < TOP + page_rows(); row++)
        screen_end_row(row, 0);
    if (page < table_pages())
        put_table(page);
    else
        put_lines(page);
}

void display_state(const char *text)
{
    if (grid_columns != 0 && !has_failed)
        put_row(screen_rows() - 1, SCREEN_TITLE, text);
}

/* ---- what the suite says */
unsigned display_columns(void)
{
    return grid_columns;
}

void display_init(const struct bootinfo *bi)
{
    const char *wrong = screen_open(bi, "font");
    grid_columns = screen_columns();
    grid_rows = screen_rows();
    if (!wrong)
        lines = pages_new((LINES_MAX * sizeof *lines + 4095) / 4096);
    else if (*wrong)
        print("no use of the screen: %s\n", wrong);
}

void display_title(const char *line)
{
    if (title_count == TITLES)
        return;
    snprintf(titles[title_count++], TITLE_MAX, "%s", line);
    put_titles();
}

void display_plan(size_t count)
{
    plan_count = count;
    if (grid_columns != 0)
        display_show(0);
}

void display_start(const char *id, size_t index)
{
    char text[96];
    snprintf(text, sizeof text, "%zu of %zu: %s", index + 1, plan_count, id);
    display_state(text);
}

static void add_entry(struct entry entry)
{
    if (grid_columns == 0 || entry_count == ENTRIES_MAX)
        return;
    entries[entry_count++] = entry;
    if (entry_count > 1 && page_of(entry_count - 1) != page_of(entry_count - 2))
        display_show(page_of(entry_count - 1));
    else
        put_entry(entry_count - 1);
}

void display_result(const struct result *r)
{
    add_entry((struct entry){r->id, false, r->stats.median, r->stats.min, r->stats.p99});
}

void display_refused(const char *id)
{
    add_entry((struct entry){.id = id, .refused = true});
}

void display_error(const char *why)
{
    has_failed = true;
    if (grid_columns != 0)
        put_row(screen_rows() - 1, SCREEN_ALARM, why);
}

void display_line(const char *text)
{
    size_t width = grid_columns < LINE_MAX ? grid_columns : LINE_MAX;
    do {
        if (width == 0 || line_count == LINES_MAX)
            return;
        struct line *to = &lines[line_count++];
        size_t length = strlen(text);
        if (length > width)
            length = width;
        memcpy(to->text, text, length);
        to->text[length] = 0;
        to->new_page = page_wanted;
        page_wanted = false;
        text += length;
    } while (*text);
}

void display_page(void)
{
    page_wanted = true;
}

void display_end(void)
{
    char text[96];
    if (grid_columns == 0)
        return;
    snprintf(text, sizeof text, "done: %zu results", entry_count);
    display_show(0);
    display_state(text);
}
