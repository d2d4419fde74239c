/* thread_set_priority of threads in every state, thread_set_slice. */
#include "frame/shared.h"

enum { LOW = 40, MIDDLE = 50, HIGH = 60 };

static long set(cap_t tcb, unsigned priority, unsigned ceiling)
{
    return syscall2(SYS_THREAD_SET_PRIORITY, tcb, priority | ceiling << 8);
}

/* As a step of the actor itself: the label is rsi. */
static struct step *plan_set(unsigned who, cap_t tcb, uint64_t priorities)
{
    struct step *s = plan(who, SYS_THREAD_SET_PRIORITY, tcb, 0);
    s->m.label = priorities;
    return s;
}

static void lowers_itself(void)
{
    actor_configure(B, MIDDLE, watch_fault_ep);
    struct step *other = plan(B, SYS_NULL, 0, 1), *own = plan_set(A, actor_tcb(A), LOW | ACTOR_PRIORITY << 8);
    struct step *then = plan(A, SYS_NULL, 0, 2),
                *back = plan_set(A, actor_tcb(A), ACTOR_PRIORITY | ACTOR_PRIORITY << 8);
    go(B);
    go(A);
    EXPECT(!own->done && !other->done); /* we are more urgent than it is now */
    quiesce();
    EXPECT_RESULT(own, 0);
    EXPECT_RESULT(back, 0);
    EXPECT(other->order < own->order && own->order < then->order);
}

/* To where others are ready already: it goes before them, as a preempted thread does. */
static void lowers_itself_to_equals(void)
{
    actor_configure(B, MIDDLE, watch_fault_ep);
    struct step *other = plan(B, SYS_NULL, 0, 1);
    go(B);
    struct step *own = plan_set(A, actor_tcb(A), MIDDLE | ACTOR_PRIORITY << 8);
    go(A);
    quiesce();
    EXPECT_RESULT(own, 0);
    EXPECT_DONE(other);
}

static void raises_itself(void)
{
    actor_configure(A, MIDDLE, watch_fault_ep);
    actor_configure(B, HIGH, watch_fault_ep);
    EXPECT_IS(set(actor_tcb(A), MIDDLE, HIGH + 10), 0);
    EXPECT_IS(set(actor_tcb(B), LOW, HIGH), 0);
    struct step *up = plan_set(A, actor_tcb(A), (HIGH + 10) | (HIGH + 10) << 8);
    struct step *too_far = plan_set(A, actor_tcb(A), (HIGH + 11) | (HIGH + 11) << 8);
    struct step *raise_b = plan_set(A, actor_tcb(B), (HIGH + 1) | (HIGH + 1) << 8),
                *after = plan(A, SYS_NULL, 0, 1);
    struct step *b = plan(B, SYS_NULL, 0, 2);
    go(A);
    go(B);
    quiesce();
    EXPECT_RESULT(up, 0);
    EXPECT_RESULT(too_far, ERR_BAD_PRIORITY);
    EXPECT_RESULT(raise_b, 0);
    EXPECT(after->order < b->order);
}

/* What a thread gives up of its ceiling it cannot take back. */
static void ceiling_goes_down(void)
{
    struct step *down = plan_set(A, actor_tcb(A), ACTOR_PRIORITY | ACTOR_PRIORITY << 8);
    struct step *lower = plan_set(A, actor_tcb(A), 105 | 105 << 8),
                *back = plan_set(A, actor_tcb(A), 105 | 106 << 8);
    struct step *up = plan_set(A, actor_tcb(A), 106 | 105 << 8),
                *other = plan_set(A, actor_tcb(B), 105 | 106 << 8);
    struct step *fits = plan_set(A, actor_tcb(B), 0 | 105 << 8);
    go(A);
    EXPECT_RESULT(down, 0);
    EXPECT_RESULT(lower, 0);
    EXPECT_RESULT(back, ERR_BAD_PRIORITY);
    EXPECT_RESULT(up, ERR_BAD_PRIORITY);
    EXPECT_RESULT(other, ERR_BAD_PRIORITY);
    EXPECT_RESULT(fits, 0);
}

static void limits(void)
{
    cap_t tcb = actor_tcb(A);
    EXPECT_IS(set(tcb, RUNNER_CEILING, RUNNER_CEILING), 0);
    EXPECT_IS(set(tcb, 0, 0), 0);
    EXPECT_IS(set(tcb, RUNNER_CEILING + 1, RUNNER_CEILING + 1), ERR_BAD_PRIORITY);
    EXPECT_IS(set(tcb, 5, 255), ERR_BAD_PRIORITY);
    EXPECT_IS(set(tcb, 6, 5), ERR_BAD_PRIORITY);
    EXPECT_IS(syscall2(SYS_THREAD_SET_PRIORITY, tcb, 1 << 16), ERR_BAD_ARGUMENT);
    EXPECT_IS(syscall2(SYS_THREAD_SET_PRIORITY, tcb, 1ul << 32 | 5 << 8), ERR_BAD_ARGUMENT);
    EXPECT_IS(syscall2(SYS_THREAD_SET_PRIORITY, tcb, 1ul << 63), ERR_BAD_ARGUMENT);
    EXPECT_IS(set(cap_at(zoo(TYPE_FRAME)), 5, 5), ERR_WRONG_TYPE);
    EXPECT_IS(set(cap_at(temp_slot()), 5, 5), ERR_BAD_CAP);
}

static void ready_raised_above_us(void)
{
    actor_configure(A, MIDDLE, watch_fault_ep);
    struct step *s = plan(A, SYS_NULL, 0, 1);
    go(A);
    EXPECT_IS(set(actor_tcb(A), RUNNER_PRIORITY, RUNNER_PRIORITY), 0);
    EXPECT_WAITS(s);
    EXPECT_IS(set(actor_tcb(A), ACTOR_PRIORITY, ACTOR_PRIORITY), 0);
    EXPECT_RESULT(s, 0);
}

/* Head, middle and tail of a priority's queue go elsewhere, up and down. */
static void ready_among_others(void)
{
    static const unsigned to[] = {LOW, HIGH};
    for (unsigned k = 0; k < 2; k++) {
        for (unsigned moved = 0; moved < 3; moved++) {
            struct step *s[3];
            for (unsigned who = 0; who < 3; who++) {
                actor_configure(who, MIDDLE, watch_fault_ep);
                s[who] = plan(who, SYS_NULL, 0, 1);
                go(who);
            }
            EXPECT_IS(set(actor_tcb(moved), to[k], HIGH), 0);
            uint64_t before = shared()->order;
            quiesce();
            EXPECT_IS(s[moved]->order - before, to[k] == HIGH ? 1 : 3);
            EXPECT(s[(moved + 1) % 3]->order != s[(moved + 2) % 3]->order);
            EXPECT(s[moved == 0 ? 1 : 0]->order < s[moved == 2 ? 1 : 2]->order);
        }
    }
}

/* A woken thread is as urgent as it was made while it waited. */
static void receiver(void)
{
    cap_t ep = new_endpoint();
    struct msg m = pattern_msg(5);
    struct step *s = act(A, SYS_RECV, ep, 1);
    EXPECT_IS(set(actor_tcb(A), MIDDLE, ACTOR_PRIORITY), 0);
    EXPECT_IS(ipc_send(ep, &m), 0);
    EXPECT_WAITS(s);
    quiesce();
    EXPECT_MESSAGE(s, 0, 5);
    s = plan(A, SYS_RECV, ep, 1);
    go(A);
    quiesce();
    EXPECT_WAITS(s);
    EXPECT_IS(set(actor_tcb(A), ACTOR_PRIORITY, ACTOR_PRIORITY), 0);
    m = pattern_msg(6);
    EXPECT_IS(ipc_send(ep, &m), 0);
    EXPECT_MESSAGE(s, 0, 6);
}

/* A server lowered below us while it waits: the call still reaches it, and its answer us. */
static void server_and_caller(void)
{
    cap_t ep = new_endpoint(), other = new_endpoint();
    struct msg m = pattern_msg(5);
    plan(A, SYS_RECV, ep, 1);
    plan(A, SYS_REPLY_RECV, ep, 2);
    go(A);
    EXPECT_IS(set(actor_tcb(A), MIDDLE, MIDDLE), 0);
    EXPECT_IS(ipc_call(ep, &m), GOT_MESSAGE);
    EXPECT(is_pattern(&m, 0, 2));
    struct step *got = act(B, SYS_RECV, other, 3), *call = act(C, SYS_CALL, other, 4);
    EXPECT_MESSAGE(got, 0, 4);
    EXPECT_IS(set(actor_tcb(C), MIDDLE, MIDDLE), 0);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 5), 0);
    EXPECT_WAITS(call);
    quiesce();
    EXPECT_MESSAGE(call, 0, 5);
}

/* Queues of an endpoint go by arrival, whatever becomes of the priorities. */
static void queues_stay(void)
{
    cap_t ep = new_endpoint();
    for (unsigned who = 0; who < 3; who++)
        EXPECT_WAITS(act(who, SYS_SEND, ep, who));
    EXPECT_IS(set(actor_tcb(C), 120, 120), 0);
    EXPECT_IS(set(actor_tcb(A), MIDDLE, MIDDLE), 0);
    for (unsigned who = 0; who < 3; who++)
        EXPECT_MESSAGE(act(D, SYS_RECV, ep, 9), 0, who);
}

static void waits_for_a_signal(void)
{
    cap_t n = cap_at(temp_object(TYPE_NOTIFICATION, 0));
    struct step *s = act(A, SYS_WAIT, n, 1);
    EXPECT_IS(set(actor_tcb(A), MIDDLE, MIDDLE), 0);
    EXPECT_IS(notification_signal(n), 0);
    EXPECT(!s->done);
    quiesce();
    EXPECT_DONE(s);
}

static volatile uint64_t rounds[2];

static void spin(uint64_t who)
{
    while (rounds[who] < 1000000000)
        rounds[who]++;
    __builtin_trap();
}

static void slice_limits(void)
{
    static const uint64_t bad[] = {0, 1001, 1ul << 32, 1ul << 32 | 5, 1ul << 63, ~0ul};
    cap_t tcb = actor_tcb(A);
    for (unsigned i = 0; i < COUNT(bad); i++)
        EXPECT_IS(syscall2(SYS_THREAD_SET_SLICE, tcb, bad[i]), ERR_BAD_ARGUMENT);
    EXPECT_IS(syscall2(SYS_THREAD_SET_SLICE, tcb, 1000), 0);
    EXPECT_IS(syscall2(SYS_THREAD_SET_SLICE, tcb, 1), 0);
    EXPECT_IS(syscall2(SYS_THREAD_SET_SLICE, cap_at(zoo(TYPE_FRAME)), 5), ERR_WRONG_TYPE);
    EXPECT_IS(syscall2(SYS_THREAD_SET_SLICE, cap_at(temp_slot()), 5), ERR_BAD_CAP);
}

/* One has slices twenty times as long. */
static void slices_differ(void)
{
    static const uint64_t ticks[] = {1, 20};
    for (unsigned who = 0; who < 2; who++) {
        rounds[who] = 0;
        actor_configure(who, RUNNER_PRIORITY, watch_fault_ep);
        EXPECT_IS(syscall2(SYS_THREAD_SET_SLICE, actor_tcb(who), ticks[who]), 0);
        plan_function(who, spin, who);
        go(who);
    }
    for (unsigned i = 0; i < 4; i++)
        thread_yield();
    EXPECT(rounds[0] > 0 && rounds[1] > 8 * rounds[0]);
}

static const struct test list[] = {
    {"lowers_itself", lowers_itself},
    {"lowers_itself_to_equals", lowers_itself_to_equals},
    {"raises_itself", raises_itself},
    {"ceiling_goes_down", ceiling_goes_down},
    {"limits", limits},
    {"ready_raised_above_us", ready_raised_above_us},
    {"ready_among_others", ready_among_others},
    {"receiver", receiver},
    {"server_and_caller", server_and_caller},
    {"queues_stay", queues_stay},
    {"waits_for_a_signal", waits_for_a_signal},
    {"slice_limits", slice_limits},
    {"slices_differ", slices_differ},
};

CASE_SET(450, thread_priority_cases)
{
    CASES("thread/priority", list);
}
