/* cap_cancel_badged: all threads that wait to send by a badge, and no others. */
#include "frame/fault.h"
#include "frame/long.h"

enum { ONE = 0x11, ALL = RIGHT_SEND | RIGHT_RECV | RIGHT_GRANT };
#define TWO (ONE | 1ull << 63) /* code that compares 32 bits takes it for the other */

static uint64_t ep;     /* slots */
static uint64_t by_one; /* the capability that is cancelled */

static void prepare(void)
{
    ep = temp_endpoint();
    by_one = temp_mint(ep, RIGHT_ALL, ONE);
}

static cap_t sender_cap(uint64_t badge)
{
    return cap_at(badge == ONE ? temp_copy(by_one, RIGHT_SEND) : temp_mint(ep, RIGHT_SEND, badge));
}

static long cancel(uint64_t slot)
{
    return cap_cancel_badged(cap_at(CAP_SELF_CNODE), slot);
}

static void each_operation(void)
{
    static const uint64_t ops[] = {SYS_SEND, SYS_CALL};
    prepare();
    for (unsigned i = 0; i < COUNT(ops); i++) {
        struct step *a = act(A, ops[i], sender_cap(ONE), 1), *b = act(B, ops[i], sender_cap(TWO), 2);
        struct step *c = act(C, ops[i], cap_at(ep), 3), *d = act(D, ops[i], sender_cap(ONE), 4);
        EXPECT_WAITS(a);
        EXPECT_IS(cancel(by_one), 0);
        EXPECT_CANCELED(a);
        EXPECT_CANCELED(d);
        EXPECT_WAITS(b);
        EXPECT_WAITS(c);
        EXPECT_MESSAGE(act(E, SYS_RECV, cap_at(ep), 9), TWO, 2);
        EXPECT_MESSAGE(act(E, SYS_RECV, cap_at(ep), 9), 0, 3);
        EXPECT_RESULT(act(E, SYS_RECV_NB, cap_at(ep), 9), ERR_EMPTY);
        actors_reset(false);
    }
}

/* Every set of places in a queue of five; the others stay in their order. */
static void every_place(void)
{
    for (unsigned set = 0; set < 32; set++) {
        struct step *s[5];
        prepare();
        cap_t one = sender_cap(ONE), two = sender_cap(TWO);
        for (unsigned who = A; who <= E; who++)
            s[who] = act(who, who % 2 ? SYS_SEND : SYS_CALL, set >> who & 1 ? one : two, who);
        EXPECT_IS(cancel(by_one), 0);
        for (unsigned who = A; who <= E; who++) {
            if (set >> who & 1)
                EXPECT_CANCELED(s[who]);
            else
                EXPECT_MESSAGE(act(F, SYS_RECV, cap_at(ep), 9), TWO, who);
        }
        EXPECT_RESULT(act(F, SYS_RECV_NB, cap_at(ep), 9), ERR_EMPTY);
        actors_reset(false);
        temp_clear();
    }
}

/* The thread is stopped at the instruction that faulted: it would only fault again, to the same place. */
static void fault_in_line(void)
{
    prepare();
    uint64_t page = temp_page(), by_fault = temp_mint(ep, RIGHT_ALL, FAULT_BADGE + A);
    actor_configure(A, ACTOR_PRIORITY, cap_at(temp_copy(by_fault, RIGHT_SEND)));
    struct step *s = fault_start(A, code_read, page), *other = act(B, SYS_SEND, sender_cap(TWO), 2);
    EXPECT_IS(cancel(by_one), 0); /* another badge */
    EXPECT_IS(thread_resume(actor_tcb(A)), ERR_IN_USE);
    EXPECT_IS(cancel(by_fault), 0);
    EXPECT_MESSAGE(act(C, SYS_RECV, cap_at(ep), 9), TWO, 2);
    EXPECT_RESULT(other, 0);
    EXPECT_RESULT(act(C, SYS_RECV_NB, cap_at(ep), 9), ERR_EMPTY);
    EXPECT_WAITS(s);
    go(A);
    fault_expect(cap_at(ep), A, (struct fault){FAULT_PAGE, page, 4, 14}, address_of(code_read));
    EXPECT_IS(cancel(by_fault), 0); /* received: it is not in line any more */
    EXPECT_IS(memory_map(cap_at(temp_object(TYPE_FRAME, 12)), cap_at(CAP_SELF_SPACE), page, RIGHT_READ), 0);
    EXPECT_IS(fault_reply(), 0);
    EXPECT_DONE(s);
}

static void long_messages(void)
{
    static const uint64_t ops[] = {SYS_LONG_SEND, SYS_LONG_CALL};
    prepare();
    for (unsigned i = 0; i < COUNT(ops); i++) {
        for (unsigned grant = 0; grant < 2; grant++) {
            struct ipc_buffer *b = buffer_new(A);
            buffer_fill(b, 20, 7);
            struct step *s = act(A, ops[i], grant ? cap_at(by_one) : sender_cap(ONE), 1);
            EXPECT_WAITS(s);
            EXPECT_IS(cancel(by_one), 0);
            EXPECT_CANCELED(s);
            EXPECT_IS(b->words, 20);
            EXPECT_RESULT(act(B, SYS_RECV_NB, cap_at(ep), 9), ERR_EMPTY);
            /* It is a thread like any other: its next call grants nothing. */
            struct step *call = act(A, SYS_CALL, sender_cap(TWO), 3);
            EXPECT_MESSAGE(act(B, SYS_RECV, cap_at(ep), 9), TWO, 3);
            EXPECT_RESULT(act(B, SYS_REPLY, 0, 4), 0);
            EXPECT_MESSAGE(call, 0, 4);
        }
    }
}

/* A call that was received is answered; so is one whose reply was saved. */
static void received_calls(void)
{
    prepare();
    struct step *got = act(B, SYS_RECV, cap_at(ep), 1), *call = act(A, SYS_CALL, sender_cap(ONE), 2);
    EXPECT_MESSAGE(got, ONE, 2);
    EXPECT_IS(cancel(by_one), 0);
    EXPECT_WAITS(call);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 3), 0);
    EXPECT_MESSAGE(call, 0, 3);
}

static void receivers(void)
{
    prepare();
    EXPECT_IS(cancel(by_one), 0); /* nobody waits */
    struct step *a = act(A, SYS_RECV, cap_at(ep), 1), *b = act(B, SYS_REPLY_RECV, cap_at(ep), 2);
    EXPECT_IS(cancel(by_one), 0);
    EXPECT_WAITS(a);
    EXPECT_WAITS(b);
    EXPECT_RESULT(act(C, SYS_SEND, sender_cap(ONE), 3), 0);
    EXPECT_MESSAGE(a, ONE, 3);
}

/* The badge can be used again, and cancelled again. */
static void again(void)
{
    prepare();
    cap_t one = sender_cap(ONE);
    for (uint64_t i = 0; i < 3; i++) {
        struct step *s = act(A, SYS_CALL, one, i);
        EXPECT_IS(cancel(by_one), 0);
        EXPECT_CANCELED(s);
    }
    struct step *s = act(A, SYS_SEND, one, 7);
    EXPECT_MESSAGE(act(B, SYS_RECV, cap_at(ep), 9), ONE, 7);
    EXPECT_RESULT(s, 0);
}

/* The same badge of another endpoint is another's. */
static void other_endpoint(void)
{
    prepare();
    uint64_t other = temp_endpoint();
    struct step *s = act(A, SYS_SEND, cap_at(temp_mint(other, RIGHT_SEND, ONE)), 1);
    EXPECT_IS(cancel(by_one), 0);
    EXPECT_WAITS(s);
    EXPECT_MESSAGE(act(B, SYS_RECV, cap_at(other), 9), ONE, 1);
}

/* A thread that is less urgent than the canceller runs later, a more urgent one at once. */
static void who_runs(void)
{
    prepare();
    cap_t one = sender_cap(ONE);
    actor_configure(A, 50, watch_fault_ep);
    struct step *low = plan(A, SYS_SEND, one, 1);
    go(A);
    quiesce();
    struct step *high = act(B, SYS_SEND, one, 2);
    EXPECT_WAITS(high);
    EXPECT_IS(cancel(by_one), 0);
    EXPECT_CANCELED(high);
    EXPECT_WAITS(low);
    quiesce();
    EXPECT_CANCELED(low);
}

static void errors(void)
{
    prepare();
    cap_t self = cap_at(CAP_SELF_CNODE);
    struct step *s = act(A, SYS_SEND, sender_cap(ONE), 1), *unbadged = act(B, SYS_SEND, cap_at(ep), 2);
    for (unsigned right = RIGHT_SEND; right <= RIGHT_GRANT; right <<= 1)
        EXPECT_IS(cancel(temp_copy(by_one, ALL & ~right)), ERR_NO_RIGHT);
    EXPECT_IS(cancel(temp_copy(by_one, ALL & RIGHT_SEND)), ERR_NO_RIGHT);
    EXPECT_IS(cancel(ep), ERR_BAD_ARGUMENT);
    EXPECT_IS(cancel(temp_slot()), ERR_BAD_CAP);
    EXPECT_IS(cancel(boot_info->slot_count), ERR_BAD_ARGUMENT);
    EXPECT_IS(cap_cancel_badged(cap_at(by_one), 0), ERR_WRONG_TYPE);
    for (unsigned type = TYPE_UNTYPED; type < TYPE_COUNT; type++) {
        if (zoo(type) && type != TYPE_ENDPOINT)
            EXPECT_IS(cancel(zoo(type)), ERR_WRONG_TYPE);
    }
    uint64_t notification = temp_object(TYPE_NOTIFICATION, 0);
    EXPECT_IS(cancel(temp_mint(notification, RIGHT_ALL, ONE)), ERR_WRONG_TYPE);
    EXPECT_WAITS(s);
    EXPECT_WAITS(unbadged);
    EXPECT_IS(cap_cancel_badged(self, temp_copy(by_one, ALL)), 0);
    EXPECT_CANCELED(s);
    EXPECT_WAITS(unbadged);
}

static const struct test list[] = {
    {"each_operation", each_operation}, {"every_place", every_place}, {"fault_in_line", fault_in_line},
    {"received_calls", received_calls}, {"receivers", receivers},     {"again", again},
    {"other_endpoint", other_endpoint}, {"who_runs", who_runs},       {"errors", errors},
};

static const struct test spaces[] = {{"long_messages", long_messages}};

CASE_SET(850, ipc_badged_cases)
{
    CASES("ipc/badged", list);
    CASES_SPACES("ipc/badged", spaces);
}
