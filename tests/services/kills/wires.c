/* Linked into the client, between it and its devices: a device works only while it may master the bus. While it may, all that pci gave it is as the
   description says, and its driver lives. */
#include <stdio.h>
#include "bus.h"
#include "device.h"
#include "pci/config.h"

enum { MESSAGES_FROM = 0xfee, MSIX_ENABLED = 2 /* and not masked */ };

const volatile struct bus *bus; /* where the description maps it */
const volatile uint32_t *blk_messages, *net_messages;
seL4_Word blk_messages_paddr, net_messages_paddr, blk_registers_paddr, net_registers_paddr;

bool __real_disk_serve(void);
bool __wrap_disk_serve(void);
bool __real_interface_put(const void *frame, uint32_t length);
bool __wrap_interface_put(const void *frame, uint32_t length);
uint32_t __real_interface_take(void *frame);
uint32_t __wrap_interface_take(void *frame);

static bool complain(unsigned device, const char *what)
{
    char line[80];
    snprintf(line, sizeof line, "bus: device %u: %s\n", device, what);
    microkit_dbg_puts(line);
    return false;
}

static bool on_bus(unsigned device)
{
    const volatile uint32_t *word = bus->function[device].word,
                            *message = device == DISK ? blk_messages : net_messages;
    seL4_Word messages = device == DISK ? blk_messages_paddr : net_messages_paddr,
              registers = device == DISK ? blk_registers_paddr : net_registers_paddr;
    if ((word[COMMAND_AT] & COMMAND_MASTER) == 0)
        return false;
    if (bus->function[device].driver_died)
        return complain(device, "its driver is dead");
    if ((word[COMMAND_AT] & COMMAND_MEMORY) == 0 || word[BAR_AT + BAR_OF_MESSAGES] != messages ||
        (word[BAR_AT + BAR_OF_REGISTERS] & ~0xfu) != registers)
        return complain(device, "its registers are elsewhere");
    if (word[MSIX_AT] >> 30 != MSIX_ENABLED || message[0] >> 20 != MESSAGES_FROM || message[1] != 0 ||
        message[2] == 0 || message[3] != 0)
        return complain(device, "its interrupt goes nowhere");
    return true;
}

bool __wrap_disk_serve(void)
{
    return on_bus(DISK) && __real_disk_serve();
}

bool __wrap_interface_put(const void *frame, uint32_t length)
{
    return on_bus(INTERFACE) && __real_interface_put(frame, length);
}

uint32_t __wrap_interface_take(void *frame)
{
    return on_bus(INTERFACE) ? __real_interface_take(frame) : 0;
}
