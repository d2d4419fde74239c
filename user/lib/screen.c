/* The grid of characters. What each place shows is kept, so only what changes is drawn; the frame buffer
   itself is never read: it is not cached, and a read takes as long as a hundred writes. */
#include "screen.h"
#include "font.h"

enum { PAGE = 4096, UNKNOWN = '?' };

struct cell {
    char character;
    uint8_t colour;
};

static struct font font;
static struct bootinfo_screen screen;
static struct screen_mode mode;  /* no columns: no screen */
static struct screen_mode usual; /* without zoom */
static volatile uint8_t *frame_buffer;
static struct cell *cells;
static uint32_t pixels[SCREEN_COLOURS], background;

typedef uint32_t pixel_word __attribute__((aligned(1))); /* a line may begin at any byte */

static void write_pixel(volatile uint8_t *to, uint32_t pixel)
{
    if (mode.bytes == 4)
        *(volatile pixel_word *)to = pixel;
    else
        for (unsigned i = 0; i < mode.bytes; i++)
            to[i] = (uint8_t)(pixel >> 8 * i);
}

/* One line of dots of a character, `scale` pixels per dot. */
static void draw_dots(volatile uint8_t *to, unsigned dots, uint32_t pixel)
{
    for (unsigned x = 0; x < font.width; x++) {
        for (unsigned i = 0; i < mode.scale; i++, to += mode.bytes)
            write_pixel(to, dots & 0x8000u >> x ? pixel : background);
    }
}

static void draw(unsigned row, unsigned column, struct cell cell)
{
    const uint16_t *dots = font.row[cell.character - FONT_FIRST];
    volatile uint8_t *to = frame_buffer + (size_t)row * font.height * mode.scale * screen.pitch +
                           (size_t)column * font.width * mode.scale * mode.bytes;
    for (unsigned y = 0; y < font.height * mode.scale; y++, to += screen.pitch)
        draw_dots(to, dots[y / mode.scale], pixels[cell.colour]);
}

static void set(unsigned row, unsigned column, struct cell cell)
{
    struct cell *old = &cells[row * mode.columns + column];
    if (old->character == cell.character && (old->colour == cell.colour || cell.character == ' '))
        return;
    *old = cell;
    draw(row, column, cell);
}

void screen_put(unsigned row, unsigned column, enum screen_colour colour, const char *text)
{
    if (row >= mode.rows)
        return;
    for (; *text != 0 && column < mode.columns; text++, column++) {
        char c = *text >= FONT_FIRST && *text <= FONT_LAST ? *text : UNKNOWN;
        set(row, column, (struct cell){c, (uint8_t)colour});
    }
}

void screen_end_row(unsigned row, unsigned column)
{
    for (; row < mode.rows && column < mode.columns; column++)
        set(row, column, (struct cell){' ', SCREEN_TEXT});
}

void screen_clear(void)
{
    for (unsigned row = 0; row < mode.rows; row++)
        screen_end_row(row, 0);
}

unsigned screen_columns(void)
{
    return mode.columns;
}

unsigned screen_rows(void)
{
    return mode.rows;
}

/* The margins, too. */
static void make_empty(void)
{
    for (uint32_t y = 0; y < screen.height; y++) {
        volatile uint8_t *to = frame_buffer + (size_t)y * screen.pitch;
        for (uint32_t x = 0; x < screen.width; x++, to += mode.bytes)
            write_pixel(to, background);
    }
    for (unsigned i = 0; i < mode.columns * mode.rows; i++)
        cells[i] = (struct cell){' ', SCREEN_TEXT};
}

void screen_zoom(unsigned factor)
{
    if (usual.columns == 0 || mode.scale == usual.scale * factor)
        return;
    mode.scale = usual.scale * factor;
    mode.columns = usual.columns / factor;
    mode.rows = usual.rows / factor;
    make_empty();
}

static void choose_colours(void)
{
    background = screen_pixel(&screen, 0x10, 0x14, 0x1c);
    pixels[SCREEN_TEXT] = screen_pixel(&screen, 0xe8, 0xe8, 0xe8);
    pixels[SCREEN_TITLE] = screen_pixel(&screen, 0xff, 0xd0, 0x60);
    pixels[SCREEN_DIM] = screen_pixel(&screen, 0x90, 0xa8, 0xc0);
    pixels[SCREEN_ALARM] = screen_pixel(&screen, 0xff, 0x70, 0x60);
}

const char *screen_open(const struct bootinfo *bi, const char *font_module)
{
    const struct bootinfo_module *m = module_find(bi, font_module);
    struct screen_mode wanted;
    uint64_t vaddr;
    if (bi->screen.width == 0)
        return "";
    if (m == NULL)
        return "there is no font among the boot modules";
    const char *wrong = font_read(&font, (const void *)m->vaddr, m->size); /* NOLINT: mapped there */
    if (!wrong)
        wrong = screen_mode(&wanted, &bi->screen, font.width, font.height);
    if (!wrong)
        wrong = device_map(bi, bi->screen.paddr, (uint64_t)bi->screen.pitch * bi->screen.height,
                           (uint64_t)(RIGHT_READ | RIGHT_WRITE) | CACHE_WRITE_COMBINING, &vaddr);
    if (wrong)
        return wrong;
    screen = bi->screen;
    mode = usual = wanted;
    frame_buffer = (volatile uint8_t *)vaddr; /* NOLINT: mapped just now */
    cells = pages_new((mode.columns * mode.rows * sizeof *cells + PAGE - 1) / PAGE);
    choose_colours();
    make_empty();
    return NULL;
}
