/* Configuration space, by its two ports; and what is found in it. */
#ifndef SERVICES_PCI_CONFIG_H
#define SERVICES_PCI_CONFIG_H

#include <microkit.h>
#include <stdbool.h>
#include <stdint.h>

enum { PORTS = 0 }; /* id of the ports 0xcf8 to 0xcff in the description */
enum {
    CONFIG_ID = 0x00,
    CONFIG_COMMAND = 0x04,
    CONFIG_CLASS = 0x08,
    CONFIG_HEADER = 0x0c,
    CONFIG_BAR = 0x10,
    CONFIG_BUSES = 0x18,
    CONFIG_CAPABILITIES = 0x34
};
enum { COMMAND_MEMORY = 2, COMMAND_MASTER = 4, COMMAND_NO_LINE = 0x400, STATUS_CAPABILITIES = 0x100000 };
enum { CAPABILITY_MSIX = 0x11 };
enum { NO_FUNCTION = 0xffffffff };

/* A function is bus << 8 | device << 3 | function. */
uint32_t config_get(uint32_t function, uint32_t offset);
void config_put(uint32_t function, uint32_t offset, uint32_t value);
/* The first function of this vendor and device on any bus, or NO_FUNCTION. */
uint32_t config_find(uint32_t id);
/* Where a capability stands; 0: it has none. */
uint32_t config_capability(uint32_t function, uint32_t id);
/* How many bytes of memory a base address register is for: 0: none, or it is for ports. */
uint64_t config_bar_size(uint32_t function, uint32_t bar);
void config_bar_put(uint32_t function, uint32_t bar, uint64_t address);

#endif
