/* The part of the abstraction function for threads and the queues that they stand in. */
#include "view.h"

#include "object/endpoint.h"
#include "object/notification.h"
#include "thread/sched.h"

#define MEANS_NOTHING 0x6e6f7468696e67ull

/* In the order of state.py. */
enum { STOPPED, READY, RUNNING, SENDING, RECEIVING, WAITING, AWAITING };
enum { QUEUE_MOST = 64 };

static unsigned state_of(const struct tcb *t)
{
    if (t == cpu.current)
        return RUNNING;
    if (t->wait == 0)
        return STOPPED;
    if (t->wait & REF_READY)
        return READY;
    if (t->wait & REF_SLOT)
        return AWAITING;
    if (t->wait & REF_NOTIFICATION)
        return WAITING;
    if (t->wait & REF_ENDPOINT)
        return endpoint_of(t->wait)->recv == SLOW_HEAD ? SENDING : RECEIVING;
    return AWAITING;
}

/* What it waits at, and whether the answer may bring capabilities. */
static void put_wait(const struct tcb *t, unsigned state)
{
    uint64_t at = 0, index = 0, grants = 0;
    if (state == SENDING || state == RECEIVING)
        at = t->wait - REF_ENDPOINT;
    else if (state == WAITING)
        at = t->wait - REF_NOTIFICATION;
    else if (state == AWAITING && !(t->wait & REF_SLOT))
        at = (uintptr_t)server_of(t->wait), grants = t->wait & REF_GRANTS;
    if (state == AWAITING && t->wait & REF_SLOT) {
        const struct slot *s = reply_slot(t->wait);
        put_slot(s);
        bool good = slot_type(s) == TYPE_REPLY && s->object == (uintptr_t)t;
        PUT(good ? s->data & REF_GRANTS : NONE);
        return;
    }
    PUT(at, index, grants);
}

/* From the first register on: rip rsp rbp, nine of the message, rax rdi rbx rcx r11 rflags. */
static bool means_something(const struct tcb *t, unsigned state, unsigned i)
{
    bool message = i >= 3 && i < 12;
    if (i < 3 || t->slow_reasons & SLOW_FAULTED || state <= RUNNING)
        return true;
    return state == SENDING && (message || (t->send_kind == SEND_ONLY && i != 12));
}

/* Of a thread that does not run: as sched_settle() would leave it, and as it comes back to ring 3. */
static struct registers registers_of(const struct tcb *t, unsigned state)
{
    struct tcb copy = *t;
    if (state == READY && t->wait & READY_UNSETTLED) {
        copy.rax = 0;
        copy.resume = RESUME_SYSRET;
        if ((t->wait & ~(uint64_t)READY_ALONE) == IN_LINE_NOTIFIED)
            tcb_end_wait(&copy, GOT_NOTIFIED, t->rdi);
    }
    if (copy.resume == RESUME_SYSRET) {
        copy.rcx = copy.rip;
        copy.r11 = copy.rflags = FLAGS_AFTER_SYSCALL;
    }
    return user_of(&copy);
}

void put_thread(const struct tcb *t)
{
    unsigned state = state_of(t);
    bool faulted = t->slow_reasons & SLOW_FAULTED, sends = state == SENDING;
    PUT((uintptr_t)t, state);
    put_wait(t, state);
    PUT(t->priority, t->ceiling, (uint64_t)t->slice_ticks, state == READY ? (uint64_t)t->slice_left : 0,
        state == RECEIVING || t->reply_to == NOBODY ? 0 : (uintptr_t)t->reply_to, sends ? t->send_kind : 0,
        sends ? t->send_badge : 0, sends ? t->send_long : 0, faulted ? t->fault_label : 0,
        faulted ? t->fault_address : 0, faulted ? t->fault_error : 0, faulted ? t->fault_vector : 0,
        (uintptr_t)t->bound, t->slow_reasons & SLOW_OWES ? 1 : 0, t->fs_base, t->gs_base);
    for (unsigned i = 0; i < BREAKPOINTS; i++)
        PUT(t->breakpoint[i].address, t->breakpoint[i].kind, t->breakpoint[i].length);
    struct registers r = state == RUNNING ? user : registers_of(t, state);
    uint64_t *to = put_room(REGISTERS);
    for (unsigned i = 0; i < REGISTERS; i++)
        to[i] = means_something(t, state, i) ? *register_of(&r, i) : MEANS_NOTHING;
}

/* A queue from its first member on; `end` is its last. */
static void put_queue(const struct tcb *t, const struct tcb *end)
{
    uint64_t *length = PUT(0);
    for (unsigned n = 0; t && n < QUEUE_MOST; n++, t = t->next) {
        PUT((uintptr_t)t);
        ++*length;
        if (t == end)
            return;
    }
}

static const struct tcb *end_of(const struct tcb *head, const struct tcb *tail)
{
    return head->slow_reasons & SLOW_FOLLOWED ? tail : head;
}

void put_endpoint(const struct endpoint *ep)
{
    PUT((uintptr_t)ep);
    if (ep->recv == NOBODY)
        PUT(0);
    else if (ep->recv == SLOW_HEAD)
        put_queue(ep->send, ep->tail);
    else
        put_queue(ep->recv, end_of(ep->recv, ep->recv_tail));
}

void put_notification(const struct notification *n)
{
    const struct tcb *first = notification_first(n);
    PUT((uintptr_t)n, n->pending, (uintptr_t)n->bound);
    bool two = first && first->slow_reasons & SLOW_FOLLOWED;
    if (first)
        put_queue(first, two ? n->tail : first);
    else
        PUT(0);
}

void put_ready(void)
{
    for (const struct run_queue *q = cpu.highest; q->key > 1 || q->head != NOBODY; q = q->below) {
        bool alone = q->head->wait & READY_ALONE;
        PUT(q->key - 1);
        put_queue(q->head, alone ? q->head : q->tail);
    }
    PUT(NONE);
}
