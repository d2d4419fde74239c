/* I/O ports: a capability names a range of them, and the kernel executes IN and OUT for its holder. No port is ever
   open to ring 3 itself, so none has to be closed at a switch. */
#ifndef BATON_IO_PORT_H
#define BATON_IO_PORT_H

#include "cap/slot.h"

struct tcb;

enum { IO_PORT_LAST = 0xffff };

/* ---- data word: bits 0-15 the first port, 16-31 the last */
static inline uint64_t io_port_data(uint64_t first, uint64_t last)
{
    return first | last << 16;
}

/* Is `range` a data word of a range that lies within that of s? */
bool io_port_narrower(const struct slot *s, uint64_t range);

#endif
