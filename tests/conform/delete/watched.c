/* One of two that belong together goes, and its memory becomes pages that the case watches. The other lives on, and what it does then
   reaches nobody, and leaves no word in that memory: whatever of the dead was still on a queue, on the derivation list, among the
   timers or owed an answer would be written to. */
#include "frame/guest.h"
#include "frame/timer.h"

enum { BITS = 16 /* of the pool */, PAGE_BITS = 12, WATCHED = 1 << (BITS - PAGE_BITS), WORDS = 512 };
enum { DEAD = 0, LIVING, OTHER, SOON_US = 3000 };

static uint64_t rest; /* memory of those who live on */
static cap_t ends;    /* where they wait when they have done their step */
static volatile const uint64_t *watched[WATCHED];

static void begin(void)
{
    pool_new();
    rest = temp_object(TYPE_UNTYPED, BITS);
    ends = new_endpoint();
}

/* Guest k waits by this operation: one of those who live on. */
static void lives(unsigned k, uint64_t op, cap_t cap)
{
    guest_plan_ipc(guest_new(k, rest, ACTOR_PRIORITY, ends), op, cap, 100 + k);
    guest_go(&guests[k]);
}

/* All that was made of the pool goes; what it was is zeros that we see. */
static void watch_memory(void)
{
    EXPECT_IS(revoke(pool), 0);
    deletions_end();
    for (unsigned i = 0; i < WATCHED; i++) {
        uint64_t page = temp_page();
        EXPECT_IS(
            memory_map(cap_at(make(pool, TYPE_FRAME, PAGE_BITS)), cap_at(CAP_SELF_SPACE), page, RIGHT_READ), 0);
        watched[i] = (const uint64_t *)page; /* NOLINT: mapped just now */
    }
}

/* Neighbours come and go beside what the dead had of ours. */
static void expect_untouched(void)
{
    temp_copy(CAP_SELF_CNODE, 0), temp_drop();
    temp_copy(CAP_SELF_SPACE, 0), temp_drop();
    quiesce();
    for (unsigned i = 0; i < WATCHED; i++) {
        for (unsigned word = 0; word < WORDS; word++)
            if (!EXPECT_IS(watched[i][word], 0))
                return;
    }
}

static void caller_that_we_owe(void)
{
    begin();
    cap_t ep = new_endpoint();
    struct msg m = {0};
    guest_run(DEAD, SYS_CALL, ep);
    EXPECT_IS(ipc_recv(ep, &m), GOT_MESSAGE);
    watch_memory();
    EXPECT(ipc_reply(&m) != 0);
    expect_untouched();
}

static void caller_of_a_saved_answer(void)
{
    begin();
    cap_t ep = new_endpoint();
    uint64_t answer = temp_slot();
    struct msg m = {0};
    guest_run(DEAD, SYS_CALL, ep);
    EXPECT_IS(ipc_recv(ep, &m), GOT_MESSAGE);
    EXPECT_IS(reply_save(own_cnode(), answer), 0);
    watch_memory();
    EXPECT(is_gone(answer));
    expect_untouched();
}

/* Who waits for an answer is told that none can come: by the end of the server, or of the right to answer. */
static void expect_told(void)
{
    EXPECT(guests[LIVING].step[0].done);
    EXPECT_IS(guests[LIVING].step[0].result, ERR_CANCELED);
    expect_untouched();
}

static void server_that_owes(void)
{
    begin();
    cap_t ep = new_endpoint();
    guest_run(DEAD, SYS_RECV, ep);
    lives(LIVING, SYS_CALL, ep);
    EXPECT(!guests[LIVING].step[0].done);
    watch_memory();
    expect_told();
}

static void saved_answer(void)
{
    begin();
    cap_t ep = new_endpoint();
    struct msg m = {0};
    uint64_t cnode = make(pool, TYPE_CNODE, 2);
    lives(LIVING, SYS_CALL, ep);
    EXPECT_IS(ipc_recv(ep, &m), GOT_MESSAGE);
    EXPECT_IS(reply_save(cap_at(cnode), 3), 0);
    watch_memory();
    expect_told();
}

/* In a queue between two that stay, who are served as if it had never been there; nobody else is. */
static void one_of_three(uint64_t op, cap_t cap, long (*serve)(cap_t cap))
{
    lives(LIVING, op, cap);
    guest_run(DEAD, op, cap);
    lives(OTHER, op, cap);
    watch_memory();
    expect_untouched();
    EXPECT_IS(serve(cap), 0);
    EXPECT(guests[LIVING].step[0].done && !guests[OTHER].step[0].done);
    EXPECT_IS(serve(cap), 0);
    EXPECT(guests[OTHER].step[0].done);
    expect_untouched();
}

static long send_one(cap_t ep)
{
    struct msg m = {0};
    return ipc_send_nb(ep, &m);
}

static long receive_one(cap_t ep)
{
    struct msg m = {0};
    return ipc_recv_nb(ep, &m) == GOT_MESSAGE ? 0 : ERR_EMPTY;
}

static void receiver(void)
{
    begin();
    cap_t ep = new_endpoint();
    one_of_three(SYS_RECV, ep, send_one);
    EXPECT(send_one(ep) != 0);
}

static void sender(void)
{
    begin();
    cap_t ep = new_endpoint();
    one_of_three(SYS_SEND, ep, receive_one);
    EXPECT_IS(receive_one(ep), ERR_EMPTY);
}

static void waiter(void)
{
    begin();
    uint64_t n = notification();
    one_of_three(SYS_WAIT, cap_at(n), notification_signal);
    EXPECT_PENDING(n, 0);
}

/* The same where it is the only one. */
static void the_only_waiter(void)
{
    begin();
    uint64_t n = notification();
    guest_run(DEAD, SYS_WAIT, cap_at(n));
    watch_memory();
    EXPECT_IS(notification_signal(cap_at(n)), 0);
    EXPECT_PENDING(n, 1);
    expect_untouched();
}

static void bound_thread(void)
{
    begin();
    uint64_t n = notification();
    struct guest *g = guest_new(DEAD, pool, ACTOR_PRIORITY, 0);
    EXPECT_IS(notification_bind(cap_at(g->tcb), cap_at(n)), 0);
    guest_plan_ipc(g, SYS_RECV, new_endpoint(), 1);
    guest_go(g);
    watch_memory();
    EXPECT_IS(notification_signal(cap_at(n)), 0);
    EXPECT_PENDING(n, 1);
    expect_untouched();
}

/* Among others of its priority that are ready; those who were before and behind it run. */
static void ready_one(void)
{
    begin();
    cap_t ep = new_endpoint();
    for (unsigned k = LIVING; k <= OTHER + 1; k++) {
        struct guest *g = guest_new(k > OTHER ? DEAD : k, k > OTHER ? pool : rest, BELOW, k > OTHER ? 0 : ends);
        guest_plan(g, SYS_SEND_NB, ep, 0, 0);
    }
    guest_go(&guests[LIVING]), guest_go(&guests[DEAD]), guest_go(&guests[OTHER]);
    watch_memory();
    expect_untouched(); /* when they have run */
    EXPECT(guests[LIVING].step[0].done && guests[OTHER].step[0].done && !guests[DEAD].step[0].done);
}

/* Its deadline passes when it is gone; so goes, later, what it would have signalled. */
static void timer_that_is_set(void)
{
    begin();
    uint64_t n = notification(), t = make(pool, TYPE_TIMER, 0);
    EXPECT_IS(timer_bind(cap_at(t), cap_at(n)), 0);
    uint64_t deadline = set_ahead(t, SOON_US);
    watch_memory();
    spin_past(deadline);
    EXPECT_PENDING(n, 0);
    temp_copy(n, RIGHT_ALL), temp_drop();
    EXPECT_IS(cap_delete(own_cnode(), n), 0);
    expect_untouched();
}

static const struct test list[] = {
    {"caller_that_we_owe", caller_that_we_owe},
    {"caller_of_a_saved_answer", caller_of_a_saved_answer},
    {"server_that_owes", server_that_owes},
    {"saved_answer", saved_answer},
    {"receiver", receiver},
    {"sender", sender},
    {"waiter", waiter},
    {"the_only_waiter", the_only_waiter},
    {"bound_thread", bound_thread},
    {"ready_one", ready_one},
    {"timer_that_is_set", timer_that_is_set},
};

CASE_SET(404, delete_watched_cases)
{
    CASES("delete/watched", list);
}
