/* A client that lies: about its surface, about the rings, and by whatever it draws. Then it dies, and begins anew. */
#include <stddef.h>
#include "wm/protocol.h"

enum { WM = 0, FLOOD = 300, WIDTH = 300, HEIGHT = 200, FAKE = 0x3d7eea };

void *wm_rings; /* where the description maps them */
uint32_t *surface;
static struct ring_end ask, hear;

static void say(const char *text)
{
    microkit_dbg_puts(text);
}

static uint64_t two(uint64_t low, uint64_t high)
{
    return low | high << 32;
}

/* Each of these is no picture in the surface. */
static const struct ring_entry lies[] = {
    {.op = WM_COMMIT, .length = WM_WIDTH, .a = 0},
    {.op = WM_COMMIT, .length = WM_WIDTH, .a = 1},
    {.op = WM_COMMIT, .length = 5000, .a = 1024 | 768ull << 32},
    {.op = WM_COMMIT, .length = 299, .a = WIDTH | (uint64_t)HEIGHT << 32},
    {.op = WM_COMMIT, .length = 300, .buffer = WM_SURFACE - 4, .a = WIDTH | (uint64_t)HEIGHT << 32},
    {.op = WM_COMMIT, .length = 300, .buffer = 0xfffffffc, .a = WIDTH | (uint64_t)HEIGHT << 32},
    {.op = WM_COMMIT, .length = 300, .buffer = 1, .a = WIDTH | (uint64_t)HEIGHT << 32},
    {.op = WM_COMMIT, .length = 0xffffffff, .a = WIDTH | (uint64_t)HEIGHT << 32},
    {.op = WM_COMMIT, .length = 300, .a = 0x80000000 | (uint64_t)HEIGHT << 32},
    {.op = WM_COMMIT, .length = 300, .a = WIDTH | 0xffffffffull << 32},
    {.op = 0, .length = 300, .a = WIDTH | (uint64_t)HEIGHT << 32},
    {.op = 0xffff, .length = 300, .a = WIDTH | (uint64_t)HEIGHT << 32},
};

/* What the manager answers: a more urgent one, it has when this is asked. */
static bool accepted(const struct ring_entry *e)
{
    struct ring_entry answer = {.status = SERVICE_BAD};
    if (!ring_put(&ask, e))
        say("liar: there is no room\n");
    ring_publish(&ask);
    microkit_notify(WM);
    while (ring_get(&hear, &answer) && answer.op != WM_TAKEN)
        ;
    ring_publish(&hear);
    return answer.op == WM_TAKEN && answer.status == SERVICE_OK;
}

static void lie(void)
{
    for (unsigned i = 0; i < sizeof lies / sizeof *lies; i++)
        if (accepted(&lies[i]))
            say("liar: a lie was believed\n");
}

/* Looks like the terminal's frame and the bar; and says that all changes, and more than all. */
static void pretend(void)
{
    const struct picture p = {surface, WIDTH, HEIGHT, WIDTH};
    const struct rect all = {0, 0, WIDTH, HEIGHT};
    const struct ring_entry honest = {.op = WM_COMMIT,
                                      .length = WIDTH,
                                      .a = two(WIDTH, HEIGHT),
                                      .b = two(0x80000000, 0xffff0000),
                                      .c = two(0x7fffffff, 0x7fffffff)};
    draw_fill(&p, all, all, 0xffffff);
    draw_frame(&p, all, all, 3, FAKE);
    draw_fill(&p, all, (struct rect){3, 3, WIDTH - 6, 22}, FAKE);
    if (!accepted(&honest))
        say("liar: the truth was not believed\n");
}

/* Commits without end, and never listens. */
static void flood(void)
{
    const struct ring_entry one = {.op = WM_COMMIT, .length = WIDTH, .a = two(WIDTH, HEIGHT), .c = two(1, 1)};
    for (unsigned i = 0; i < FLOOD; i++) {
        ring_put(&ask, &one);
        ring_publish(&ask);
        microkit_notify(WM);
    }
    if (ring_ready(&ask) > 0)
        say("liar: whoever does not listen is asked on\n");
}

/* Numbers that make no sense, in all that it can write to. */
static void garble(void)
{
    static const uint32_t numbers[] = {0, 1, 32, 33, 0x7fffffff, 0x80000000, 0xffffffff, 0x12345678};
    volatile uint32_t *words = wm_rings;
    for (unsigned i = 0; i < 2 * WM_PAGE / sizeof *words; i++) {
        words[i] = numbers[(i * 7 + (i >> 3)) % 8];
        if (i % 16 < 4)
            microkit_notify(WM);
    }
}

void init(void)
{
    ring_start(&ask, wm_rings, WM_RING, true);
    ring_start(&hear, (struct ring *)(void *)((char *)wm_rings + WM_PAGE), WM_RING, false);
    microkit_notify(WM);
    ring_pair_restarted(&ask, &hear);
    lie();
    pretend();
    flood();
    garble();
    say("liar: it has tried all\n");
    __builtin_trap();
}

void notified(microkit_channel ch)
{
    (void)ch;
}
