/* All that belongs together hangs on one CNode and goes with it, in one deletion: both ends of a call, what a thread is bound to, what
   would wake it. Nobody gets what was meant for somebody who is gone, and the memory is one piece again. */
#include "frame/guest.h"
#include "frame/irq.h"
#include "frame/timer.h"

enum { RADIX = 9, FILL = 400, BITS = 16 /* of the pool */, CLIENT = 0, SERVER, SOON_US = 300 };

static uint64_t knot, other;

static void tie(uint64_t index, uint64_t slot)
{
    EXPECT_IS(cap_move(cap_at(knot), index, own_cnode(), slot), 0);
}

static void begin(void)
{
    pool_new();
    knot = make(pool, TYPE_CNODE, RADIX);
    other = temp_endpoint();
}

/* So much lies before the rest that timers fire while it goes. */
static void fill(void)
{
    for (uint64_t i = 0; i < FILL; i++)
        EXPECT_IS(cap_copy(cap_at(knot), i, own_cnode(), other, RIGHT_ALL), 0);
}

static void undo(void)
{
    EXPECT_IS(cap_delete(own_cnode(), knot), 0);
    deletions_end();
    EXPECT_IS(cap_identify(cap_at(make(pool, TYPE_UNTYPED, BITS))), TYPE_UNTYPED);
}

/* The server stopped with the call: it owes an answer that nobody can give. In either order. */
static void both_ends_of_a_call(void)
{
    for (unsigned first = CLIENT; first <= SERVER; first++) {
        begin();
        uint64_t ep = make(pool, TYPE_ENDPOINT, 0);
        guest_run(SERVER, SYS_RECV, cap_at(ep));
        guest_run(CLIENT, SYS_CALL, cap_at(ep));
        tie(FILL + first, guests[CLIENT].tcb);
        tie(FILL + 1 - first, guests[SERVER].tcb);
        tie(FILL + 2, ep);
        undo();
        EXPECT(!guests[CLIENT].step[0].done);
    }
}

/* We are the server: the right to answer lies beside the caller that it is for, before it or behind it. */
static void a_saved_answer(void)
{
    for (uint64_t at = 0; at <= 2; at += 2) {
        begin();
        uint64_t ep = make(pool, TYPE_ENDPOINT, 0);
        struct msg m = {0};
        guest_run(CLIENT, SYS_CALL, cap_at(ep));
        EXPECT_IS(ipc_recv(cap_at(ep), &m), GOT_MESSAGE);
        EXPECT_IS(reply_save(cap_at(knot), at), 0);
        tie(1, guests[CLIENT].tcb);
        tie(3, ep);
        undo();
        guest_expect_dead(CLIENT);
        EXPECT(ipc_reply(&m) != 0);
    }
}

/* Its deadline passes on the way: for a notification, the thread that is bound to that, and one that waits with a limit. */
static void what_would_wake_them(void)
{
    begin();
    uint64_t n = make(pool, TYPE_NOTIFICATION, 0), ep = make(pool, TYPE_ENDPOINT, 0);
    uint64_t rings = make(pool, TYPE_TIMER, 0), limit = make(pool, TYPE_TIMER, 0);
    guest_run(SERVER, SYS_RECV, cap_at(ep));
    guest_run(CLIENT, SYS_WAIT, cap_at(n));
    EXPECT_IS(notification_bind(cap_at(guests[SERVER].tcb), cap_at(n)), ERR_IN_USE); /* somebody waits there */
    EXPECT_IS(timer_bind(cap_at(rings), cap_at(n)), 0);
    EXPECT_IS(timer_bind(cap_at(limit), cap_at(guests[SERVER].tcb)), 0);
    fill();
    const uint64_t all[] = {guests[SERVER].tcb, ep, guests[CLIENT].tcb, rings, n, limit};
    set_ahead(limit, SOON_US);
    uint64_t deadline = set_ahead(rings, SOON_US);
    for (unsigned i = 0; i < COUNT(all); i++)
        tie(FILL + i, all[i]);
    undo();
    /* It may have passed while they were alive. Who is dead does not wake. */
    bool served = guests[SERVER].step[0].done, waited = guests[CLIENT].step[0].done;
    spin_past(deadline);
    EXPECT(guests[SERVER].step[0].done == served && guests[CLIENT].step[0].done == waited);
}

/* A message's vector is free again, and whoever has it next is not signalled for the one before. */
static void a_handler_and_what_it_signals(void)
{
    begin();
    uint64_t n = make(pool, TYPE_NOTIFICATION, 0), h = temp_slot(), next = temp_slot();
    long vector = irq_msi_get(IRQS, own_cnode(), h);
    EXPECT_IS(irq_handler_bind(cap_at(h), cap_at(n)), 0);
    guest_run(CLIENT, SYS_WAIT, cap_at(n));
    tie(0, n);
    tie(1, guests[CLIENT].tcb);
    tie(2, h);
    undo();
    EXPECT_IS(irq_msi_get(IRQS, own_cnode(), next), vector);
    EXPECT_IS(irq_handler_bind(cap_at(next), cap_at(notification())), 0);
}

/* The one before the last in a CNode is that CNode itself, and the last one the caller's right to delete it. */
static void in_line_to_themselves(void)
{
    begin();
    uint64_t copy = temp_copy(knot, RIGHT_ALL), ep = make(pool, TYPE_ENDPOINT, 0);
    guest_run(CLIENT, SYS_SEND, cap_at(ep));
    struct guest *g = guest_new(SERVER, pool, ACTOR_PRIORITY, 0);
    guest_plan(g, SYS_CAP_DELETE, own_cnode(), copy, 0);
    tie(FILL, ep);
    tie(FILL + 1, guests[CLIENT].tcb);
    fill();
    EXPECT_IS(cap_move(cap_at(knot), FILL + 2, own_cnode(), knot), 0);
    guest_go(g);
    EXPECT_IS(cap_delete(own_cnode(), g->tcb), 0);
    deletions_end();
    EXPECT(is_gone(copy));
    EXPECT_IS(revoke(pool), 0);
    EXPECT_IS(cap_identify(cap_at(make(pool, TYPE_UNTYPED, BITS))), TYPE_UNTYPED);
}

static const struct test list[] = {
    {"both_ends_of_a_call", both_ends_of_a_call},
    {"a_saved_answer", a_saved_answer},
    {"what_would_wake_them", what_would_wake_them},
    {"a_handler_and_what_it_signals", a_handler_and_what_it_signals},
    {"in_line_to_themselves", in_line_to_themselves},
};

CASE_SET(403, delete_together_cases)
{
    CASES("delete/together", list);
}
