/* A driver that dies now and then, of itself: the file that includes this one has the driver's init() and notified() by other names, and says whose
   it is (WHICH). Its device may do nothing from that moment on. */
#ifndef TEST_MORTAL_H
#define TEST_MORTAL_H

#include "bus.h"
#include "draw.h"

enum { NOTIFICATIONS = 16 }; /* of a life, about */
volatile struct bus *bus;    /* where the description maps it */

void init(void)
{
    bus->function[WHICH].driver_died = 0;
    honest_init();
    draw_state = requests.life * 0x9e3779b97f4a7c15ul | 1;
}

void notified(microkit_channel ch)
{
    if (draw() % NOTIFICATIONS == 0) {
        bus->function[WHICH].driver_died = 1;
        __builtin_trap();
    }
    honest_notified(ch);
}

#endif
