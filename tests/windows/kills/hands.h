/* What hands do at keyboard and mouse, as the devices say it to their controller. */
#ifndef TEST_HANDS_H
#define TEST_HANDS_H

#include <microkit.h>
#include "controller.h"

enum {
    HANDS = 2 /* the channel of the driver */,
    KEY = 0x1e,
    RELEASED = 0x80,
    STEP = 250 /* of the mouse, at most */
};

volatile struct controller *controller; /* where the description maps it */
static unsigned hands_missed;           /* bytes that found no room, and interrupts that were off */

static void hands_put(uint32_t byte, bool mouse)
{
    hands_missed += !controller_put(controller, (uint8_t)byte, mouse);
}

/* When a driver has nothing left to do, it must have left the devices on. */
static void hands_interrupt(void)
{
    hands_missed += !controller_works(controller);
    microkit_notify(HANDS);
}

static void hands_press_key(void)
{
    hands_put(KEY, false);
    hands_interrupt();
    hands_put(KEY | RELEASED, false);
    hands_interrupt();
}

static int32_t hands_part(int32_t way)
{
    return way < -STEP ? -STEP : way > STEP ? STEP : way;
}

/* Upwards is positive to a mouse, and its numbers have nine bits. */
static void hands_move(int32_t right, int32_t down, bool pressed)
{
    do {
        int32_t x = hands_part(right), y = hands_part(down);
        hands_put(8u | (x < 0 ? 0x10 : 0) | (y > 0 ? 0x20 : 0) | pressed, true);
        hands_put((uint32_t)x & 0xff, true);
        hands_put((uint32_t)-y & 0xff, true);
        hands_interrupt();
        right -= x;
        down -= y;
    } while (right != 0 || down != 0);
}

#endif
