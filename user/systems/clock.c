/* A clock in a window: the time of the machine's clock chip, read each second. */
#include <stddef.h>
#include <stdio.h>
#include "timer/protocol.h"

#include "wm/protocol.h"

enum { WM = 0, TIMER = 1, CHIP = 0 }; /* channels; ports */
enum { SELECT = 0x70, VALUE = 0x71, SECONDS = 0, MINUTES = 2, HOURS = 4, STATUS_A = 10, STATUS_B = 11 };
enum { UPDATES = 0x80, BINARY = 4, HOURS_24 = 2, AFTERNOON = 0x80, TRIES = 1000, SECOND = 1000000000 };
enum { SIZE = 200, FACE = 92, CENTRE = SIZE / 2, HEIGHT = SIZE + 26 };
enum { PAPER = 0xf2f0ea, RIM = 0xb9b4a8, INK = 0x2a2f38, RED = 0xc8483a, GREY = 0x8b8f98, GROUND = 0x232833 };

void *wm_rings, *surface; /* where the description maps them */
const draw_font *font;
static struct wm_window window;
static struct timer timer = {.service = TIMER};
static bool changed = true; /* what the window shows is not what it is */

static unsigned chip(unsigned number)
{
    baton_port_out(CHIP, SELECT, 1, number);
    return (unsigned)baton_port_in(CHIP, VALUE, 1);
}

struct time {
    unsigned hours, minutes, seconds;
};

static unsigned binary(unsigned value, unsigned mode)
{
    return (mode & BINARY) != 0 ? value : (value >> 4) * 10 + (value & 0xf);
}

static struct time now(void)
{
    for (unsigned tries = TRIES; tries > 0 && (chip(STATUS_A) & UPDATES) != 0; tries--)
        ;
    unsigned mode = chip(STATUS_B), hours = chip(HOURS);
    struct time t = {binary(hours & ~(unsigned)AFTERNOON, mode), binary(chip(MINUTES), mode),
                     binary(chip(SECONDS), mode)};
    if ((mode & HOURS_24) == 0)
        t.hours = t.hours % 12 + ((hours & AFTERNOON) != 0 ? 12 : 0);
    return t;
}

/* Of an angle in sixtieths of a circle, times 1000. */
static int32_t sine(unsigned sixtieths)
{
    static const int16_t quarter[] = {0,   105, 208, 309, 407, 500, 588, 669,
                                      743, 809, 866, 914, 951, 978, 995, 1000};
    unsigned at = sixtieths % 60;
    bool negative = at >= 30;
    at %= 30;
    int32_t value = quarter[at <= 15 ? at : 30 - at];
    return negative ? -value : value;
}

static const struct rect all = {0, 0, SIZE, HEIGHT};

/* From one distance to the centre to another. */
static void ray(const struct picture *p, unsigned sixtieths, int32_t from, int32_t to, int32_t thick,
                uint32_t colour)
{
    int32_t x = sine(sixtieths), y = -sine(sixtieths + 15);
    draw_line(p, all, CENTRE + x * from / 1000, CENTRE + y * from / 1000, CENTRE + x * to / 1000,
              CENTRE + y * to / 1000, thick, colour);
}

static void draw_face(const struct picture *p)
{
    draw_fill(p, all, all, GROUND);
    draw_disc(p, all, CENTRE, CENTRE, FACE, RIM);
    draw_disc(p, all, CENTRE, CENTRE, FACE - 4, PAPER);
    for (unsigned i = 0; i < 60; i++)
        ray(p, i, i % 5 == 0 ? FACE - 18 : FACE - 12, FACE - 9, i % 5 == 0 ? 3 : 1, i % 5 == 0 ? INK : GREY);
}

static void draw_time(const struct picture *p, struct time t)
{
    char text[16];
    ray(p, t.hours % 12 * 5 + t.minutes / 12, -10, 48, 6, INK);
    ray(p, t.minutes, -14, 70, 4, INK);
    ray(p, t.seconds, -18, 74, 1, RED);
    draw_disc(p, all, CENTRE, CENTRE, 5, RED);
    snprintf(text, sizeof text, "%02u:%02u:%02u", t.hours, t.minutes, t.seconds);
    draw_text(p, all, CENTRE - 4 * DRAW_CHAR_WIDTH, SIZE + 4, *font, text, PAPER);
}

void init(void)
{
    wm_start(&window, wm_rings, surface, SIZE, HEIGHT, WM);
    timer_set(&timer, timer_now(&timer) + SECOND);
    notified(WM);
}

void notified(microkit_channel ch)
{
    struct ring_entry event;
    (void)ch;
    if (timer_due(&timer)) {
        changed = true;
        timer_set(&timer, timer_now(&timer) + SECOND);
    }
    while (wm_next(&window, &event))
        ;
    const struct picture *p = changed ? wm_draw(&window) : NULL;
    if (!p)
        return;
    draw_face(p);
    draw_time(p, now());
    wm_show(&window, all);
    changed = false;
}
