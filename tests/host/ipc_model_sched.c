/* The part of the model that says which thread runs next. */
#include "abi/abi.h"
#include "ipc_model.h"

struct model model;

void model_insert(struct model_list *l, int at, int t)
{
    for (int i = l->length++; i > at; i--)
        l->member[i] = l->member[i - 1];
    l->member[at] = t;
}

void model_take_out(struct model_list *l, int t)
{
    int i = 0;
    while (l->member[i] != t)
        i++;
    l->length--;
    for (; i < l->length; i++)
        l->member[i] = l->member[i + 1];
}

int model_take_first(struct model_list *l)
{
    int t = l->length ? l->member[0] : NOBODY_AT_ALL;
    if (l->length)
        model_take_out(l, t);
    return t;
}

static int priority(int t)
{
    return t == NOBODY_AT_ALL ? -1 : model.thread[t].priority;
}

static int most_urgent_ready(void)
{
    return model.ready.length ? priority(model.ready.member[0]) : -1;
}

/* Behind all that are at least as urgent, with a new time slice. */
static void ready_last(int t)
{
    int at = 0;
    while (at < model.ready.length && priority(model.ready.member[at]) >= priority(t))
        at++;
    model_insert(&model.ready, at, t);
    model.thread[t].state = READY;
    model.thread[t].slice = (int)SLICE_TICKS;
}

/* Preempted: before its equals, for the rest of its time slice. */
static void ready_first(int t)
{
    int at = 0;
    while (at < model.ready.length && priority(model.ready.member[at]) > priority(t))
        at++;
    model_insert(&model.ready, at, t);
    model.thread[t].state = READY;
    model.thread[t].slice = model.slice;
}

/* Is a thread ready that is as urgent as t or as one that waits for t? */
static bool turn_is_due(int t)
{
    while (t != NOBODY_AT_ALL && most_urgent_ready() < priority(t))
        t = model.thread[t].client;
    return t != NOBODY_AT_ALL;
}

/* Somebody else runs now: on a slice that was used up only if nobody of that priority waits for a turn. */
static void pay_turn(void)
{
    bool owes = model.owes;
    model.owes = false;
    if (!owes || model.slice > 0 || model.running == NOBODY_AT_ALL)
        return;
    if (most_urgent_ready() < priority(model.running)) {
        model.owes = turn_is_due(model.running);
        return;
    }
    ready_last(model.running);
    model_run_most_urgent();
}

void model_run_most_urgent(void)
{
    model.running = model_take_first(&model.ready);
    if (model.running != NOBODY_AT_ALL) {
        RUNNING_THREAD->state = RUNNING;
        model.slice = RUNNING_THREAD->slice;
    }
    pay_turn();
}

void model_wake(int t)
{
    int was = model.running;
    ready_last(t);
    if (was == NOBODY_AT_ALL) {
        model_run_most_urgent();
    } else if (priority(t) > priority(was)) {
        ready_first(was);
        model_run_most_urgent();
    }
}

/* t got a message. It runs at once, on the slice of the sender, if no thread that could run is more urgent. */
void model_hand_over(int t, bool sender_goes_on)
{
    int sender = model.running;
    bool first = priority(t) >= most_urgent_ready() && (!sender_goes_on || priority(t) >= priority(sender));
    if (!first) {
        ready_last(t);
        if (!sender_goes_on)
            model_run_most_urgent();
        return;
    }
    if (sender_goes_on && priority(t) > priority(sender))
        ready_first(sender);
    else if (sender_goes_on)
        ready_last(sender);
    model.running = t;
    model.thread[t].state = RUNNING;
    pay_turn();
}

void model_yield(void)
{
    int me = model.running;
    if (most_urgent_ready() < priority(me))
        return;
    ready_last(me);
    model_run_most_urgent();
}

void model_tick(void)
{
    int me = model.running;
    if (me == NOBODY_AT_ALL || --model.slice > 0)
        return;
    model.slice = 0; /* not renewed */
    model_yield();
    if (model.running == me && turn_is_due(me))
        model.owes = true;
}
