/* Shows a picture, then changes all of it and says so of some rectangles only; those that are none, or lie outside, are among them. With
   "die" on the command line the driver is killed then. */
#include <string.h>
#include "screen/protocol.h"

enum { SCREEN = 0, BEFORE = 0x203040, AFTER = 0xffd060 };
static const seL4_Word START = 0x200000;

const struct {
    seL4_BootInfoHeader header;
    char text[];
} *cmdline; /* where the description maps them */
uint32_t *picture;
void *ring;
static struct screen screen;

/* Each place has a colour of its own. */
static void paint(uint32_t colour)
{
    for (uint32_t y = 0; y < SCREEN_HEIGHT; y++)
        for (uint32_t x = 0; x < SCREEN_WIDTH; x++)
            picture[y * SCREEN_WIDTH + x] = colour ^ (x & 0xf) ^ (y & 0xf) << 8;
}

static const struct rect changed[] = {
    {100, 100, 50, 30},
    {-20, 200, 40, 10},
    {1000, 300, 4000, 5},
    {500, -7, 3, 14},
    {300, 760, 9, 100},
    {400, 400, 0, 50},
    {410, 410, -5, 50},
    {2000, 2000, 10, 10},
    {600, 600, 1, 1},
    {INT32_MIN, 500, INT32_MAX, 1},
    {700, INT32_MAX, 10, INT32_MAX},
};

void init(void)
{
    screen_start(&screen, ring, SCREEN);
    paint(BEFORE);
    screen_changed(&screen, (struct rect){0, 0, SCREEN_WIDTH, SCREEN_HEIGHT});
    screen_send(&screen);
    paint(AFTER);
    for (unsigned round = 0; round < 8; round++) /* the ring goes round */
        for (unsigned i = 0; i < sizeof changed / sizeof *changed; i++) {
            screen_changed(&screen, changed[i]);
            screen_send(&screen);
        }
    if (strstr(cmdline->text, "die"))
        microkit_pd_restart(0, START);
    microkit_dbg_puts("painted\n");
}

void notified(microkit_channel ch)
{
    (void)ch;
    screen_send(&screen);
}

seL4_Bool fault(microkit_child child, microkit_msginfo msginfo, microkit_msginfo *reply)
{
    (void)child, (void)msginfo, (void)reply;
    microkit_dbg_puts("the driver has died\n");
    return seL4_False;
}
