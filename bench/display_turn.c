/* The end, on a screen: pages turn by themselves until somebody presses a key, then by keys. The keyboard is
   that of a PS/2 controller, or what the firmware makes of a USB one; without either the pages still turn.
   */
#include <stdio.h>
#include "display.h"
#include "baton.h"

enum {
    DATA = 0x60,
    STATUS = 0x64,
    STATUS_FULL = 1,
    STATUS_MOUSE = 0x20,
    ABSENT = 0xff,
    KEY_RELEASED = 0x80, /* also comes before the codes of the newer keys */
    RESET_CONTROL = 0xcf9,
    RESET_COLD = 6,
    PULSE_RESET = 0xfe, /* for the controller of the keyboard, which once drove that line */
    POLLS_A_SECOND = 20,
    TURN_SECONDS = 20,
};

enum turn { TURN_NONE, TURN_NO_MORE, TURN_NEXT, TURN_BACK, TURN_RESTART };

static unsigned in(unsigned port)
{
    long value = io_in(cap_at(CAP_IO_PORTS), port, 1);
    return value < 0 ? ABSENT : (unsigned)value;
}

/* Codes of set 1, into which the controller translates. */
static enum turn key(void)
{
    static const struct {
        uint8_t code, turn;
    } keys[] = {{0x39, TURN_NEXT},   {0x1c, TURN_NEXT},
                {0x4d, TURN_NEXT},   {0x51, TURN_NEXT}, /* blank, return, right, down */
                {0x0e, TURN_BACK},   {0x30, TURN_BACK},
                {0x4b, TURN_BACK},   {0x49, TURN_BACK}, /* backspace, b, left, up */
                {0x13, TURN_RESTART}};
    unsigned status = in(STATUS);
    if (status == ABSENT || !(status & STATUS_FULL))
        return TURN_NONE;
    unsigned code = in(DATA);
    if (status & STATUS_MOUSE || code & KEY_RELEASED)
        return TURN_NONE;
    for (unsigned i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (keys[i].code == code)
            return keys[i].turn;
    return TURN_NO_MORE; /* so that a page can be copied at leisure */
}

static void restart(void)
{
    io_out(cap_at(CAP_IO_PORTS), RESET_CONTROL, 1, RESET_COLD);
    io_out(cap_at(CAP_IO_PORTS), STATUS, 1, PULSE_RESET);
}

static void show(unsigned page, unsigned count)
{
    char text[80];
    display_show(page);
    if (count > 1)
        snprintf(text, sizeof text, "Page %u of %u. Space: next, b: back, r: restart; or switch off.", page + 1,
                 count);
    else
        snprintf(text, sizeof text, "All is done. r: restart; or switch off.");
    display_state(text);
}

void display_hold(void)
{
    unsigned page = 0, left = TURN_SECONDS * POLLS_A_SECOND;
    bool by_hand = false;
    if (display_columns() == 0)
        return;
    unsigned count = display_pages();
    struct sleeper sleeper = sleeper_new();
    show(page, count);
    print("bench: the screen stays as it is; hold=off on the command line ends the machine instead\n");
    for (;;) {
        sleep_ns(&sleeper, 1000000000 / POLLS_A_SECOND);
        enum turn turn = key();
        by_hand |= turn != TURN_NONE;
        if (!by_hand && --left == 0)
            turn = TURN_NEXT;
        if (turn == TURN_RESTART)
            restart();
        if (turn < TURN_NEXT || count < 2)
            continue;
        page = (page + (turn == TURN_BACK ? count - 1 : 1)) % count;
        left = TURN_SECONDS * POLLS_A_SECOND;
        show(page, count);
    }
}
