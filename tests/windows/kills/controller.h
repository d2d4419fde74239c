/* A controller of keyboard and mouse that is memory, as its driver sees it by its ports (controller.c), and the hands do (client.c). */
#ifndef TEST_CONTROLLER_H
#define TEST_CONTROLLER_H

#include <stdbool.h>
#include <stdint.h>

enum { CONTROLLER_BYTES = 64, KEYBOARD_BIT = 1, MOUSE_BIT = 2, BOTH_BITS = 3, HERE = 0x100 };

/* What the machine has, so that it outlives the driver. */
struct controller {
    uint32_t put, taken;             /* bytes of the devices, so far */
    uint32_t byte[CONTROLLER_BYTES]; /* each with HERE if it is the mouse's */
    uint32_t answer;  /* to a command, with HERE until it is read; and with that twice, it is the mouse's */
    uint32_t expects; /* the command whose byte is to come; 0: none */
    uint32_t configuration; /* its two lowest bits: who may interrupt */
    uint32_t off, reports;  /* bits: who is switched off, and who says what is done with it */
};

/* False: the driver has not taken what was there before. */
static inline bool controller_put(volatile struct controller *c, uint8_t byte, bool mouse)
{
    if (c->put - c->taken == CONTROLLER_BYTES)
        return false;
    c->byte[c->put % CONTROLLER_BYTES] = byte | (mouse ? HERE : 0);
    c->put++;
    return true;
}

static inline bool controller_works(const volatile struct controller *c)
{
    return (c->configuration & BOTH_BITS) == BOTH_BITS && c->off == 0 && c->reports == BOTH_BITS;
}

#endif
