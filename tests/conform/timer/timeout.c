/* A timer that is bound to a thread ends the call in which that waits, and nothing else. */
#include "frame/fault.h"
#include "frame/guest.h"
#include "frame/timer.h"

enum { SOON_US = 500 };

static cap_t endpoint(void)
{
    return cap_at(temp_object(TYPE_ENDPOINT, 0));
}

static uint64_t limit_on(unsigned who)
{
    return timer(actor_tcb(who));
}

/* Fires at once: its deadline is past. */
static void fire(uint64_t limit)
{
    EXPECT_IS(timer_set(cap_at(limit), 0), 0);
    EXPECT_IS(timer_cancel(cap_at(limit)), ERR_EMPTY);
}

/* Its call has ended with TIMEOUT, and with an empty message. */
static void expect_timeout(const struct step *s)
{
    EXPECT_RESULT(s, ERR_TIMEOUT);
    EXPECT_IS(s->m.badge | s->m.label, 0);
    for (unsigned k = 0; k < 8; k++)
        EXPECT_IS(s->m.word[k], 0);
}

/* Each call that waits; afterwards nobody waits there, and the thread goes on. */
static void each_wait(void)
{
    static const uint64_t ops[] = {SYS_SEND,      SYS_CALL,      SYS_RECV,           SYS_REPLY_RECV,
                                   SYS_LONG_SEND, SYS_LONG_CALL, SYS_LONG_REPLY_RECV};
    EXPECT_IS(actor_set_buffer(A, cap_at(temp_object(TYPE_FRAME, 12))), 0);
    for (unsigned i = 0; i < COUNT(ops); i++) {
        cap_t ep = endpoint();
        uint64_t limit = limit_on(A);
        struct step *s = act(A, ops[i], ep, 1);
        EXPECT_WAITS(s);
        fire(limit);
        expect_timeout(s);
        struct msg m = pattern_msg(2);
        EXPECT_IS(ipc_send_nb(ep, &m), ERR_EMPTY);
        EXPECT_IS(ipc_recv_nb(ep, &m), ERR_EMPTY);
        EXPECT_RESULT(act(A, SYS_NULL, 0, 0), 0);
    }
    uint64_t n = notification();
    struct step *s = act(A, SYS_WAIT, cap_at(n), 0);
    fire(limit_on(A));
    expect_timeout(s);
    EXPECT_IS(notification_signal(cap_at(n)), 0);
    EXPECT_PENDING(n, 1); /* kept: nobody waits */
}

/* At a deadline that comes by itself, while the runner spins. */
static void at_its_time(void)
{
    struct step *s = act(A, SYS_RECV, endpoint(), 1);
    uint64_t deadline = set_ahead(limit_on(A), SOON_US);
    EXPECT_WAITS(s);
    spin_past(deadline);
    expect_timeout(s);
}

static void save_reply(unsigned who, uint64_t slot)
{
    struct step *s = plan(who, SYS_REPLY_SAVE, cap_at(CAP_SELF_CNODE), 0);
    s->m.label = slot;
    go(who);
    EXPECT_RESULT(s, 0);
}

/* The right to reply dies, held as it came or saved. */
static void call_that_was_received(void)
{
    cap_t ep = endpoint();
    uint64_t limit = limit_on(A);
    for (unsigned saved = 0; saved < 2; saved++) {
        uint64_t slot = temp_slot();
        struct step *got = act(B, SYS_RECV, ep, 1), *call = act(A, SYS_CALL, ep, 3);
        EXPECT_MESSAGE(got, 0, 3);
        EXPECT_WAITS(call);
        if (saved)
            save_reply(B, slot);
        fire(limit);
        expect_timeout(call);
        EXPECT_RESULT(act(B, SYS_REPLY, saved ? cap_at(slot) : 0, 4), saved ? ERR_BAD_CAP : ERR_NO_CALLER);
        got = act(B, SYS_RECV, ep, 5);
        call = act(A, SYS_CALL, ep, 6);
        EXPECT_MESSAGE(got, 0, 6);
        EXPECT_RESULT(act(B, SYS_REPLY, 0, 7), 0);
        EXPECT_MESSAGE(call, 0, 7);
    }
}

/* Of three in a queue the middle one goes. */
static void others_stay(void)
{
    cap_t ep = endpoint();
    struct step *s[3];
    for (unsigned i = 0; i < 3; i++)
        s[i] = act(A + i, SYS_SEND, ep, i);
    fire(limit_on(B));
    expect_timeout(s[1]);
    EXPECT_MESSAGE(act(D, SYS_RECV, ep, 9), 0, 0);
    EXPECT_MESSAGE(act(D, SYS_RECV, ep, 9), 0, 2);
    EXPECT_RESULT(s[0], 0);
    EXPECT_RESULT(s[2], 0);
}

/* It has nothing to end: the thread has stopped, runs, is ready, or waits for the answer to a fault. */
static void nothing_to_end(void)
{
    cap_t faults = fault_endpoint();
    uint64_t limit = limit_on(A);
    fire(limit); /* it has stopped */
    struct step *own = plan_function(A, fire, limit);
    go(A);
    EXPECT_DONE(own);
    fault_configure(A, faults);
    struct step *s = fault_start(A, code_ud2, 0);
    fire(limit); /* which waits to send its fault */
    EXPECT_WAITS(s);
    fault_expect(faults, A, (struct fault){FAULT_INSTRUCTION, 0, 0, 6}, address_of(code_ud2));
    fire(limit);
    EXPECT_WAITS(s);
}

/* A thread that is told in a later wait has set its timer for that one: the old one was cancelled in time. */
static void cancelled_in_time(void)
{
    cap_t ep = endpoint();
    uint64_t limit = limit_on(A);
    struct step *s = act(A, SYS_RECV, ep, 1);
    uint64_t deadline = set_ahead(limit, SOON_US);
    struct msg m = pattern_msg(2);
    EXPECT_IS(ipc_send(ep, &m), 0);
    EXPECT_MESSAGE(s, 0, 2);
    EXPECT_IS(timer_cancel(cap_at(limit)), 0);
    s = act(A, SYS_RECV, ep, 3);
    spin_past(deadline);
    EXPECT_WAITS(s);
    fire(limit);
    expect_timeout(s);
}

/* The thread is deleted before the deadline; its memory is something else then. */
static void thread_is_gone(void)
{
    uint64_t untyped = temp_object(TYPE_UNTYPED, TYPE_BITS_TCB), tcb = make(untyped, TYPE_TCB, 0);
    uint64_t limit = timer(cap_at(tcb)), deadline = set_ahead(limit, SOON_US);
    EXPECT_IS(revoke(untyped), 0);
    EXPECT_IS(timer_bind(cap_at(limit), actor_tcb(A)), 0); /* nothing is bound any more */
    EXPECT_IS(timer_bind(cap_at(limit), 0), 0);
    uint64_t n = make(untyped, TYPE_NOTIFICATION, 0);
    spin_past(deadline);
    EXPECT_PENDING(n, 0);
}

/* The thread is urgent: it runs before timer_set() is over. */
static void runs_at_once(void)
{
    struct step *s = act(A, SYS_RECV, endpoint(), 1);
    uint64_t limit = limit_on(A);
    EXPECT_IS(timer_set(cap_at(limit), clock_read()), 0);
    EXPECT(s->done);
}

static const struct test list[] = {
    {"each_wait", each_wait},
    {"at_its_time", at_its_time},
    {"call_that_was_received", call_that_was_received},
    {"others_stay", others_stay},
    {"nothing_to_end", nothing_to_end},
    {"cancelled_in_time", cancelled_in_time},
    {"thread_is_gone", thread_is_gone},
    {"runs_at_once", runs_at_once},
};

CASE_SET(626, timer_timeout_cases)
{
    CASES_SPACES("timer/timeout", list);
}
