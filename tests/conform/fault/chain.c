/* Handlers that fault themselves, that are the thread itself, that lose their endpoint; and faults without end.
 */
#include "frame/fault.h"

enum { RW = RIGHT_READ | RIGHT_WRITE, READ_FAULT = 4, VECTOR = 14, STORM = 300 };

static cap_t ep;
static uint64_t page;

static cap_t by(unsigned who, cap_t to)
{
    return cap_at(temp_mint(to >> SLOT_BITS, RIGHT_SEND, FAULT_BADGE + who));
}

static struct fault at_page(uint64_t where)
{
    return (struct fault){FAULT_PAGE, where, READ_FAULT, VECTOR};
}

static void mend(uint64_t where)
{
    EXPECT_IS(memory_map(cap_at(temp_object(TYPE_FRAME, 12)), cap_at(CAP_SELF_SPACE), where, RW), 0);
}

/* A faults at `page`, to `ep`. */
static struct step *begin(void)
{
    ep = fault_endpoint();
    page = temp_page();
    fault_configure(A, ep);
    return fault_start(A, code_read, page);
}

/* A's handler is B, whose handler we are. */
static void handler_faults(void)
{
    cap_t upper = fault_endpoint();
    struct step *s = begin();
    uint64_t second = temp_page();
    fault_configure(B, upper);
    struct step *got = act(B, SYS_RECV, ep, 1);
    fault_check(&got->m, A, at_page(page), address_of(code_read));
    struct step *b = fault_start(B, code_read, second), *answer = plan(B, SYS_REPLY, 0, 2);
    fault_expect(upper, B, at_page(second), address_of(code_read));
    EXPECT_WAITS(s);
    mend(second);
    mend(page);
    EXPECT_IS(fault_reply(), 0);
    EXPECT_DONE(b);
    EXPECT_RESULT(answer, 0);
    EXPECT_DONE(s);
}

/* B stops; when somebody has repaired what it fell over and resumes it, it still has A's fault to answer. */
static void handler_without_handler(void)
{
    struct step *s = begin();
    uint64_t second = temp_page();
    actor_configure(B, ACTOR_PRIORITY, 0);
    act(B, SYS_RECV, ep, 1);
    struct step *b = fault_start(B, code_read, second), *answer = plan(B, SYS_REPLY, 0, 2);
    mend(second);
    mend(page);
    EXPECT_WAITS(s);
    go(B);
    EXPECT_DONE(b);
    EXPECT_RESULT(answer, 0);
    EXPECT_DONE(s);
}

/* Two that handle each other's faults wait for each other, and nobody else notices. */
static void each_other(void)
{
    cap_t of_a = fault_endpoint(), of_b = fault_endpoint();
    uint64_t second = temp_page();
    page = temp_page();
    actor_configure(A, ACTOR_PRIORITY, by(A, of_a));
    actor_configure(B, ACTOR_PRIORITY, by(B, of_b));
    struct step *got = act(B, SYS_RECV, of_a, 1), *a = fault_start(A, code_read, page);
    EXPECT_DONE(got);
    struct step *b = fault_start(B, code_read, second);
    EXPECT_WAITS(a);
    EXPECT_RESULT(act(C, SYS_NULL, 0, 1), 0);
    fault_expect(of_b, B, at_page(second), address_of(code_read));
    mend(second);
    EXPECT_IS(fault_reply(), 0);
    EXPECT_DONE(b);
    mend(page);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 2), 0);
    EXPECT_DONE(a);
}

/* Its faults go to the endpoint that it receives at itself: they wait in line until another receives them. */
static void handler_in_the_same_thread(void)
{
    struct step *s = begin();
    struct step *call = act(C, SYS_CALL, ep, 5); /* for A, when it serves again: behind its own fault */
    fault_expect(ep, A, at_page(page), address_of(code_read));
    mend(page);
    struct step *got = plan(A, SYS_RECV, ep, 6);
    EXPECT_IS(fault_reply(), 0);
    EXPECT_DONE(s);
    EXPECT_MESSAGE(got, 0, 5);
    EXPECT_RESULT(act(A, SYS_REPLY, 0, 7), 0);
    EXPECT_MESSAGE(call, 0, 7);
}

/* Answered without a cure, again and again; others run all the while. */
static void storm(void)
{
    struct step *s = begin();
    for (unsigned i = 0; i < STORM; i++) {
        fault_expect(ep, A, at_page(page), address_of(code_read));
        EXPECT_IS(fault_reply(), 0);
        EXPECT_WAITS(s);
    }
    EXPECT_RESULT(act(B, SYS_NULL, 0, 1), 0);
    fault_expect(ep, A, at_page(page), address_of(code_read));
    mend(page);
    EXPECT_IS(fault_reply(), 0);
    EXPECT_DONE(s);
}

/* All at once, in turn. */
static void storm_of_many(void)
{
    struct step *s[ACTORS];
    ep = fault_endpoint();
    page = temp_page();
    for (unsigned who = A; who < ACTORS; who++) {
        fault_configure(who, ep);
        s[who] = fault_start(who, code_read, page);
    }
    for (unsigned i = 0; i < STORM; i++) {
        fault_expect(ep, i % ACTORS, at_page(page), address_of(code_read));
        EXPECT_IS(fault_reply(), 0);
    }
    mend(page);
    for (unsigned who = A; who < ACTORS; who++) {
        fault_expect(ep, who, at_page(page), address_of(code_read));
        EXPECT_IS(fault_reply(), 0);
        EXPECT_DONE(s[who]);
    }
}

/* A handler that serves with reply_recv and never cures anything, more urgent than all others: a thread
 * that is still more urgent goes on. */
static void storm_is_stopped(void)
{
    struct step *s = begin();
    for (unsigned i = 0; i < 10; i++)
        EXPECT_DONE(act(B, i ? SYS_REPLY_RECV : SYS_RECV, ep, i));
    EXPECT_IS(thread_suspend(actor_tcb(A)), 0);
    EXPECT_WAITS(act(B, SYS_REPLY_RECV, ep, 1));
    EXPECT_WAITS(s);
}

/* The fault waits in line at an endpoint that goes: it happens again, and nobody handles it any more. */
static void endpoint_deleted(void)
{
    ep = fault_endpoint();
    page = temp_page();
    fault_configure(A, ep);
    struct step *s = fault_start(A, code_read, page);
    EXPECT_IS(cap_revoke(cap_at(CAP_SELF_CNODE), ep >> SLOT_BITS), 0);
    EXPECT_IS(thread_resume(actor_tcb(A)), ERR_IN_USE); /* in line still: the endpoint is there */
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), ep >> SLOT_BITS), 0);
    mend(page);
    EXPECT_WAITS(s);
    go(A); /* it had stopped */
    EXPECT_DONE(s);
}

/* Its handler has it already: it can be answered. */
static void endpoint_deleted_after_delivery(void)
{
    struct step *s = begin();
    struct step *got = act(B, SYS_RECV, ep, 1);
    fault_check(&got->m, A, at_page(page), address_of(code_read));
    EXPECT_IS(cap_revoke(cap_at(CAP_SELF_CNODE), ep >> SLOT_BITS), 0);
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), ep >> SLOT_BITS), 0);
    mend(page);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 2), 0);
    EXPECT_DONE(s);
}

/* The handler asks another server before it answers. */
static void handler_that_calls(void)
{
    cap_t service = fault_endpoint();
    struct step *s = begin();
    act(C, SYS_RECV, service, 1);
    act(B, SYS_RECV, ep, 2);
    struct step *call = act(B, SYS_CALL, service, 3);
    EXPECT_WAITS(call);
    mend(page);
    EXPECT_RESULT(act(C, SYS_REPLY, 0, 4), 0);
    EXPECT_MESSAGE(call, 0, 4);
    EXPECT_WAITS(s);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 5), 0);
    EXPECT_DONE(s);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 6), ERR_NO_CALLER);
}

static const struct test list[] = {
    {"handler_faults", handler_faults},
    {"handler_without_handler", handler_without_handler},
    {"each_other", each_other},
    {"handler_in_the_same_thread", handler_in_the_same_thread},
    {"storm", storm},
    {"storm_of_many", storm_of_many},
    {"storm_is_stopped", storm_is_stopped},
    {"endpoint_deleted", endpoint_deleted},
    {"endpoint_deleted_after_delivery", endpoint_deleted_after_delivery},
    {"handler_that_calls", handler_that_calls},
};

CASE_SET(860, fault_chain_cases)
{
    CASES("fault/chain", list);
}
