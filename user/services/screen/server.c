/* A driver of QEMU's and Bochs' display ("bochs-display", and their VGA): it sets the mode by the registers in memory, and copies rectangles. */
#include "pci/protocol.h"
#include "screen/protocol.h"

enum { PCI = 0, CLIENT = 1 };
/* Registers of 16 bits from 0x500 on; VGA's index of attributes at 0x400, by which a picture is shown or not. */
enum { ATTRIBUTES = 0x400, ATTRIBUTES_SHOW = 0x20, DISPLAY = 0x500 };
enum { ID, WIDTH, HEIGHT, DEPTH, ENABLE, BANK, LINE_WIDTH, LINES, LEFT, TOP };
enum { ID_MASK = 0xfff0, ID_VALUE = 0xb0c0, ON = 1, LINEAR = 0x40, KEEP = 0x80 };

/* Where the description maps them. */
volatile uint8_t *registers;
uint32_t *pixels, *picture;
void *ring;
static struct ring_end end;
static bool works;

static volatile uint16_t *display(unsigned number)
{
    return (volatile uint16_t *)(void *)(uintptr_t)(registers + DISPLAY) + number;
}

/* What was shown stays, so that a new life is not seen. */
static bool set_mode(void)
{
    if ((*display(ID) & ID_MASK) != ID_VALUE)
        return false;
    *display(ENABLE) = 0;
    *display(WIDTH) = SCREEN_WIDTH;
    *display(HEIGHT) = SCREEN_HEIGHT;
    *display(DEPTH) = 32;
    *display(ENABLE) = ON | LINEAR | KEEP;
    *display(BANK) = 0;
    *display(LINE_WIDTH) = SCREEN_WIDTH;
    *display(LEFT) = 0;
    *display(TOP) = 0;
    registers[ATTRIBUTES] = ATTRIBUTES_SHOW;
    return true;
}

/* Writes to the frame buffer are gathered, and it is never read. */
static void show(struct rect where)
{
    struct rect r = rect_cut(where, (struct rect){0, 0, SCREEN_WIDTH, SCREEN_HEIGHT});
    for (int32_t y = r.y; y < r.y + r.height; y++) {
        uint64_t at = (uint64_t)(uint32_t)y * SCREEN_WIDTH + (uint32_t)r.x, count = (uint32_t)r.width;
        const uint32_t *from = picture + at;
        uint32_t *to = pixels + at;
        __asm__ volatile("rep movsl" : "+S"(from), "+D"(to), "+c"(count) : : "memory");
    }
}

/* A number that makes no rectangle of this screen would make others of sums. */
static int32_t number(uint64_t word, unsigned shift)
{
    int32_t value = (int32_t)(uint32_t)(word >> shift);
    return value < -0x10000 ? -0x10000 : value > 0x10000 ? 0x10000 : value;
}

static void show_next(void)
{
    struct ring_entry e;
    if (ring_ready(&end) < 0)
        ring_accept(&end);
    if (ring_get(&end, &e) && works)
        show((struct rect){number(e.a, 0), number(e.a, 32), number(e.b, 0), number(e.b, 32)});
    if (ring_publish(&end))
        microkit_notify(CLIENT);
}

void init(void)
{
    works = SERVICE_CALL(PCI, PCI_START, 2, (microkit_mr_set(0, 0), microkit_mr_set(1, 0))) && set_mode();
    if (!works)
        microkit_dbg_puts("screen: there is no display that it knows\n");
    ring_start(&end, ring, SCREEN_RING, false);
    service_signal_all();
    if (works)
        show((struct rect){0, 0, SCREEN_WIDTH, SCREEN_HEIGHT});
    notified(CLIENT);
}

void notified(microkit_channel ch)
{
    (void)ch;
    do
        show_next();
    while (ring_ready(&end) > 0 || !ring_sleep(&end, 1));
}
