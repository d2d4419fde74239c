#include "service.h"

enum {
    KIND_FIELD = 5,
    KIND_MASK = (1 << KIND_FIELD) - 1,
    STATE_AT = KIND_FIELD + 1,
    STATE_MASK = STATE_SSE | STATE_TLS,
    SLOTS_AT = STATE_AT + 2,
    SLOT_FIELD = 14,
    SLOT_MASK = (1 << SLOT_FIELD) - 1
};

/* The kind, one bit for clear, two for the state, then four slots. */
uint64_t service_pack(const struct service_args *a)
{
    if ((a->ep | a->watch | a->frame | a->space) > SLOT_MASK)
        fail("bench: a slot index does not fit a service's argument");
    return (uint64_t)a->kind | (uint64_t)a->clear << KIND_FIELD | (uint64_t)a->state << STATE_AT |
           a->ep << SLOTS_AT | a->watch << (SLOTS_AT + SLOT_FIELD) | a->frame << (SLOTS_AT + 2 * SLOT_FIELD) |
           a->space << (SLOTS_AT + 3 * SLOT_FIELD);
}

static struct service_args unpack(uint64_t argument)
{
    return (struct service_args){
        .kind = (enum service_kind)(argument & KIND_MASK),
        .clear = argument >> KIND_FIELD & 1,
        .state = argument >> STATE_AT & STATE_MASK,
        .ep = argument >> SLOTS_AT & SLOT_MASK,
        .watch = argument >> (SLOTS_AT + SLOT_FIELD) & SLOT_MASK,
        .frame = argument >> (SLOTS_AT + 2 * SLOT_FIELD) & SLOT_MASK,
        .space = argument >> (SLOTS_AT + 3 * SLOT_FIELD) & SLOT_MASK,
    };
}

void service_run(uint64_t argument)
{
    struct service_args a = unpack(argument);
    switch (a.kind) {
    case SERVICE_ECHO: service_echo(&a);
    case SERVICE_STAMP_RECV: service_stamp_recv(&a);
    case SERVICE_STAMP_REPLY: service_stamp_reply(&a);
    case SERVICE_YIELD: service_yield(&a);
    case SERVICE_PAGER: service_pager(&a);
    case SERVICE_WAITER: service_waiter(&a);
    case SERVICE_PONG: service_pong(&a);
    case SERVICE_SPIN: service_spin(&a);
    case SERVICE_LONG: service_long(&a);
    case SERVICE_CALLER: service_caller(&a);
    case SERVICE_CLIENT: service_client(&a);
    case SERVICE_LISTENER: service_listener(&a);
    case SERVICE_NEXT: service_next(&a);
    }
    service_fail(&a, FAILURE_BAD_MESSAGE, argument);
}

const char *service_failure_name(uint64_t failure)
{
    switch (failure) {
    case FAILURE_BAD_MESSAGE: return "a message did not arrive as it was sent";
    case FAILURE_RECEIVE: return "it cannot reply or receive";
    case FAILURE_MAP: return "memory_map failed";
    case FAILURE_UNMAP: return "memory_unmap failed";
    case FAILURE_UNEXPECTED_FAULT: return "a fault that is not the measured one";
    default: return "an unknown failure";
    }
}

_Noreturn void service_fail(const struct service_args *a, enum service_failure failure, uint64_t detail)
{
    for (;;) {
        struct msg m = {.label = failure, .word = {detail}};
        ipc_send(cap_at(a->watch), &m);
    }
}

static void check_and_answer(const struct service_args *a, struct msg *m, uint64_t round)
{
    if (m->badge != CLIENT_BADGE || m->label != service_check_label(round))
        service_fail(a, FAILURE_BAD_MESSAGE, m->badge);
    for (unsigned k = 0; k < 8; k++) {
        if (m->word[k] != service_word(round, k))
            service_fail(a, FAILURE_BAD_MESSAGE, m->word[k]);
        m->word[k] = ~m->word[k];
    }
    m->label = ~m->label;
}

void service_check(const struct service_args *a, struct msg *m)
{
    long result = ipc_recv(cap_at(a->ep), m);
    for (uint64_t round = 0;; round++) {
        if (result != GOT_MESSAGE)
            service_fail(a, FAILURE_RECEIVE, (uint64_t)result);
        check_and_answer(a, m, round);
        if (round + 1 == CHECK_ROUNDS)
            return;
        result = ipc_reply_recv(cap_at(a->ep), m);
    }
}
