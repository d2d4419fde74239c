#include "config.h"

enum {
    ADDRESS = 0xcf8,
    DATA = 0xcfc,
    BUSES = 256,
    MULTIPLE = 0x800000,
    BRIDGE = 0x10000,
    HEADER_TYPE = 0x7f0000
};
enum { BAR_PORTS = 1, BAR_TYPE = 6, BAR_64 = 4, BAR_FLAGS = 0xf };

static void choose(uint32_t function, uint32_t offset)
{
    microkit_x86_ioport_write_32(PORTS, ADDRESS, 0x80000000u | function << 8 | (offset & 0xfc));
}

uint32_t config_get(uint32_t function, uint32_t offset)
{
    choose(function, offset);
    return microkit_x86_ioport_read_32(PORTS, DATA);
}

void config_put(uint32_t function, uint32_t offset, uint32_t value)
{
    choose(function, offset);
    microkit_x86_ioport_write_32(PORTS, DATA, value);
}

/* A device's functions: the first is there if any is. A bridge makes its bus one that is looked at. */
static uint32_t look_at_device(uint32_t first, uint32_t id, bool wanted[BUSES])
{
    uint32_t count = config_get(first, CONFIG_HEADER) & MULTIPLE ? 8 : 1;
    for (uint32_t function = first; function < first + count; function++) {
        uint32_t found = config_get(function, CONFIG_ID);
        if (found == id)
            return function;
        if ((found & 0xffff) != 0xffff && (config_get(function, CONFIG_HEADER) & HEADER_TYPE) == BRIDGE)
            wanted[config_get(function, CONFIG_BUSES) >> 8 & 0xff] = true;
    }
    return NO_FUNCTION;
}

/* A bridge's bus has a higher number than its own. */
uint32_t config_find(uint32_t id)
{
    static bool wanted[BUSES];
    wanted[0] = true;
    for (uint32_t bus = 0; bus < BUSES; bus++)
        for (uint32_t device = 0; wanted[bus] && device < 32; device++) {
            uint32_t first = bus << 8 | device << 3;
            if ((config_get(first, CONFIG_ID) & 0xffff) == 0xffff)
                continue;
            uint32_t function = look_at_device(first, id, wanted);
            if (function != NO_FUNCTION)
                return function;
        }
    return NO_FUNCTION;
}

uint32_t config_capability(uint32_t function, uint32_t id)
{
    if ((config_get(function, CONFIG_COMMAND) & STATUS_CAPABILITIES) == 0)
        return 0;
    uint32_t at = config_get(function, CONFIG_CAPABILITIES) & 0xfc;
    for (uint32_t left = 48; at != 0 && left > 0; left--) { /* as many as fit, so that a circle ends, too */
        uint32_t head = config_get(function, at);
        if ((head & 0xff) == id)
            return at;
        at = head >> 8 & 0xfc;
    }
    return 0;
}

/* pre: memory and bus mastering are off. */
uint64_t config_bar_size(uint32_t function, uint32_t bar)
{
    uint32_t at = CONFIG_BAR + 4 * bar, old = config_get(function, at);
    config_put(function, at, 0xffffffff);
    uint32_t mask = config_get(function, at);
    config_put(function, at, old);
    if (mask == 0 || (mask & BAR_PORTS) != 0)
        return 0;
    return (uint64_t)(~(mask & ~(uint32_t)BAR_FLAGS)) + 1;
}

void config_bar_put(uint32_t function, uint32_t bar, uint64_t address)
{
    uint32_t at = CONFIG_BAR + 4 * bar;
    bool wide = (config_get(function, at) & BAR_TYPE) == BAR_64;
    config_put(function, at, (uint32_t)address);
    if (wide)
        config_put(function, at + 4, (uint32_t)(address >> 32));
}
