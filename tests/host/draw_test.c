/* Drawing against the plain way to say what each shape covers, pixel by pixel, with a border around the picture that nothing may touch. */
#include <math.h>
#include <string.h>
#include "draw/draw.h"
#include "random.h"
#include "test.h"

enum { WIDTH = 61, HEIGHT = 47, STRIDE = 70, AROUND = 3, LINES = HEIGHT + 2 * AROUND, ROUNDS = 500 };
static uint32_t memory[LINES * STRIDE], wanted[LINES * STRIDE];
static const struct picture picture = {memory + AROUND * STRIDE + AROUND, WIDTH, HEIGHT, STRIDE};
static draw_font font;

static uint32_t drawn(int32_t x, int32_t y)
{
    return x >= 0 && y >= 0 && x < WIDTH && y < HEIGHT ? picture.pixel[y * STRIDE + x] : 0;
}

static int32_t number(void)
{
    return (int32_t)random_below(200) - 70;
}

static struct rect any_rect(void)
{
    return (struct rect){number(), number(), number(), number()};
}

static void want(struct rect clip, int32_t x, int32_t y, uint32_t colour)
{
    if (x >= 0 && y >= 0 && x < WIDTH && y < HEIGHT && rect_has(clip, x, y))
        wanted[(AROUND + y) * STRIDE + AROUND + x] = colour;
}

static void want_rect(struct rect clip, struct rect r, uint32_t colour)
{
    for (int32_t y = r.y; y < r.y + r.height; y++)
        for (int32_t x = r.x; x < r.x + r.width; x++)
            want(clip, x, y, colour);
}

static void fills(void)
{
    struct rect clip = any_rect(), r = any_rect();
    uint32_t colour = random_below(1 << 24);
    draw_fill(&picture, clip, r, colour);
    want_rect(clip, r, colour);
}

/* A dot is on it that is in the rectangle, and less than `thick` from one of its sides. */
static void frames(void)
{
    struct rect clip = any_rect(), r = any_rect();
    int32_t thick = (int32_t)random_below(5);
    r.width = r.width < thick ? thick : r.width;
    r.height = r.height < thick ? thick : r.height;
    draw_frame(&picture, clip, r, thick, 3);
    for (int32_t y = r.y; y < r.y + r.height; y++)
        for (int32_t x = r.x; x < r.x + r.width; x++)
            if (x - r.x < thick || y - r.y < thick || r.x + r.width - x <= thick || r.y + r.height - y <= thick)
                want(clip, x, y, 3);
}

static void copies(void)
{
    static uint32_t pixels[40 * 30];
    struct picture from = {pixels, (int32_t)random_below(31), (int32_t)random_below(31), 40};
    struct rect clip = any_rect();
    int32_t x = number(), y = number();
    for (unsigned i = 0; i < sizeof pixels / sizeof *pixels; i++)
        pixels[i] = random_below(1 << 24);
    draw_copy(&picture, clip, x, y, &from);
    for (int32_t line = 0; line < from.height; line++)
        for (int32_t i = 0; i < from.width; i++)
            want(clip, x + i, y + line, pixels[line * 40 + i]);
}

static void characters(void)
{
    struct rect clip = any_rect();
    int32_t x = number(), y = number();
    unsigned char c = (unsigned char)random_below(256);
    draw_char(&picture, clip, x, y, (const uint8_t(*)[DRAW_CHAR_HEIGHT])font, (char)c, 7, 9);
    for (int32_t line = 0; line < DRAW_CHAR_HEIGHT; line++)
        for (int32_t i = 0; i < DRAW_CHAR_WIDTH; i++)
            want(clip, x + i, y + line, (font[c][line] >> (7 - i) & 1) != 0 ? 7 : 9);
}

/* The dots whose distance is the radius or less. */
static void discs(void)
{
    struct rect clip = any_rect();
    int32_t x = number(), y = number(), radius = (int32_t)random_below(40);
    draw_disc(&picture, clip, x, y, radius, 5);
    for (int32_t dy = -radius; dy <= radius; dy++)
        for (int32_t dx = -radius; dx <= radius; dx++)
            if (dx * dx + dy * dy <= radius * radius)
                want(clip, x + dx, y + dy, 5);
}

/* It has both ends, one dot in each line or column between them, and those in one piece. */
static void lines(void)
{
    struct rect clip = any_rect();
    int32_t x = number(), y = number();
    int32_t to_x = number(), to_y = number();
    draw_line(&picture, clip, x, y, to_x, to_y, 1, 0x1000006);
    double dx = to_x - x, dy = to_y - y, length = fabs(dx) > fabs(dy) ? fabs(dx) : fabs(dy);
    for (int32_t j = -80; j < 140; j++)
        for (int32_t i = -80; i < 140; i++) {
            double along = length == 0 ? 0 : fabs(dx) > fabs(dy) ? (i - x) / dx : (j - y) / dy;
            double beside = fabs(dx) > fabs(dy) ? j - (y + along * dy) : i - (x + along * dx);
            bool tie = fabs(fabs(beside) - 0.5) < 1e-6; /* either is right */
            if (along >= 0 && along <= 1 && tie && drawn(i, j) == 0x1000006)
                want(clip, i, j, 0x1000006);
            else if (along >= 0 && along <= 1 && !tie && fabs(beside) < 0.5)
                want(clip, i, j, 0x1000006);
        }
}

/* No pixels: numbers only. */
static void joins_and_cuts(void)
{
    struct rect a = any_rect(), b = any_rect(), both = rect_cut(a, b), all = rect_join(a, b);
    for (int32_t y = -80; y < 280; y += 3)
        for (int32_t x = -80; x < 280; x += 3) {
            CHECK(rect_has(both, x, y) == (rect_has(a, x, y) && rect_has(b, x, y)));
            CHECK(rect_has(all, x, y) || !(rect_has(a, x, y) || rect_has(b, x, y)));
        }
}

static void rounds(void (*one)(void))
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        memcpy(wanted, memory, sizeof memory);
        one();
        CHECK(memcmp(memory, wanted, sizeof memory) == 0);
    }
}

#define TEST(name) static void name##_test(void) { rounds(name); }
TEST(fills)
TEST(frames)
TEST(copies)
TEST(characters)
TEST(discs)
TEST(lines)
TEST(joins_and_cuts)

int main(void)
{
    random_seed();
    for (unsigned i = 0; i < sizeof font; i++)
        ((uint8_t *)font)[i] = (uint8_t)random_below(256);
    test_run("draw/fills", fills_test);
    test_run("draw/frames", frames_test);
    test_run("draw/copies", copies_test);
    test_run("draw/characters", characters_test);
    test_run("draw/discs", discs_test);
    test_run("draw/lines", lines_test);
    test_run("draw/joins and cuts", joins_and_cuts_test);
    return test_end();
}
