/* The tree of armed timers against a plain list of them; deletion in every state; deadlines and signals. */
#include "object/timer.h"

#include "object/derive.h"
#include "object/notification.h"
#include "thread/sched.h"
#include "world.h"

enum { TIMERS = 300, ROUNDS = 30000, FIRST = 10, NOTE = 5, NOTE_2 = 6, SPAN = 64 };

static struct timer *timers;
static bool armed[TIMERS];
static uint64_t deadline[TIMERS];

static void start(void)
{
    world_reset();
    timers = host_memory(sizeof(struct timer) * 512);
    memset(armed, 0, sizeof armed);
    host.now = (1ull << 32) - 700000; /* some tests go beyond */
}

/* Counts the nodes from *place on and checks both orders, links and depth. */
static unsigned count(struct timer **place, const struct timer *above, uint64_t path, unsigned depth)
{
    const struct timer *t = *place;
    if (!t)
        return 0;
    CHECK(t->place == place);
    CHECK(!above || timer_earlier(above, t));
    CHECK(depth <= 64 - TYPE_BITS_TIMER);
    CHECK((((uintptr_t)t >> TYPE_BITS_TIMER) & ((1ull << depth) - 1)) == path);
    CHECK(t >= timers && t < timers + TIMERS && armed[t - timers] && t->deadline == deadline[t - timers]);
    struct timer *mutable_t = *place;
    return 1 + count(&mutable_t->below[0], t, path, depth + 1) +
           count(&mutable_t->below[1], t, path | 1ull << depth, depth + 1);
}

static void check_tree(void)
{
    unsigned all = 0;
    for (unsigned i = 0; i < TIMERS; i++) {
        all += armed[i];
        CHECK(!timers[i].place == !armed[i]);
    }
    CHECK_NUMBER("armed timers in the tree", count(&timer_first, NULL, 0, 0), all);
}

static void cap_to(unsigned slot, unsigned i)
{
    if (!slot_empty(&world[slot]))
        slot_delete(&world[slot]);
    slot_fill(&world[slot], TYPE_TIMER, 0, (uintptr_t)&timers[i], 0);
}

/* Deadlines from few values, so that many are equal. */
static void set(unsigned i, uint64_t ahead)
{
    world[FIRST].object = (uintptr_t)&timers[i];
    deadline[i] = host.now + 1 + ahead;
    armed[i] = ahead != 0;
    CHECK_NUMBER("timer_set", sys(SYS_TIMER_SET, at(FIRST), deadline[i], 0, 0, 0, 0), 0);
}

static void cancel(unsigned i)
{
    world[FIRST].object = (uintptr_t)&timers[i];
    CHECK_NUMBER("timer_cancel", sys(SYS_TIMER_CANCEL, at(FIRST), 0, 0, 0, 0, 0), armed[i] ? 0 : ERR_EMPTY);
    armed[i] = false;
}

/* At most 16 at once, the earliest first, none before its time. */
static void fire(uint64_t passes)
{
    host.now += passes;
    for (uint64_t next = 0; next <= host.now && !test_state.failing;) {
        unsigned fired = 0;
        next = timer_fire(host.now);
        for (unsigned i = 0; i < TIMERS; i++) {
            bool gone = armed[i] && !timers[i].place;
            CHECK(!gone || deadline[i] <= host.now);
            fired += gone;
            armed[i] = armed[i] && !gone;
        }
        CHECK(fired <= 16);
        CHECK(fired == 16 || next > host.now);
        for (unsigned i = 0; i < TIMERS; i++)
            CHECK(!armed[i] || deadline[i] >= next);
    }
}

static void against_a_list(void)
{
    start();
    world_caller(3, 10);
    cap_to(FIRST, 0);
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned i = random_below(TIMERS), what = random_below(20);
        if (what < 12)
            set(i, random_below(SPAN) << random_below(10));
        else if (what < 13)
            set(i, random_below(SPAN) | (uint64_t)random_below(3)
                                            << 32); /* other deadlines, with the same low half */
        else if (what < 19)
            cancel(i);
        else
            fire(random_below(2000));
        if (round % 16 == 0)
            check_tree();
    }
    for (unsigned i = 0; i < TIMERS; i++)
        cancel(i);
    check_tree();
    CHECK(!timer_first);
}

/* The interrupt is asked for when the new one is the first, and only then. */
static void asks_for_the_interrupt(void)
{
    start();
    world_caller(3, 10);
    cap_to(FIRST, 0);
    set(0, 5000);
    CHECK(host.interrupt_at == deadline[0]);
    set(1, 9000);
    CHECK(host.interrupt_at == deadline[0]);
    set(2, 3000);
    CHECK(host.interrupt_at == deadline[2]);
    CHECK(timer_fire(host.now) == deadline[2]);
    cancel(2);
    cancel(0);
    cancel(1);
    CHECK(timer_fire(~0ull) == TIMER_NEVER);
}

static struct notification *note(unsigned slot)
{
    return notification_of(&world[slot]);
}

static struct timer *timer_at(unsigned slot)
{
    struct timer *t = world_object(slot, TYPE_TIMER, 0);
    CHECK_NUMBER("bind", sys(SYS_TIMER_BIND, at(slot), at(NOTE), 0, 0, 0, 0), 0);
    return t;
}

static void begin(void)
{
    world_reset();
    host.now = 1000;
    world_caller(3, 10);
    world_object(NOTE, TYPE_NOTIFICATION, 0);
    world_object(NOTE_2, TYPE_NOTIFICATION, 0);
}

static void signals(void)
{
    begin();
    timer_at(FIRST);
    sys(SYS_TIMER_SET, at(FIRST), 5000, 0, 0, 0, 0);
    timer_fire(4999);
    CHECK(note(NOTE)->pending == 0);
    timer_fire(5000);
    CHECK(note(NOTE)->pending == 1);
    note(NOTE)->pending = 0;
    timer_fire(~0ull);
    CHECK(note(NOTE)->pending == 0);
    sys(SYS_TIMER_SET, at(FIRST), 100, 0, 0, 0, 0); /* in the past */
    CHECK(note(NOTE)->pending == 1 && !timer_first);
}

static void badge(void)
{
    begin();
    world_object(FIRST, TYPE_TIMER, 0);
    sys(SYS_CAP_MINT, at(SLOT_CNODE), 20, at(SLOT_CNODE), NOTE, RIGHT_SIGNAL, 0x50);
    CHECK(sys(SYS_TIMER_BIND, at(FIRST), at(20), 0, 0, 0, 0) == 0);
    sys(SYS_TIMER_SET, at(FIRST), 1, 0, 0, 0, 0);
    CHECK(note(NOTE)->pending == 0x50);
    CHECK(slot_rights(&timer_of(&world[FIRST])->target) == RIGHT_SIGNAL);
}

static void refusals(void)
{
    begin();
    timer_at(FIRST);
    sys(SYS_CAP_COPY, at(SLOT_CNODE), 20, at(SLOT_CNODE), NOTE, RIGHT_WAIT, 0);
    world_object(FIRST + 1, TYPE_TIMER, 0);
    check_refused("bound", ERR_IN_USE, SYS_TIMER_BIND, at(FIRST), at(NOTE), 0, 0, 0, 0);
    check_refused("bound to another", ERR_IN_USE, SYS_TIMER_BIND, at(FIRST), at(NOTE_2), 0, 0, 0, 0);
    check_refused("no right", ERR_NO_RIGHT, SYS_TIMER_BIND, at(FIRST + 1), at(20), 0, 0, 0, 0);
    check_refused("type", ERR_WRONG_TYPE, SYS_TIMER_BIND, at(FIRST + 1), at(FIRST), 0, 0, 0, 0);
    check_refused("type", ERR_WRONG_TYPE, SYS_TIMER_BIND, at(NOTE), at(NOTE), 0, 0, 0, 0);
    check_refused("none", ERR_BAD_CAP, SYS_TIMER_BIND, at(FIRST + 1), at(60), 0, 0, 0, 0);
    check_refused("type", ERR_WRONG_TYPE, SYS_TIMER_SET, at(NOTE), 5, 0, 0, 0, 0);
    check_refused("none", ERR_BAD_CAP, SYS_TIMER_SET, at(60), 5, 0, 0, 0, 0);
    check_refused("type", ERR_WRONG_TYPE, SYS_TIMER_CANCEL, at(NOTE), 0, 0, 0, 0, 0);
    check_refused("not armed", ERR_EMPTY, SYS_TIMER_CANCEL, at(FIRST), 0, 0, 0, 0, 0);
}

/* The last capability goes: nothing may lead to its memory. */
static void deleted_while_armed(void)
{
    begin();
    struct timer *t = timer_at(FIRST);
    timer_at(FIRST + 1);
    sys(SYS_TIMER_SET, at(FIRST), 5000, 0, 0, 0, 0);
    sys(SYS_TIMER_SET, at(FIRST + 1), 6000, 0, 0, 0, 0);
    sys(SYS_CAP_COPY, at(SLOT_CNODE), 20, at(SLOT_CNODE), FIRST, RIGHT_ALL, 0);
    CHECK(sys(SYS_CAP_DELETE, at(SLOT_CNODE), FIRST, 0, 0, 0, 0) == 0);
    CHECK(timer_first == t); /* the copy holds it */
    CHECK(sys(SYS_CAP_DELETE, at(SLOT_CNODE), 20, 0, 0, 0, 0) == 0);
    CHECK(timer_first == timer_of(&world[FIRST + 1]) && slot_empty(&t->target));
    memset(t, 0xa5, sizeof *t);
    timer_fire(7000);
    CHECK(note(NOTE)->pending == 1 && !timer_first);
}

static void notification_goes(void)
{
    begin();
    struct timer *t = timer_at(FIRST);
    sys(SYS_TIMER_SET, at(FIRST), 5000, 0, 0, 0, 0);
    CHECK(sys(SYS_CAP_REVOKE, at(SLOT_CNODE), NOTE, 0, 0, 0, 0) == 0);
    CHECK(slot_empty(&t->target) && timer_first == t);
    timer_fire(5000);
    CHECK(note(NOTE)->pending == 0 && !timer_first);
    CHECK(sys(SYS_TIMER_BIND, at(FIRST), at(NOTE), 0, 0, 0, 0) == 0);
    CHECK(sys(SYS_CAP_DELETE, at(SLOT_CNODE), NOTE, 0, 0, 0, 0) == 0);
    CHECK(slot_type(&t->target) == TYPE_NOTIFICATION); /* the timer's own holds it */
    CHECK(sys(SYS_TIMER_BIND, at(FIRST), 0, 0, 0, 0, 0) == 0);
    CHECK(slot_empty(&t->target));
}

/* Its last capability is in a timer: a thread that waits at it wakes when that goes. */
static void waiter_of_the_last(void)
{
    begin();
    struct tcb *runner = cpu.current, *waiter = world_thread(8, 20);
    timer_at(FIRST);
    sched_wake(waiter);
    sys(SYS_WAIT, at(NOTE), 0, 0, 0, 0, 0);
    CHECK(cpu.current == runner);
    sys(SYS_CAP_DELETE, at(SLOT_CNODE), NOTE, 0, 0, 0, 0);
    CHECK(cpu.current == runner);
    sys(SYS_CAP_DELETE, at(SLOT_CNODE), FIRST, 0, 0, 0, 0);
    CHECK(cpu.current == waiter && waiter->rax == (uint64_t)ERR_CANCELED);
}

int main(void)
{
    random_seed();
    test_run("timer/against_a_list", against_a_list);
    test_run("timer/asks_for_the_interrupt", asks_for_the_interrupt);
    test_run("timer/signals", signals);
    test_run("timer/badge", badge);
    test_run("timer/refusals", refusals);
    test_run("timer/deleted_while_armed", deleted_while_armed);
    test_run("timer/notification_goes", notification_goes);
    test_run("timer/waiter_of_the_last", waiter_of_the_last);
    return test_end();
}
