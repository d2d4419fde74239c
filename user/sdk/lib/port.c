/* I/O ports, timers, and protected calls by ids that have no bit. */
#include "own.h"

static bool has_ports(microkit_ioport id, const char *what)
{
    if (baton_has_id(microkit_ioports, id))
        return true;
    baton_wrong_id(what, id);
    return false;
}

seL4_Word baton_port_in(microkit_ioport id, seL4_Word port, seL4_Word bytes)
{
    if (!has_ports(id, "microkit_x86_ioport_read"))
        return 0;
    long value = io_in(cap_at(BASE_IOPORT_CAP + id), port, bytes);
    if (value < 0)
        baton_crash("microkit_x86_ioport_read: not of a port in the range of id ", id, value);
    return (seL4_Word)value;
}

void baton_port_out(microkit_ioport id, seL4_Word port, seL4_Word bytes, seL4_Word value)
{
    if (!has_ports(id, "microkit_x86_ioport_write"))
        return;
    long result = io_out(cap_at(BASE_IOPORT_CAP + id), port, bytes, value);
    if (result < 0)
        baton_crash("microkit_x86_ioport_write: not to a port in the range of id ", id, result);
}

/* In: the three sizes differ in their types only. */
#define PORT_IN(bits)                                                                                        \
    seL4_X86_IOPort_In##bits##_t seL4_X86_IOPort_In##bits(seL4_X86_IOPort ports, seL4_Uint16 port)           \
    {                                                                                                        \
        long value = io_in(cap_at(ports), port, (bits) / 8);                                                 \
        return (seL4_X86_IOPort_In##bits##_t){(int)baton_error(value), value < 0 ? 0 : (seL4_Uint##bits)value};   \
    }
PORT_IN(8)
PORT_IN(16)
PORT_IN(32)

seL4_Error seL4_X86_IOPort_Out8(seL4_X86_IOPort ports, seL4_Word port, seL4_Word value)
{
    return baton_error(io_out(cap_at(ports), port, 1, value));
}

seL4_Error seL4_X86_IOPort_Out16(seL4_X86_IOPort ports, seL4_Word port, seL4_Word value)
{
    return baton_error(io_out(cap_at(ports), port, 2, value));
}

seL4_Error seL4_X86_IOPort_Out32(seL4_X86_IOPort ports, seL4_Word port, seL4_Word value)
{
    return baton_error(io_out(cap_at(ports), port, 4, value));
}

void baton_timer_set(unsigned int id, seL4_Word deadline)
{
    if (!baton_has_id(microkit_timers, id))
        baton_wrong_id("baton_timer_set", id);
    else
        timer_set(cap_at(BATON_BASE_TIMER_CAP + id), deadline);
}

void baton_timer_cancel(unsigned int id)
{
    if (!baton_has_id(microkit_timers, id))
        baton_wrong_id("baton_timer_cancel", id);
    else
        timer_cancel(cap_at(BATON_BASE_TIMER_CAP + id));
}

microkit_msginfo baton_wide_ppcall(microkit_channel ch, microkit_msginfo msginfo)
{
    seL4_Word slot = BATON_BASE_WIDE_ENDPOINT_CAP + (seL4_Word)ch - BATON_FIRST_WIDE_CHANNEL;
    if (ch >= BATON_FIRST_WIDE_CHANNEL && cap_identify(cap_at(slot)) == TYPE_ENDPOINT)
        return baton_ppcall(cap_at(slot), msginfo);
    baton_wrong_id("microkit_ppcall", ch);
    return seL4_MessageInfo_new(0, 0, 0, 0);
}
