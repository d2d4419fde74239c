#include "reason.h"

#include <string.h>

/* A slow reason of the running thread, of its partner. */
#define SELF(slow) (REASON_SELF_SLOW + __builtin_ctz(slow))
#define PARTNER(slow) (REASON_PARTNER_SLOW + __builtin_ctz(slow))

static const char *const names[REASONS] = {
    [REASON_NONE] = "fast path taken",
    [REASON_OPERATION] = "an operation without a fast path",
    [REASON_ADDRESS] = "not an index of the root CNode",
    [REASON_EMPTY] = "empty slot",
    [REASON_TYPE] = "of another type",
    [REASON_DYING] = "capability being taken apart",
    [REASON_RIGHT] = "the right is missing",
    [REASON_NO_RECEIVER] = "nobody waits to receive",
    [REASON_SENDERS] = "senders wait",
    [REASON_RECEIVERS] = "others wait there",
    [REASON_LESS_URGENT] = "somebody as urgent, or more, is ready",
    [REASON_BOUND] = "a thread is bound to the notification",
    [REASON_BOUND_SELF] = "the bound thread is the running one",
    [REASON_BOUND_READY] = "the bound thread was left ready by a fast path",
    [REASON_BOUND_BEHIND] = "the bound thread waits behind others",
    [REASON_CALLER] = "somebody waits for its reply",
    [REASON_NOT_MORE_URGENT] = "senders wait, and the answered thread is not more urgent",
    [REASON_SCAN] = "a cancellation stands at the first sender",
    [REASON_KIND] = "the first sender does more or less than call",
    [REASON_IDLE] = "nobody is ready",
    [REASON_NEXT] = "the next thread was not left by a fast path",
    [SELF(SLOW_SIGNALLED)] = "running thread: signalled",
    [SELF(SLOW_EXTENDED)] = "running thread: what only C switches",
    [SELF(SLOW_STATE)] = "running thread: extended state",
    [SELF(SLOW_BASES)] = "running thread: segment bases",
    [SELF(SLOW_DEBUG)] = "running thread: breakpoints",
    [SELF(SLOW_OWES)] = "running thread: owes others a turn",
    [PARTNER(SLOW_FOLLOWED)] = "partner: others behind it",
    [REASON_SYSRET] = "partner: its fault was a system call",
    [REASON_KERNEL] = "the fault, or interrupt, is the kernel's",
    [REASON_NO_CALLER] = "nobody waits for its reply",
    [REASON_BUFFER] = "running thread: no IPC buffer",
    [REASON_PARTNER_BUFFER] = "partner: no IPC buffer",
    [REASON_CAPS] = "capabilities are to be passed",
    [PARTNER(SLOW_FAULTED)] = "partner: an unanswered fault",
    [REASON_HELD] = "the CPU does not hold the partner's state",
    [REASON_UNUSED] = "no handler has that vector",
    [REASON_PENDING] = "the handler's last interrupt is pending",
    [REASON_LEVEL] = "its line is level triggered",
    [REASON_NO_TIMER] = "no timer is armed",
    [REASON_TIMERS] = "others are armed as well",
    [REASON_EARLY] = "the first timer is not due yet",
    [REASON_TICK] = "a tick is due",
    [REASON_NOT_URGENT] = "the waiter is not more urgent",
    [REASON_BOUND_ELSEWHERE] = "the bound thread waits at no endpoint",
    [PARTNER(SLOW_SIGNALLED)] = "partner: signalled",
    [PARTNER(SLOW_EXTENDED)] = "partner: what only C switches",
    [PARTNER(SLOW_STATE)] = "partner: extended state",
    [PARTNER(SLOW_BASES)] = "partner: segment bases",
    [PARTNER(SLOW_DEBUG)] = "partner: breakpoints",
};

const char *reason_name(unsigned reason)
{
    return names[reason];
}

const struct operation_name operation_names[OPERATIONS] = {
    [CALL] = {SYS_CALL, "call"},
    [REPLY_RECV] = {SYS_REPLY_RECV, "reply_recv"},
    [SIGNAL] = {SYS_SIGNAL, "signal"},
    [YIELD] = {SYS_YIELD, "yield"},
    [WAIT] = {SYS_WAIT, "wait"},
    [IDENTIFY] = {SYS_CAP_IDENTIFY, "identify"},
    [RECV] = {SYS_RECV, "recv"},
    [PAGE_FAULT] = {~0ull, "page fault"},
    [LONG_CALL] = {SYS_LONG_CALL, "long_call"},
    [LONG_REPLY_RECV] = {SYS_LONG_REPLY_RECV, "long_rr"},
    [DEVICE] = {~0ull, "device"},
    [CLOCK] = {~0ull, "clock"},
};

unsigned operation_of(uint64_t number, const struct fault *fault)
{
    unsigned i = 0;
    if (fault)
        return fault->vector == VECTOR_OF_PAGE_FAULT ? PAGE_FAULT
               : fault->vector == VECTOR_OF_CLOCK    ? CLOCK
                                                     : DEVICE;
    while (i < OPERATIONS && operation_names[i].number != number)
        i++;
    return i;
}

#define IN(operation) (1u << (operation))
#define LONG (IN(LONG_CALL) | IN(LONG_REPLY_RECV))
#define BY_ADDRESS (LONG | IN(CALL) | IN(REPLY_RECV) | IN(SIGNAL) | IN(WAIT) | IN(IDENTIFY) | IN(RECV))
#define INTERRUPTS (IN(DEVICE) | IN(CLOCK))
#define HANDS_OVER (LONG | IN(CALL) | IN(REPLY_RECV) | IN(SIGNAL) | IN(PAGE_FAULT) | INTERRUPTS)
#define TAKES_NEXT (IN(WAIT) | IN(RECV) | IN(REPLY_RECV) | IN(CALL))
#define RECEIVES (IN(RECV) | IN(REPLY_RECV) | IN(LONG_REPLY_RECV))
#define SWITCHES (HANDS_OVER | TAKES_NEXT | IN(YIELD))

static const unsigned possible[REASONS] = {
    [REASON_NONE] = IN(OPERATIONS) - 1,
    [REASON_ADDRESS] = BY_ADDRESS,
    [REASON_EMPTY] = BY_ADDRESS | INTERRUPTS,
    [REASON_DYING] = BY_ADDRESS | IN(PAGE_FAULT) | INTERRUPTS,
    [REASON_TYPE] = (BY_ADDRESS & ~IN(IDENTIFY)) | IN(CLOCK),
    [REASON_RIGHT] = BY_ADDRESS & ~IN(IDENTIFY),
    [REASON_NO_RECEIVER] = IN(LONG_CALL) | IN(PAGE_FAULT) | INTERRUPTS,
    [REASON_SENDERS] =
        IN(LONG_CALL) | IN(RECV) | IN(LONG_REPLY_RECV) | IN(SIGNAL) | IN(PAGE_FAULT) | INTERRUPTS,
    [REASON_RECEIVERS] = RECEIVES | IN(WAIT),
    [REASON_CALLER] = IN(RECV),
    [REASON_NO_CALLER] = IN(REPLY_RECV) | IN(LONG_REPLY_RECV),
    [REASON_NOT_MORE_URGENT] = IN(REPLY_RECV),
    [REASON_SCAN] = IN(REPLY_RECV),
    [REASON_KIND] = IN(REPLY_RECV),
    [REASON_BUFFER] = LONG,
    [REASON_PARTNER_BUFFER] = LONG,
    [REASON_CAPS] = LONG,
    [PARTNER(SLOW_FAULTED)] = IN(REPLY_RECV) | IN(LONG_REPLY_RECV),
    [REASON_LESS_URGENT] = HANDS_OVER,
    [REASON_BOUND] = IN(WAIT),
    [REASON_BOUND_SELF] = IN(SIGNAL) | INTERRUPTS,
    [REASON_BOUND_READY] = IN(SIGNAL),
    [REASON_BOUND_BEHIND] = IN(SIGNAL) | INTERRUPTS,
    [REASON_BOUND_ELSEWHERE] = INTERRUPTS,
    [REASON_NOT_URGENT] = INTERRUPTS,
    [REASON_UNUSED] = IN(DEVICE),
    [REASON_PENDING] = IN(DEVICE),
    [REASON_LEVEL] = IN(DEVICE),
    [REASON_NO_TIMER] = IN(CLOCK),
    [REASON_TIMERS] = IN(CLOCK),
    [REASON_EARLY] = IN(CLOCK),
    [REASON_TICK] = IN(CLOCK),
    [REASON_IDLE] = TAKES_NEXT,
    [REASON_NEXT] = IN(YIELD) | TAKES_NEXT,
    [SELF(SLOW_SIGNALLED)] = SWITCHES,
    [SELF(SLOW_EXTENDED)] = SWITCHES,
    [SELF(SLOW_STATE)] = SWITCHES, /* call, reply_recv: the next thread is not the one that waits there */
    [SELF(SLOW_BASES)] = SWITCHES,
    [SELF(SLOW_DEBUG)] = SWITCHES,
    [SELF(SLOW_OWES)] = SWITCHES,
    [PARTNER(SLOW_FOLLOWED)] = IN(CALL) | IN(LONG_CALL) | IN(SIGNAL) | IN(PAGE_FAULT) | INTERRUPTS,
    [REASON_SYSRET] = IN(REPLY_RECV),
    [REASON_KERNEL] = IN(PAGE_FAULT) | INTERRUPTS,
    [PARTNER(SLOW_SIGNALLED)] = IN(REPLY_RECV) | IN(LONG_REPLY_RECV) | IN(SIGNAL) |
                                INTERRUPTS, /* a receiver has received what was signalled */
    [PARTNER(SLOW_EXTENDED)] = HANDS_OVER,
    [PARTNER(SLOW_STATE)] = HANDS_OVER & ~IN(CALL),
    [PARTNER(SLOW_BASES)] = HANDS_OVER & ~IN(CALL),
    [REASON_HELD] = IN(CALL) | IN(REPLY_RECV),
    [PARTNER(SLOW_DEBUG)] = HANDS_OVER,
};

bool reason_possible(unsigned reason, unsigned operation)
{
    return possible[reason] & IN(operation) && !(reason == REASON_HELD && extended_clears);
}

/* The slot that the capability address names directly; NULL: it is no index of the root CNode. */
static const struct slot *slot_of(uint64_t address)
{
    const struct tcb *t = kernel.cpu->current;
    bool index = address % sizeof(struct slot) == 0 && address / sizeof(struct slot) < 1 << ROOT_RADIX;
    return index ? t->cspace + address / sizeof(struct slot) : NULL;
}

static enum reason slot_reason(const struct slot *s, unsigned type, unsigned right)
{
    if (!s)
        return REASON_ADDRESS;
    if (slot_empty(s))
        return REASON_EMPTY;
    if (slot_dying(s))
        return REASON_DYING;
    if (slot_type(s) != type)
        return REASON_TYPE;
    return slot_rights(s) & right ? REASON_NONE : REASON_RIGHT;
}

/* May the partner run at once? known: slow reasons that do not matter. */
static enum reason hand_over_reason(const struct tcb *partner, uint32_t known)
{
    const struct tcb *t = kernel.cpu->current;
    uint32_t slow = t->slow_reasons & ~known;
    if (slow)
        return (enum reason)(REASON_SELF_SLOW + __builtin_ctz(slow));
    slow = partner->slow_reasons & ~(known | SLOW_FAULTED);
    if (slow)
        return (enum reason)(REASON_PARTNER_SLOW + __builtin_ctz(slow));
    return partner->priority + 1u >= state_ready_threshold() ? REASON_NONE : REASON_LESS_URGENT;
}

/* The same for what has a second path: extended state and bases are switched, but nothing is saved for a third thread. */
static enum reason message_reason(const struct tcb *partner)
{
    enum reason reason = hand_over_reason(partner, SLOW_SECOND);
    bool opens = partner->extended && !kernel.cpu->current->extended;
    bool held = kernel.cpu->extended == partner->extended || extended_clears;
    return reason == REASON_NONE && opens && !held ? REASON_HELD : reason;
}

static enum reason answer_fault_reason(const struct tcb *caller)
{
    enum reason reason = hand_over_reason(caller, 0);
    return reason == REASON_NONE && caller->resume != RESUME_IRET ? REASON_SYSRET : reason;
}

/* For a long one there is no second path. */
static enum reason long_reason(const struct tcb *partner)
{
    const struct tcb *t = kernel.cpu->current;
    enum reason reason = hand_over_reason(partner, 0);
    if (partner->slow_reasons & SLOW_FAULTED)
        return (enum reason)PARTNER(SLOW_FAULTED);
    if (reason)
        return reason;
    if (!t->buffer)
        return REASON_BUFFER;
    if (t->buffer->caps)
        return REASON_CAPS;
    return partner->buffer ? REASON_NONE : REASON_PARTNER_BUFFER;
}

/* A message to the thread that waits to receive there; `reason` says if it may be given to it. */
static enum reason send_reason(const struct endpoint *ep, enum reason reason(const struct tcb *receiver))
{
    if (ep->recv == kernel.nobody)
        return REASON_NO_RECEIVER;
    if (ep->recv == kernel.slow_head)
        return REASON_SENDERS;
    return reason(ep->recv);
}

static enum reason pager_reason(const struct tcb *pager)
{
    return hand_over_reason(pager, 0);
}

static enum reason fault_reason(void)
{
    const struct slot *handler = &kernel.cpu->current->slots[TCB_FAULT];
    return slot_dying(handler) ? REASON_DYING : send_reason(endpoint_of(handler->object), pager_reason);
}

static enum reason call_reason(const struct slot *s, enum reason message(const struct tcb *receiver))
{
    enum reason reason = slot_reason(s, TYPE_ENDPOINT, RIGHT_SEND);
    if (reason)
        return reason;
    return send_reason(endpoint_of(s->object), message);
}

static enum reason self_reason(void)
{
    uint32_t slow = kernel.cpu->current->slow_reasons;
    return slow ? (enum reason)(REASON_SELF_SLOW + __builtin_ctz(slow)) : REASON_NONE;
}

/* Of the next thread in line, if there is one. */
static const struct tcb *next_in_line(void)
{
    return state_nobody_ready() ? NULL : kernel.queue[state_ready_threshold() - 1].head;
}

/* The running thread waits: can the next one be switched to at once? */
static enum reason block_reason(void)
{
    const struct tcb *next = next_in_line();
    if (kernel.cpu->current->slow_reasons)
        return self_reason();
    if (!next)
        return REASON_IDLE;
    return next->wait == READY_RETURNED || next->wait == READY_NOTIFIED ? REASON_NONE : REASON_NEXT;
}

/* For a message in registers only: where nobody receives, the running thread waits to send, and the next in line runs. */
static enum reason plain_call_reason(const struct slot *s)
{
    enum reason reason = call_reason(s, message_reason);
    if (reason != REASON_NO_RECEIVER && reason != REASON_SENDERS)
        return reason;
    reason = block_reason();
    return reason == REASON_NONE && next_in_line()->wait == READY_NOTIFIED ? REASON_NEXT : reason;
}

/* Can the running thread be the only receiver there? */
static enum reason receive_reason(const struct slot *s)
{
    enum reason reason = slot_reason(s, TYPE_ENDPOINT, RIGHT_RECV);
    const struct tcb *waits = reason ? kernel.nobody : endpoint_of(s->object)->recv;
    if (waits == kernel.nobody)
        return reason;
    return waits == kernel.slow_head ? REASON_SENDERS : REASON_RECEIVERS;
}

/* Senders wait: can the first one's call be received, while the answered thread runs? */
static enum reason senders_reason(const struct endpoint *ep)
{
    const struct tcb *t = kernel.cpu->current, *to = t->reply_to, *first = ep->send;
    if (t->slow_reasons)
        return self_reason();
    if (to == kernel.nobody)
        return REASON_NO_CALLER;
    if (to->slow_reasons)
        return (enum reason)(REASON_PARTNER_SLOW + __builtin_ctz(to->slow_reasons));
    if (to->priority <= t->priority)
        return REASON_NOT_MORE_URGENT;
    if (t->priority + 1u <= state_ready_threshold())
        return REASON_LESS_URGENT;
    if (ep->scan == first)
        return REASON_SCAN;
    return first->send_kind == SEND_CALL && first->send_long == LONG_NONE ? REASON_NONE : REASON_KIND;
}

static enum reason reply_recv_reason(const struct slot *s)
{
    enum reason reason = receive_reason(s);
    const struct tcb *caller = kernel.cpu->current->reply_to;
    if (reason == REASON_SENDERS)
        return senders_reason(endpoint_of(s->object));
    if (reason)
        return reason;
    if (caller == kernel.nobody)
        return block_reason();
    return caller->slow_reasons & SLOW_FAULTED ? answer_fault_reason(caller) : message_reason(caller);
}

static enum reason long_reply_recv_reason(const struct slot *s)
{
    enum reason reason = receive_reason(s);
    const struct tcb *caller = kernel.cpu->current->reply_to;
    if (reason)
        return reason;
    return caller == kernel.nobody ? REASON_NO_CALLER : long_reason(caller);
}

static enum reason recv_reason(const struct slot *s)
{
    enum reason reason = receive_reason(s);
    if (reason)
        return reason;
    return kernel.cpu->current->reply_to == kernel.nobody ? block_reason() : REASON_CALLER;
}

/* May this thread, which has been signalled, run at once, or stand in line before all others? */
static enum reason wake_reason(const struct tcb *woken)
{
    const struct tcb *t = kernel.cpu->current;
    if (t->slow_reasons)
        return self_reason();
    if (woken->slow_reasons)
        return (enum reason)(REASON_PARTNER_SLOW + __builtin_ctz(woken->slow_reasons));
    unsigned put_in_line = woken->priority > t->priority ? t->priority : woken->priority;
    return put_in_line + 1 > state_ready_threshold() ? REASON_NONE : REASON_LESS_URGENT;
}

/* One that waits for the notification, and which need not be the first that is ready: somebody of its priority is. */
static enum reason waiter_reason(const struct tcb *woken)
{
    unsigned key = woken->key;
    bool crowded = kernel.cpu->ready_bits[key / 64] >> key % 64 & 1;
    return crowded && key <= kernel.cpu->current->key ? REASON_NONE : wake_reason(woken);
}

static enum reason bound_reason(const struct tcb *bound)
{
    if (bound == kernel.cpu->current)
        return REASON_BOUND_SELF;
    if (!(bound->wait & REF_ENDPOINT))
        return bound->wait & READY_UNSETTLED ? REASON_BOUND_READY : REASON_NONE;
    if (endpoint_of(bound->wait)->recv == kernel.slow_head)
        return REASON_SENDERS;
    return endpoint_of(bound->wait)->recv == bound ? wake_reason(bound) : REASON_BOUND_BEHIND;
}

static enum reason signal_reason(const struct slot *s)
{
    enum reason reason = slot_reason(s, TYPE_NOTIFICATION, RIGHT_SIGNAL);
    const struct notification *n = reason ? NULL : notification_of(s);
    if (reason || !n->head)
        return reason;
    return n->head == kernel.slow_head ? bound_reason(n->bound) : waiter_reason(n->head);
}

/* An interrupt that has this target wakes somebody who runs at once. */
static enum reason target_reason(const struct slot *s)
{
    enum reason reason = slot_reason(s, TYPE_NOTIFICATION, RIGHT_SIGNAL);
    const struct notification *n = reason ? NULL : notification_of(s);
    if (reason)
        return reason;
    if (!n->head)
        return REASON_NO_RECEIVER;
    bool bound = n->head == kernel.slow_head;
    const struct tcb *woken = bound ? n->bound : n->head;
    if (bound && woken != kernel.cpu->current && !(woken->wait & REF_ENDPOINT))
        return REASON_BOUND_ELSEWHERE;
    reason = bound ? bound_reason(woken) : wake_reason(woken);
    return reason == REASON_NONE && woken->priority <= kernel.cpu->current->priority ? REASON_NOT_URGENT
                                                                                     : reason;
}

static enum reason device_reason(const struct irq_handler *h)
{
    if (!h->used)
        return REASON_UNUSED;
    if (h->pending)
        return REASON_PENDING;
    return h->line & IRQ_LEVEL ? REASON_LEVEL : target_reason(&h->notification);
}

static enum reason clock_reason(const struct timer *t)
{
    if (!t)
        return REASON_NO_TIMER;
    if (t->below[0] || t->below[1])
        return REASON_TIMERS;
    if (t->deadline > TSC_NOW)
        return REASON_EARLY;
    return interrupt_tick_is_due() ? REASON_TICK : target_reason(&t->target);
}

static enum reason yield_reason(void)
{
    const struct tcb *t = kernel.cpu->current, *next = next_in_line();
    if (t->slow_reasons || !next || next->priority < t->priority)
        return self_reason();
    return next->wait == READY_RETURNED || next->wait == IN_LINE_RETURNED ? REASON_NONE : REASON_NEXT;
}

static enum reason wait_reason(const struct slot *s)
{
    enum reason reason = slot_reason(s, TYPE_NOTIFICATION, RIGHT_WAIT);
    const struct notification *n = reason ? NULL : notification_of(s);
    if (reason)
        return reason;
    if (n->head)
        return n->head == kernel.slow_head ? REASON_BOUND : REASON_RECEIVERS;
    return n->pending ? REASON_NONE : block_reason();
}

enum reason reason_of(const struct registers *user, const struct fault *fault)
{
    if (fault && !(fault->cs & 3))
        return REASON_KERNEL;
    if (fault && fault->vector == VECTOR_OF_PAGE_FAULT)
        return fault_reason();
    if (fault)
        return fault->vector == VECTOR_OF_CLOCK ? clock_reason(interrupt_timer())
                                                : device_reason(interrupt_handler(fault->vector));
    const struct slot *s = slot_of(user->general[RDI]);
    switch (user->general[RAX]) {
    case SYS_NULL: return REASON_NONE;
    case SYS_CALL: return plain_call_reason(s);
    case SYS_LONG_CALL: return call_reason(s, long_reason);
    case SYS_LONG_REPLY_RECV: return long_reply_recv_reason(s);
    case SYS_REPLY_RECV: return reply_recv_reason(s);
    case SYS_RECV: return recv_reason(s);
    case SYS_SIGNAL: return signal_reason(s);
    case SYS_YIELD: return yield_reason();
    case SYS_WAIT: return wait_reason(s);
    case SYS_CAP_IDENTIFY:
        return !s ? REASON_ADDRESS : slot_empty(s) ? REASON_EMPTY : slot_dying(s) ? REASON_DYING : REASON_NONE;
    default: return REASON_OPERATION;
    }
}
