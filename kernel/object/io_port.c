#include "object/io_port.h"

#include "abi/handlers.h"
#include "arch/arch.h"
#include "object/cnode.h"
#include "thread/tcb.h"

static uint64_t first_port(uint64_t range)
{
    return range & IO_PORT_LAST;
}

static uint64_t last_port(uint64_t range)
{
    return range >> 16;
}

bool io_port_narrower(const struct slot *s, uint64_t range)
{
    return first_port(range) >= first_port(s->data) && last_port(range) <= last_port(s->data) &&
           first_port(range) <= last_port(range);
}

/* rdi I/O ports, if rsi port, rdx bytes are all in the range; NULL and the error otherwise. */
static const struct slot *ports(const struct tcb *caller, long *error)
{
    const struct slot *s = cap_lookup_type(caller, caller->rdi, TYPE_IO_PORT, error);
    if (!s)
        return NULL;
    *error = ERR_BAD_ARGUMENT;
    if (caller->rdx != 1 && caller->rdx != 2 && caller->rdx != 4)
        return NULL;
    if (caller->rsi < first_port(s->data) || caller->rsi > last_port(s->data) ||
        caller->rdx - 1 > last_port(s->data) - caller->rsi)
        return NULL;
    return s;
}

/* Result: the value, 0 to 2^32 - 1, or an error below 0. */
CALL_ON(io_in, const struct slot *, s, ports(caller, &error))
{
    /* ==== commit */
    return (long)arch_io_in((uint16_t)caller->rsi, (unsigned)caller->rdx);
}

/* r8 is the value. */
CALL_ON(io_out, const struct slot *, s, ports(caller, &error))
{
    /* ==== commit */
    arch_io_out((uint16_t)caller->rsi, (unsigned)caller->rdx, (uint32_t)caller->r8);
    return 0;
}
