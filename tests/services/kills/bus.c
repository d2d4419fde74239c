/* Linked into pci: its ports lead to the bus in memory (bus.h). A device begins anew when it may master the bus again. */
#define init board_init
#define notified board_notified
#define protected board_protected
#include "board.c"
#undef init
#undef notified
#undef protected
#include "bus.h"
#include "pci/config.h"

enum { ADDRESS = 0xcf8, MSIX = 0x11, LAST_PART = FIRST + (PARTS - 1) * APART, READ_ONLY = 0xf };

volatile struct bus *bus; /* where the description maps it */

seL4_Word __wrap_baton_port_in(microkit_ioport id, seL4_Word port, seL4_Word bytes);
void __wrap_baton_port_out(microkit_ioport id, seL4_Word port, seL4_Word bytes, seL4_Word value);

/* As the firmware leaves them: they may do anything. */
static void power_on(void)
{
    static const uint32_t ids[DEVICES] = {0x10421af4, 0x10411af4};
    for (unsigned d = 0; d < DEVICES; d++) {
        volatile uint32_t *word = bus->function[d].word;
        for (uint32_t at = 0; at < WORDS; at++)
            word[at] = config(4 * at);
        word[LAST_PART / 4] |= MSIX_AT * 4 << 8;
        word[MSIX_AT] = MSIX;
        word[MSIX_AT + 1] = BAR_OF_MESSAGES;
        word[BAR_AT + BAR_OF_REGISTERS] = 4; /* of 64 bits */
        word[0] = ids[d];
        word[COMMAND_AT] = STATUS_CAPABILITIES | COMMAND_MEMORY | COMMAND_MASTER;
    }
    bus->begun = 1;
}

static uint32_t device_of(uint32_t address)
{
    uint32_t function = address >> 8 & 0xffff, device = (function >> 3) - FIRST_DEVICE;
    return function % 8 == 0 && device < DEVICES ? device : DEVICES;
}

/* What a register becomes by one store, so that no death finds half of it. */
static uint32_t written(unsigned device, uint32_t at, uint32_t old, uint32_t value)
{
    switch (at) {
    case COMMAND_AT:
        if ((value & ~old & COMMAND_MASTER) != 0)
            start(device);
        return (old & 0xffff0000) | (value & 0xffff);
    case BAR_AT + BAR_OF_MESSAGES: return value & ~(uint32_t)(MESSAGES_BYTES - 1);
    case BAR_AT + BAR_OF_REGISTERS: return (value & ~(uint32_t)(REGISTERS - 1)) | (old & READ_ONLY);
    case BAR_AT + BAR_OF_REGISTERS + 1: return value;
    case MSIX_AT: return (old & 0x3fffffff) | (value & 0xc0000000);
    default: return old;
    }
}

seL4_Word __wrap_baton_port_in(microkit_ioport id, seL4_Word port, seL4_Word bytes)
{
    uint32_t device = device_of(bus->address);
    (void)id;
    (void)bytes;
    if (!bus->begun)
        power_on();
    if (port == ADDRESS)
        return bus->address;
    return device < DEVICES ? bus->function[device].word[bus->address / 4 % WORDS] : 0xffffffff;
}

void __wrap_baton_port_out(microkit_ioport id, seL4_Word port, seL4_Word bytes, seL4_Word value)
{
    uint32_t device = device_of(bus->address), at = bus->address / 4 % WORDS;
    (void)id;
    (void)bytes;
    if (port == ADDRESS)
        bus->address = (uint32_t)value;
    else if (device < DEVICES)
        bus->function[device].word[at] = written(device, at, bus->function[device].word[at], (uint32_t)value);
}
