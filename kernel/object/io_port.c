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

/* rdi I/O ports, rsi port, rdx bytes: are all of them in the range? */
static long decide(const struct tcb *caller)
{
    long error;
    const struct slot *s = cap_lookup_type(caller, caller->rdi, TYPE_IO_PORT, &error);
    if (!s)
        return error;
    if (caller->rdx != 1 && caller->rdx != 2 && caller->rdx != 4)
        return ERR_BAD_ARGUMENT;
    if (caller->rsi < first_port(s->data) || caller->rsi > last_port(s->data) ||
        caller->rdx - 1 > last_port(s->data) - caller->rsi)
        return ERR_BAD_ARGUMENT;
    return 0;
}

/* Result: the value, 0 to 2^32 - 1, or an error below 0. */
long sys_io_in(struct tcb *caller)
{
    long error = decide(caller);
    if (error)
        return error;
    /* ==== commit */
    return (long)arch_io_in((uint16_t)caller->rsi, (unsigned)caller->rdx);
}

/* r8 is the value. */
long sys_io_out(struct tcb *caller)
{
    long error = decide(caller);
    if (error)
        return error;
    /* ==== commit */
    arch_io_out((uint16_t)caller->rsi, (unsigned)caller->rdx, (uint32_t)caller->r8);
    return 0;
}
