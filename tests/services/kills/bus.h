/* A bus with a disk and an interface whose configuration space is memory, as pci sees it by its ports (bus.c), and as the devices do (wires.c). */
#ifndef TEST_BUS_H
#define TEST_BUS_H

#include "board.h"

enum { FIRST_DEVICE = 2, WORDS = 64, COMMAND_AT = 1, BAR_AT = 4, MSIX_AT = 0xa0 / 4 };
enum { BAR_OF_MESSAGES = 1, BAR_OF_REGISTERS = 4, MESSAGES_BYTES = 0x1000 };

/* What the machine has, so that it outlives pci. */
struct bus {
    uint32_t address, begun;
    struct {
        uint32_t word[WORDS];
        uint32_t driver_died; /* said by the driver itself */
    } function[DEVICES];
};

#endif
