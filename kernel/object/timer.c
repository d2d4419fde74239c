#include "object/timer.h"

#include "abi/handlers.h"
#include "arch/arch.h"
#include "object/cnode.h"
#include "object/delete.h"
#include "object/derive.h"
#include "object/notification.h"
#include "object/thread.h"
#include "thread/tcb.h"

enum { FIRED_PER_ENTRY = 16 };

struct timer *timer_first;

static void lead(struct timer **place, struct timer *t)
{
    *place = t;
    if (t)
        t->place = place;
}

/* On its way down it takes the place of the first that is later; that one goes on instead. */
static void arm(struct timer *t)
{
    struct timer **place = &timer_first, *here;
    for (unsigned depth = 0; (here = *place); depth++) {
        if (timer_earlier(t, here)) {
            lead(place, t);
            lead(&t->below[0], here->below[0]);
            lead(&t->below[1], here->below[1]);
            t = here;
            here = *place;
        }
        place = &here->below[timer_side(t, depth)];
    }
    t->below[0] = t->below[1] = NULL;
    lead(place, t);
}

/* The earlier of the two below goes up, which leaves its own two, and so on down. */
void timer_disarm(struct timer *t)
{
    struct timer **hole = t->place, *below[2] = {t->below[0], t->below[1]};
    if (!hole)
        return;
    t->place = NULL;
    while (below[0] || below[1]) {
        unsigned side = !below[0] || (below[1] && timer_earlier(below[1], below[0]));
        struct timer *up = below[side], *next[2] = {up->below[0], up->below[1]};
        lead(hole, up);
        lead(&up->below[!side], below[!side]);
        hole = &up->below[side];
        below[0] = next[0];
        below[1] = next[1];
    }
    *hole = NULL;
}

/* What it is bound to may be gone: then nothing happens. */
static void fire(const struct timer *t)
{
    if (slot_type(&t->target) == TYPE_NOTIFICATION)
        notification_signal_by(&t->target);
    else if (slot_type(&t->target) == TYPE_TCB)
        tcb_time_out(tcb_of(t->target.object));
}

uint64_t timer_fire(uint64_t now)
{
    for (unsigned i = 0; i < FIRED_PER_ENTRY && timer_first && timer_first->deadline <= now; i++) {
        struct timer *t = timer_first;
        timer_disarm(t);
        fire(t);
    }
    return timer_first ? timer_first->deadline : TIMER_NEVER;
}

static struct timer *lookup(const struct tcb *caller, long *error)
{
    const struct slot *s = cap_lookup_type(caller, caller->rdi, TYPE_TIMER, error);
    return s ? timer_of(s) : NULL;
}

/* A notification with the right to signal, or a thread. */
static struct slot *lookup_target(const struct tcb *caller, long *error)
{
    struct slot *s = cap_lookup_type(caller, caller->rsi, TYPE_TCB, error);
    return s ? s : cap_lookup_right(caller, caller->rsi, TYPE_NOTIFICATION, RIGHT_SIGNAL, error);
}

/* rdi timer, rsi notification, thread, or 0 to unbind. Errors: IN_USE when it is bound already. */
CALL_ON(timer_bind, struct timer *, t, lookup(caller, &error))
{
    long error;
    struct slot *target = NULL;
    if (caller->rsi) {
        target = lookup_target(caller, &error);
        if (!target)
            return error;
        if (slot_usable(&t->target))
            return ERR_IN_USE;
        if (!slot_empty(&t->target)) /* what it was bound to is being deleted */
            return delete_first(&t->target, 1);
    }
    /* ==== commit */
    if (!target)
        return delete_slot(&t->target);
    derive_copy(&t->target, target, slot_rights(target) & RIGHT_SIGNAL);
    return 0;
}

/* rdi timer, rsi deadline. */
CALL_ON(timer_set, struct timer *, t, lookup(caller, &error))
{
    /* ==== commit */
    timer_disarm(t);
    t->deadline = caller->rsi;
    if (t->deadline <= arch_timestamp()) {
        fire(t);
        return 0;
    }
    arm(t);
    if (t == timer_first)
        arch_interrupt_at(t->deadline);
    return 0;
}

CALL_ON(timer_cancel, struct timer *, t, lookup(caller, &error))
{
    if (!t->place)
        return ERR_EMPTY;
    /* ==== commit */
    timer_disarm(t);
    return 0;
}
