#include "reason.h"

#include <string.h>

static const char *const names[REASONS] = {
    [REASON_NONE] = "fast path taken",
    [REASON_OPERATION] = "an operation without a fast path",
    [REASON_ADDRESS] = "not an index of the root CNode",
    [REASON_EMPTY] = "empty slot",
    [REASON_TYPE] = "not an endpoint",
    [REASON_DYING] = "capability being taken apart",
    [REASON_RIGHT] = "the right is missing",
    [REASON_NO_RECEIVER] = "nobody waits to receive",
    [REASON_SENDERS] = "senders wait",
    [REASON_RECEIVERS] = "others wait to receive",
    [REASON_NO_CALLER] = "nobody to answer",
    [REASON_LESS_URGENT] = "somebody more urgent is ready",
    [REASON_SELF_SLOW + 3] = "running thread: signalled",
    [REASON_SELF_SLOW + 5] = "running thread: extended state",
    [REASON_SELF_SLOW + 6] = "running thread: breakpoints",
    [REASON_SELF_SLOW + 7] = "running thread: owes others a turn",
    [REASON_PARTNER_SLOW + 0] = "partner: others behind it",
    [REASON_PARTNER_SLOW + 1] = "partner: waits for the reply to a fault",
    [REASON_PARTNER_SLOW + 3] = "partner: signalled",
    [REASON_PARTNER_SLOW + 4] = "partner: its call may pass capabilities",
    [REASON_PARTNER_SLOW + 5] = "partner: extended state",
    [REASON_PARTNER_SLOW + 6] = "partner: breakpoints",
};
_Static_assert(SLOW_FOLLOWED == 1 && SLOW_FAULTED == 2 && SLOW_SIGNALLED == 8 && SLOW_GRANTS == 16 &&
                   SLOW_EXTENDED == 32 && SLOW_DEBUG == 64 && SLOW_OWES == 128,
               "names of the slow reasons");

const char *reason_name(unsigned reason)
{
    return names[reason];
}

bool reason_possible(unsigned reason, uint64_t operation)
{
    bool call = operation == SYS_CALL;
    switch (reason) {
    case REASON_OPERATION: return false;
    case REASON_NO_RECEIVER:
    case REASON_PARTNER_SLOW + 0: return call;
    case REASON_RECEIVERS:
    case REASON_NO_CALLER:
    case REASON_PARTNER_SLOW + 1:
    case REASON_PARTNER_SLOW + 3: /* a receiver has received what was signalled */
    case REASON_PARTNER_SLOW + 4: return !call;
    default: return names[reason] != NULL;
    }
}

/* The slot that the capability address names directly; NULL: it is no index of the root CNode. */
static const struct slot *slot_of(uint64_t address)
{
    const struct tcb *t = kernel.cpu->current;
    bool index = address % sizeof(struct slot) == 0 && address / sizeof(struct slot) < 1 << ROOT_RADIX;
    return index ? t->cspace + address / sizeof(struct slot) : NULL;
}

static enum reason slot_reason(const struct slot *s, unsigned right)
{
    if (!s)
        return REASON_ADDRESS;
    if (slot_empty(s))
        return REASON_EMPTY;
    if (slot_dying(s))
        return REASON_DYING;
    if (slot_type(s) != TYPE_ENDPOINT)
        return REASON_TYPE;
    return slot_rights(s) & right ? REASON_NONE : REASON_RIGHT;
}

/* May the partner run at once? */
static enum reason hand_over_reason(const struct tcb *partner)
{
    const struct tcb *t = kernel.cpu->current;
    if (t->slow_reasons)
        return (enum reason)(REASON_SELF_SLOW + __builtin_ctz(t->slow_reasons));
    if (partner->slow_reasons)
        return (enum reason)(REASON_PARTNER_SLOW + __builtin_ctz(partner->slow_reasons));
    return partner->priority + 1u >= state_ready_threshold() ? REASON_NONE : REASON_LESS_URGENT;
}

static enum reason call_reason(const struct slot *s)
{
    enum reason reason = slot_reason(s, RIGHT_SEND);
    if (reason)
        return reason;
    const struct tcb *receiver = endpoint_of(s->object)->recv;
    if (receiver == kernel.nobody)
        return REASON_NO_RECEIVER;
    if (receiver == kernel.crowd)
        return REASON_SENDERS;
    return hand_over_reason(receiver);
}

static enum reason reply_recv_reason(const struct slot *s)
{
    enum reason reason = slot_reason(s, RIGHT_RECV);
    if (reason)
        return reason;
    const struct tcb *waits = endpoint_of(s->object)->recv, *caller = kernel.cpu->current->reply_to;
    if (waits != kernel.nobody)
        return waits == kernel.crowd ? REASON_SENDERS : REASON_RECEIVERS;
    return caller == kernel.nobody ? REASON_NO_CALLER : hand_over_reason(caller);
}

enum reason reason_of(const struct registers *user)
{
    const struct slot *s = slot_of(user->general[RDI]);
    switch (user->general[RAX]) {
    case SYS_NULL: return REASON_NONE;
    case SYS_CALL: return call_reason(s);
    case SYS_REPLY_RECV: return reply_recv_reason(s);
    case SYS_CAP_IDENTIFY:
        return !s ? REASON_ADDRESS : slot_empty(s) ? REASON_EMPTY : slot_dying(s) ? REASON_DYING : REASON_NONE;
    default: return REASON_OPERATION;
    }
}
