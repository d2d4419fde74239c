/* What lies in a slot of a TCB or a timer while it is taken apart serves nobody any more: it is no fault
   handler, no CSpace, and does not stand in the way of another. */
#include "frame/guest.h"

/* An entry's steps: those that the deleter's own end takes, FILLERS of two each, and four of the object's
 * itself. */
enum { WAITERS = 8, FILLERS = 27, LARGE_RADIX = 7, INSIDE = 100, FIRST_WAITER = 2 };

static uint64_t memory;
static struct guest *deleter;

/* The object whose end will be stopped half way: what is made of the memory last goes first. */
static uint64_t doomed(unsigned type, unsigned size_bits)
{
    memory = temp_object(TYPE_UNTYPED, 14);
    return make(memory, type, size_bits);
}

/* Revokes the memory by a thread that goes with it: what is left of the deletion is nobody's. */
static void revoke_half(void)
{
    for (unsigned i = 0; i < FILLERS; i++)
        make(memory, TYPE_ENDPOINT, 0);
    deleter = guest_new(0, memory, ACTOR_PRIORITY, 0);
    guest_plan(deleter, SYS_CAP_REVOKE, own_cnode(), memory, 0);
    guest_go(deleter);
    EXPECT(is_gone(deleter->tcb) && !deleter->step[0].done);
}

static void finish(void)
{
    deletions_end();
    make(memory, TYPE_UNTYPED, 14);
}

static void wait_all(uint64_t op, uint64_t object)
{
    pool_new();
    for (unsigned k = 0; k < WAITERS; k++)
        guest_run(FIRST_WAITER + k, op, cap_at(object));
}

/* Some wait no more, some still do. */
static void expect_half(void)
{
    EXPECT(guests[FIRST_WAITER].step[0].done && !guests[FIRST_WAITER + WAITERS - 1].step[0].done);
}

/* Others still wait at the endpoint of a handler that is no more: they do not hear of a fault. */
static void fault_handler(void)
{
    uint64_t ep = doomed(TYPE_ENDPOINT, 0), badged = temp_mint(ep, RIGHT_ALL, 0xbad);
    struct guest *g = guest_new(1, temp_object(TYPE_UNTYPED, 10), BELOW, cap_at(badged));
    wait_all(SYS_RECV, ep);
    guest_go(g); /* it has nothing to do but fault */
    revoke_half();
    expect_half();
    quiesce();
    EXPECT_IS(thread_resume(cap_at(g->tcb)), 0); /* it has stopped */
    finish();
    for (unsigned k = 0; k < WAITERS; k++)
        EXPECT_IS(guests[FIRST_WAITER + k].step[0].result, ERR_CANCELED);
}

static void cspace(void)
{
    uint64_t cnode = doomed(TYPE_CNODE, LARGE_RADIX), inside = temp_object(TYPE_UNTYPED, 13);
    EXPECT_IS(retype(cap_at(inside), TYPE_ENDPOINT, 0, cap_at(cnode), 0, INSIDE), 0);
    struct guest *g = guest_new_in(1, temp_object(TYPE_UNTYPED, 10), cnode, BELOW, watch_fault_ep);
    revoke_half();
    EXPECT_IS(thread_resume(cap_at(g->tcb)), ERR_BAD_ARGUMENT);
    finish();
    make(inside, TYPE_UNTYPED, 13);
}

/* The same thread gets another CNode, into the slot where the first is being taken apart. */
static void configured_again(void)
{
    uint64_t cnode = doomed(TYPE_CNODE, LARGE_RADIX), inside = temp_object(TYPE_UNTYPED, 13);
    EXPECT_IS(retype(cap_at(inside), TYPE_ENDPOINT, 0, cap_at(cnode), 0, INSIDE), 0);
    struct guest *g = guest_new_in(1, temp_object(TYPE_UNTYPED, 10), cnode, BELOW, watch_fault_ep);
    revoke_half();
    EXPECT_IS(thread_configure(cap_at(g->tcb), own_cnode(), cap_at(CAP_SELF_SPACE), 0, BELOW, BELOW), 0);
    make(memory, TYPE_UNTYPED, 14); /* all of the first is gone */
    make(inside, TYPE_UNTYPED, 13);
    EXPECT_IS(thread_resume(cap_at(g->tcb)), 0);
    quiesce();
}

/* A timer whose notification goes is not bound: it can be bound to another. */
static void timer_target(void)
{
    uint64_t n = doomed(TYPE_NOTIFICATION, 0), other = temp_object(TYPE_NOTIFICATION, 0);
    cap_t timer = cap_at(temp_object(TYPE_TIMER, 0));
    EXPECT_IS(timer_bind(timer, cap_at(n)), 0);
    EXPECT_IS(timer_bind(timer, cap_at(other)), ERR_IN_USE);
    wait_all(SYS_WAIT, n);
    revoke_half();
    expect_half();
    EXPECT_IS(timer_bind(timer, cap_at(other)), 0);
    EXPECT_IS(timer_set(timer, 0), 0);
    EXPECT_RESULT(act(A, SYS_POLL, cap_at(other), 1), GOT_NOTIFIED);
    finish();
}

static void interrupt_target(void)
{
    uint64_t n = doomed(TYPE_NOTIFICATION, 0), other = temp_object(TYPE_NOTIFICATION, 0), handler = temp_slot();
    EXPECT(irq_msi_get(cap_at(CAP_IRQ_CONTROL), own_cnode(), handler) >= 0);
    EXPECT_IS(irq_handler_bind(cap_at(handler), cap_at(n)), 0);
    wait_all(SYS_WAIT, n);
    revoke_half();
    expect_half();
    EXPECT_IS(irq_handler_bind(cap_at(handler), cap_at(other)), 0);
    EXPECT_IS(irq_handler_bind(cap_at(handler), cap_at(other)), ERR_IN_USE);
    finish();
}

static const struct test list[] = {
    {"fault_handler", fault_handler},       {"cspace", cspace},
    {"configured_again", configured_again}, {"timer_target", timer_target},
    {"interrupt_target", interrupt_target},
};

CASE_SET(430, delete_slots_cases)
{
    CASES("delete/slots", list);
}
