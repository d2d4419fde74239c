/* user/lib/font.c, screen_mode.c and screen.c: whatever a font file or a boot loader says, nothing outside is
   read, and what is accepted can be drawn on. The font is made here: each character has dots that are like no
   other's. */
#include <stdlib.h>
#include "font.h"
#include "random.h"
#include "screen.h"
#include "test.h"

enum { WIDTH = 8, ASCENT = 12, DESCENT = 4, FILE_MAX = 8192 };

static uint8_t file[FILE_MAX];
static size_t used, index_at;
static struct font font;

static void put(uint64_t value, unsigned bytes)
{
    while (bytes-- > 0)
        file[used++] = (uint8_t)(value >> 8 * bytes);
}

static void section(const char *name, uint32_t length)
{
    for (int i = 0; i < 4; i++)
        file[used++] = (uint8_t)name[i];
    put(length, 4);
}

static void put_metric(const char *name, unsigned value)
{
    section(name, 2);
    put(value, 2);
}

/* 15 of them, and one bit that is unused; the blank has none. */
static unsigned dots_of(unsigned character)
{
    return character == ' ' ? 0 : character << 1 | 0x100;
}

/* A box of 3 x 5 dots, one from the left and one below the base line; the dots are the bits of the character.
 */
static void put_glyph(unsigned character)
{
    put(3, 2), put(5, 2), put(1, 2), put(0xffff, 2), put(WIDTH, 2);
    put(dots_of(character), 2);
}

static void make_font(void)
{
    memset(file, 0, sizeof file);
    used = 0;
    section("FILE", 4);
    put(0x50464632, 4);
    section("NAME", 3);
    put(0x414200, 3);
    put_metric("ASCE", ASCENT);
    put_metric("DESC", DESCENT);
    section("CHIX", (FONT_GLYPHS + 1) * 9);
    index_at = used;
    size_t glyphs = used + (FONT_GLYPHS + 1) * 9 + 8;
    put(0x2502, 4), put(0, 1), put(0xffffffff, 4); /* of no interest, so it may be wrong */
    for (unsigned c = FONT_FIRST; c <= FONT_LAST; c++)
        put(c, 4), put(0, 1), put(glyphs + (c - FONT_FIRST) * 12, 4);
    section("DATA", 0xffffffff);
    for (unsigned c = FONT_FIRST; c <= FONT_LAST; c++)
        put_glyph(c);
}

/* The file in memory that ends where it ends, so that the sanitizer sees a byte too much. */
static const char *read_copy(size_t size)
{
    uint8_t *copy = malloc(size + 1);
    memcpy(copy + 1, file, size); /* at an odd address, too */
    const char *wrong = font_read(&font, copy + 1, size);
    free(copy);
    return wrong;
}

static void reads_a_font(void)
{
    make_font();
    CHECK_STRING("whole", read_copy(used), NULL);
    CHECK_NUMBER("width", font.width, WIDTH);
    CHECK_NUMBER("height", font.height, ASCENT + DESCENT);
    for (unsigned c = FONT_FIRST; c <= FONT_LAST; c++) {
        unsigned dots = dots_of(c);
        for (unsigned row = 0; row < FONT_HEIGHT_MAX; row++) {
            bool inside = row >= ASCENT + 1 - 5 && row < ASCENT + 1;
            unsigned three = inside ? dots >> (13 - 3 * (row - (ASCENT + 1 - 5))) & 7 : 0;
            CHECK_NUMBER("dots", font.row[c - FONT_FIRST][row], three << 12);
        }
    }
}

static void refuses_every_end(void)
{
    make_font();
    for (size_t size = 0; size < used; size++)
        CHECK(read_copy(size) != NULL);
}

static void refuses(const char *why, size_t at, uint64_t value, unsigned bytes)
{
    make_font();
    size_t end = used;
    used = at;
    put(value, bytes);
    CHECK_STRING(why, read_copy(end), why);
}

static void refuses_what_cannot_be(void)
{
    make_font();
    size_t first = index_at + 10 * 9 + 8 + (FONT_GLYPHS - 9) * 9; /* the glyph of the blank */
    refuses("it is no font of GRUB's format", 8, 0x50464633, 4);
    refuses("a section ends past the end of the file", 16, 0xfffffff0, 4);
    refuses("a section ends past the end of the file", index_at - 4, 0x7fffffff, 4);
    refuses("it has no digits", index_at + (1 + '0' - FONT_FIRST) * 9, 0x2503, 4);
    refuses("it lacks a character of ASCII", index_at + 9, 0x2503, 4);
    refuses("it lacks a character of ASCII", index_at + 9 + 5, 0xfffffff8, 4);
    refuses("its characters differ in width", first + 8, WIDTH + 1, 2);
    refuses("a character is larger than the others", first, WIDTH, 2);
    refuses("a character is larger than the others", first, 0xffff, 2);
    refuses("a character is larger than the others", first + 2, 0xffff, 2);
    refuses("a character is larger than the others", first + 4, 0xffff, 2);
    refuses("a character is larger than the others", first + 6, ASCENT, 2);
    refuses("its characters are too large, or nothing", index_at - 8 - 10 - 2, 0xfff0, 2);
}

/* Bytes at random in the whole file, up to three: it is refused or not; the sanitizers watch. */
static void survives_noise(void)
{
    unsigned refused = 0;
    for (unsigned i = 0; i < 20000; i++) {
        if (i % 3 == 0)
            make_font();
        file[random_below((unsigned)used)] = (uint8_t)random_next();
        refused += read_copy(used) != NULL;
    }
    CHECK(refused > 5000 && refused < 19900);
}

/* ---- the mode */
static const struct bootinfo_screen usual = {.paddr = 0xfd000000,
                                             .pitch = 5120,
                                             .width = 1280,
                                             .height = 1024,
                                             .bits = 32,
                                             .red_at = 16,
                                             .red_bits = 8,
                                             .green_at = 8,
                                             .green_bits = 8,
                                             .blue_at = 0,
                                             .blue_bits = 8};
static struct screen_mode mode;

static const char *judge(struct bootinfo_screen s)
{
    return screen_mode(&mode, &s, 8, 16);
}

#define WITH(...)                                                                                              \
    ({                                                                                                         \
        struct bootinfo_screen s = usual;                                                                      \
        __VA_ARGS__;                                                                                           \
        s;                                                                                                     \
    })

static void sizes(void)
{
    static const struct {
        unsigned width, height, scale, columns, rows;
    } known[] = {{640, 480, 1, 80, 30},      {1024, 768, 1, 128, 48},  {1280, 1024, 1, 160, 64},
                 {1920, 1080, 2, 120, 33},   {1366, 768, 1, 170, 48},  {2560, 1440, 2, 160, 45},
                 {3840, 2160, 4, 120, 33},   {7680, 4320, 8, 120, 33}, {16384, 480, 1, 512, 30},
                 {16384, 16384, 17, 120, 60}};
    for (unsigned i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct bootinfo_screen s =
            WITH(s.width = known[i].width, s.height = known[i].height, s.pitch = known[i].width * 4);
        CHECK_STRING("size", judge(s), NULL);
        CHECK_NUMBER("bytes", mode.bytes, 4);
        CHECK_NUMBER("scale", mode.scale, known[i].scale);
        CHECK_NUMBER("columns", mode.columns, known[i].columns);
        CHECK_NUMBER("rows", mode.rows, known[i].rows);
    }
}

static void refuses_modes(void)
{
    static const char size[] = "its size makes no sense", address[] = "its address makes no sense",
                      colours[] = "its colours are not within a pixel",
                      pixels[] = "its pixels do not have 15 to 32 bits";
    CHECK_STRING("8 bits", judge(WITH(s.bits = 8)), pixels);
    CHECK_STRING("no bits", judge(WITH(s.bits = 0)), pixels);
    CHECK_STRING("255 bits", judge(WITH(s.bits = 255)), pixels);
    CHECK_STRING("pitch below the width", judge(WITH(s.pitch = 5119)), size);
    CHECK_STRING("no pitch", judge(WITH(s.pitch = 0)), size);
    CHECK_STRING("absurd pitch", judge(WITH(s.pitch = 0xffffffff)), size);
    CHECK_STRING("width that overflows", judge(WITH(s.width = 0x40000500)), size);
    CHECK_STRING("absurd height", judge(WITH(s.height = 0xffffffff)), size);
    CHECK_STRING("no address", judge(WITH(s.paddr = 0)), address);
    CHECK_STRING("address at the end of 64 bits", judge(WITH(s.paddr = ~0ull - 4096)), address);
    CHECK_STRING("end above 2^46", judge(WITH(s.paddr = (1ull << 46) - 4096)), address);
    CHECK_STRING("red", judge(WITH(s.red_at = 25)), colours);
    CHECK_STRING("green", judge(WITH(s.green_bits = 0)), colours);
    CHECK_STRING("blue", judge(WITH(s.blue_bits = 255, s.blue_at = 255)), colours);
    CHECK_STRING("narrow", judge(WITH(s.width = 639)), "it is too small for 80 columns and 24 rows");
    CHECK_STRING("low", judge(WITH(s.height = 16 * 24 - 1)), "it is too small for 80 columns and 24 rows");
    CHECK_STRING("24 bits", judge(WITH(s.bits = 24, s.pitch = 3840)), NULL);
    CHECK_STRING("nothing else", judge(usual), NULL);
}

static void colours(void)
{
    struct bootinfo_screen five =
        WITH(s.bits = 16, s.red_at = 11, s.red_bits = 5, s.green_at = 5, s.green_bits = 6, s.blue_bits = 5);
    struct bootinfo_screen ten =
        WITH(s.red_at = 20, s.red_bits = 10, s.green_at = 10, s.green_bits = 10, s.blue_bits = 10);
    CHECK_NUMBER("8 bits a colour", screen_pixel(&usual, 0x12, 0x34, 0x56), 0x123456);
    CHECK_NUMBER("5 and 6 bits", screen_pixel(&five, 0xff, 0x80, 0x08), 31 << 11 | 32 << 5 | 1);
    CHECK_NUMBER("10 bits", screen_pixel(&ten, 0xff, 1, 0), 0x3fc << 20 | 4 << 10);
}

/* ---- drawing: screen.c on memory that ends where the frame buffer ends */
static uint8_t *frame_buffer, *allocated;
static void *cells;
static struct bootinfo boot;
static struct bootinfo_module font_module;
static const char *mapping_fails;

const struct bootinfo_module *module_find(const struct bootinfo *bi, const char *name)
{
    CHECK(bi == &boot && strcmp(name, "font") == 0);
    return font_module.size ? &font_module : NULL;
}

void *pages_new(size_t pages)
{
    return cells = calloc(pages, 4096);
}

const char *device_map(const struct bootinfo *bi, uint64_t paddr, uint64_t bytes, uint64_t attributes,
                       uint64_t *vaddr)
{
    CHECK(bi == &boot && paddr == boot.screen.paddr &&
          attributes >> CACHE_SHIFT << CACHE_SHIFT == CACHE_WRITE_COMBINING);
    allocated = malloc(bytes + paddr % 8);
    frame_buffer = allocated + paddr % 8;
    memset(frame_buffer, 0xaa, bytes);
    *vaddr = (uintptr_t)frame_buffer;
    return mapping_fails;
}

static const char *open_screen(struct bootinfo_screen s)
{
    make_font();
    boot.screen = s;
    font_module.vaddr = (uintptr_t)file;
    font_module.size = used;
    return screen_open(&boot, "font");
}

static void close_screen(void)
{
    free(allocated);
    free(cells);
    frame_buffer = allocated = NULL, cells = NULL;
}

static uint32_t pixel_at(unsigned x, unsigned y)
{
    unsigned bytes = (boot.screen.bits + 7u) / 8;
    uint32_t pixel = 0;
    memcpy(&pixel, frame_buffer + (size_t)y * boot.screen.pitch + (size_t)x * bytes, bytes);
    return pixel;
}

/* Every pixel of a place is that of the character, and what lies past the last pixel of a line is as it was.
 */
static void check_place(unsigned row, unsigned column, char c, unsigned scale)
{
    uint32_t background = pixel_at(boot.screen.width - 1, boot.screen.height - 1);
    for (unsigned y = 0; y < 16 * scale; y++) {
        for (unsigned x = 0; x < 8 * scale; x++) {
            bool dot = font.row[c - FONT_FIRST][y / scale] & 0x8000u >> x / scale;
            CHECK((pixel_at(column * 8 * scale + x, row * 16 * scale + y) != background) == dot);
        }
    }
}

static void draws_on(struct bootinfo_screen s, unsigned scale)
{
    CHECK_STRING("open", open_screen(s), NULL);
    CHECK_STRING("font", read_copy(used), NULL);
    unsigned rows = screen_rows(), columns = screen_columns();
    screen_put(0, 0, SCREEN_TEXT, "Aq");
    screen_put(rows - 1, columns - 2, SCREEN_TITLE, "x\ty, which is cut");
    screen_put(rows, 0, SCREEN_TEXT, "below");
    screen_put(0, columns, SCREEN_TEXT, "beside");
    check_place(0, 0, 'A', scale), check_place(0, 1, 'q', scale), check_place(0, 2, ' ', scale);
    check_place(rows - 1, columns - 2, 'x', scale), check_place(rows - 1, columns - 1, '?', scale);
    screen_end_row(rows - 1, columns - 1);
    check_place(rows - 1, columns - 2, 'x', scale), check_place(rows - 1, columns - 1, ' ', scale);
    screen_zoom(2);
    check_place(0, 0, ' ', 2 * scale);
    CHECK(screen_columns() == columns / 2 && screen_rows() == rows / 2);
    screen_put(screen_rows() - 1, screen_columns() - 1, SCREEN_DIM, "zz");
    check_place(screen_rows() - 1, screen_columns() - 1, 'z', 2 * scale);
    screen_zoom(1);
    CHECK(screen_columns() == columns && screen_rows() == rows);
    check_place(rows - 1, columns - 1, ' ', scale);
    screen_put(0, 0, SCREEN_TEXT, "Aq");
    check_place(0, 0, 'A', scale);
    screen_clear();
    check_place(0, 0, ' ', scale), check_place(rows - 1, columns - 2, ' ', scale);
    unsigned bytes = (s.bits + 7u) / 8;
    for (size_t i = (size_t)s.width * bytes; i < s.pitch; i++)
        CHECK(frame_buffer[i] == 0xaa && frame_buffer[(size_t)(s.height - 1) * s.pitch + i] == 0xaa);
    close_screen();
}

static void draws(void)
{
    draws_on(usual, 1);
    draws_on(WITH(s.pitch = 5120 + 52), 1);
    draws_on(WITH(s.bits = 24, s.width = 1023, s.height = 767, s.pitch = 3071), 1);
    draws_on(WITH(s.width = 1920, s.height = 1083, s.pitch = 7680), 2);
    draws_on(WITH(s.bits = 16, s.width = 641, s.height = 481, s.pitch = 1283, s.red_at = 11, s.red_bits = 5,
                  s.green_at = 5, s.green_bits = 6, s.blue_bits = 5),
             1);
}

/* Lines and pixels that begin anywhere, of any depth, and of sizes with margins. */
static void draws_on_odd_ones(void)
{
    static const uint8_t depths[][7] = {{15, 10, 5, 5, 5, 0, 5}, {16, 11, 5, 5, 6, 0, 5},
                                        {24, 16, 8, 8, 8, 0, 8}, {32, 20, 10, 10, 10, 0, 10},
                                        {30, 0, 9, 9, 9, 18, 9}, {32, 24, 8, 16, 8, 8, 8}};
    for (unsigned i = 0; i < 24 && !test_state.failing; i++) {
        const uint8_t *d = depths[i % 6];
        struct bootinfo_screen s = WITH(s.bits = d[0], s.red_at = d[1], s.red_bits = d[2], s.green_at = d[3],
                                        s.green_bits = d[4], s.blue_at = d[5], s.blue_bits = d[6]);
        s.width = 640 + random_below(80), s.height = 384 + random_below(40);
        s.pitch = s.width * ((s.bits + 7u) / 8) + random_below(70);
        s.paddr += random_below(4096);
        draws_on(s, 1);
    }
}

/* Whatever the loader says: what is taken lies in the frame buffer, to the last pixel, and below 2^46. */
static void any_mode(void)
{
    static const uint32_t pitches[] = {0,          1,         3, 5119, 5120, 5121, 5123, 1 << 18, (1 << 18) + 1,
                                       0x80000000, 0xffffffff};
    static const uint64_t places[] = {
        1, 0xfd000000, 0xfffffff0, 1ull << 32, (1ull << 46) - 5120 * 1024, 1ull << 46, 1ull << 63, ~0ull};
    static const uint32_t widths[] = {0, 1, 639, 640, 1280, 16384, 16385, 0x40000500, 0xffffffff};
    static const uint8_t depths[] = {0, 1, 4, 8, 15, 16, 17, 24, 30, 32, 33, 64, 255};
    unsigned taken = 0;
    for (unsigned round = 0; round < 200000 && !test_state.failing; round++) {
        struct bootinfo_screen s = usual;
        for (unsigned n = random_below(4); n > 0; n--) {
            switch (random_below(7)) {
            case 0: s.pitch = pitches[random_below(11)]; break;
            case 1: s.paddr = places[random_below(8)]; break;
            case 2: s.width = widths[random_below(9)]; break;
            case 3: s.height = widths[random_below(9)]; break;
            case 4: s.bits = depths[random_below(13)]; break;
            case 5: s.green_at = (uint8_t)random_next(), s.green_bits = (uint8_t)random_below(40); break;
            default: s.pitch = s.width * ((s.bits + 7u) / 8) + random_below(3) - 1; break;
            }
        }
        if (judge(s) != NULL)
            continue;
        unsigned __int128 size = (unsigned __int128)s.pitch * s.height,
                          line = (unsigned __int128)s.width * mode.bytes;
        CHECK(s.paddr != 0 && s.paddr + size <= 1ull << 46 && line <= s.pitch && mode.bytes * 8u >= s.bits);
        CHECK(mode.columns * 8ull * mode.scale <= s.width && mode.rows * 16ull * mode.scale <= s.height);
        CHECK(mode.columns >= 80 && mode.rows >= 24 && mode.scale >= 1);
        CHECK(screen_pixel(&s, 255, 255, 255) >> (s.bits - 1) <= 1);
        taken++;
    }
    CHECK(taken > 1000);
}

/* pre: nothing was opened yet */
static void no_screen(void)
{
    CHECK_STRING("no frame buffer", open_screen(WITH(s.width = 0)), "");
    CHECK_STRING("8 bits", open_screen(WITH(s.bits = 8)), "its pixels do not have 15 to 32 bits");
    mapping_fails = "it does not lie in device memory";
    CHECK_STRING("no memory", open_screen(usual), mapping_fails);
    mapping_fails = NULL;
    font_module.size = 0;
    CHECK_STRING("no font", screen_open(&boot, "font"), "there is no font among the boot modules");
    font_module.size = 100;
    CHECK_STRING("half a font", screen_open(&boot, "font"), "a section ends past the end of the file");
    CHECK(screen_columns() == 0 && screen_rows() == 0);
    screen_put(0, 0, SCREEN_TEXT, "nothing happens");
    screen_end_row(0, 0);
    screen_clear();
    screen_zoom(2);
    CHECK(screen_columns() == 0);
    close_screen();
}

int main(void)
{
    random_seed();
    test_run("screen: a font", reads_a_font);
    test_run("screen: a font cut short anywhere", refuses_every_end);
    test_run("screen: fonts that cannot be", refuses_what_cannot_be);
    test_run("screen: a font with noise", survives_noise);
    test_run("screen: sizes", sizes);
    test_run("screen: modes that cannot be", refuses_modes);
    test_run("screen: colours", colours);
    test_run("screen: none", no_screen);
    test_run("screen: drawing", draws);
    test_run("screen: drawing on odd ones", draws_on_odd_ones);
    test_run("screen: any mode", any_mode);
    return test_end();
}
