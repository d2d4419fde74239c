/* What the running thread of a state asks for, or how it faults. */
#include "state_parts.h"

static uint64_t some_capability(void)
{
    uint64_t address = (uint64_t)below(1 << ROOT_RADIX) << SLOT_BITS;
    switch (below(24)) {
    case 0: return address | 1u << below(5);
    case 1: return address | 1ull << (SLOT_BITS + ROOT_RADIX + below(55));
    case 2: return address | (uint64_t)(1 | below(1 << INNER_RADIX) << 1) << (SLOT_BITS + ROOT_RADIX);
    case 3: return number();
    default: return address;
    }
}

/* The same without the buffer. */
static uint64_t short_of(uint64_t operation)
{
    return operation == SYS_LONG_CALL         ? SYS_CALL
           : operation == SYS_LONG_REPLY_RECV ? SYS_REPLY_RECV
                                              : operation;
}

/* Can the fast path of this operation do something with that capability? */
static bool suits(const struct slot *s, uint64_t operation)
{
    const struct endpoint *ep = endpoint_of(s->object);
    switch (operation) {
    case SYS_CALL: return ep->recv != kernel.nobody && ep->recv != kernel.slow_head;
    case SYS_RECV:
    case SYS_REPLY_RECV: return ep->recv == kernel.nobody;
    case SYS_SIGNAL: return notification_of(s)->head;
    default: return !notification_of(s)->head;
    }
}

/* What the operation needs, if the running() thread has it; better yet where the fast path can do something. */
static uint64_t right_capability(uint64_t operation)
{
    const struct tcb *t = kernel.cpu->current;
    uint64_t found = some_capability();
    bool calls = short_of(operation) == SYS_CALL;
    bool receives_there = short_of(operation) == SYS_REPLY_RECV || operation == SYS_RECV;
    unsigned type = calls || receives_there ? TYPE_ENDPOINT : TYPE_NOTIFICATION;
    unsigned right = calls                     ? RIGHT_SEND
                     : receives_there          ? RIGHT_RECV
                     : operation == SYS_SIGNAL ? RIGHT_SIGNAL
                                               : RIGHT_WAIT;
    for (unsigned tries = 0; tries < 3 << ROOT_RADIX; tries++) {
        unsigned i = below(1 << ROOT_RADIX);
        const struct slot *s = &t->cspace[i];
        if (slot_type(s) != type || !(slot_rights(s) & right))
            continue;
        found = (uint64_t)i << SLOT_BITS;
        if (suits(s, short_of(operation)))
            break;
    }
    return found;
}

static uint64_t some_operation(void)
{
    static const uint64_t others[] = {SYS_NULL,      SYS_SEND,           SYS_REPLY,         SYS_YIELD,
                                      SYS_WAIT,      SYS_SIGNAL,         SYS_POLL,          SYS_SEND_NB,
                                      SYS_RECV_NB,   SYS_THREAD_SUSPEND, SYS_THREAD_RESUME, SYS_REPLY_SAVE,
                                      SYS_LONG_SEND, SYS_LONG_REPLY};
    static const uint64_t fast[] = {SYS_CALL, SYS_REPLY_RECV,   SYS_SIGNAL, SYS_YIELD,     SYS_WAIT,
                                    SYS_NULL, SYS_CAP_IDENTIFY, SYS_RECV,   SYS_LONG_CALL, SYS_LONG_REPLY_RECV};
    switch (below(34)) {
    case 0: return SYS_CAP_IDENTIFY;
    case 1:
    case 2: return others[below(sizeof others / sizeof others[0])];
    case 3: return fast[below(sizeof fast / sizeof fast[0])] | 1ull << (32 + below(32));
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
    case 9: return SYS_REPLY_RECV;
    case 10:
    case 11:
    case 12:
    case 13: return SYS_SIGNAL;
    case 14:
    case 15: return SYS_YIELD;
    case 16:
    case 17:
    case 18: return SYS_WAIT;
    case 19:
    case 20: return SYS_RECV;
    case 21:
    case 22:
    case 23:
    case 24: return SYS_LONG_CALL;
    case 25:
    case 26:
    case 27:
    case 28: return SYS_LONG_REPLY_RECV;
    default: return SYS_CALL;
    }
}

void state_call(struct registers *user)
{
    for (unsigned i = 0; i < GENERAL; i++)
        user->general[i] = number();
    user->general[RAX] = some_operation();
    user->general[RDI] = chance(2) ? some_capability() : right_capability(user->general[RAX]);
    user->general[RCX] = user_address();
    user->cr3 = kernel.cpu->current->cr3 & ~(1ull << 63);
}

void state_fault(struct registers *user, struct fault *fault)
{
    state_call(user);
    *fault = (struct fault){.error = below(32),
                            .rip = user_address(),
                            .cs = 0x23,
                            .rflags = 0x202 | below(2) << 16,
                            .rsp = number(),
                            .ss = 0x1b,
                            .cr2 = number(),
                            .vector = VECTOR_OF_PAGE_FAULT};
    if (chance(32))
        fault->cs = 8, fault->ss = 0; /* the kernel's own */
    user->general[RCX] = number();
    user->general[RSP] = fault->rsp;
}
