/* A server less urgent than its clients, who find it busy: each is answered, calls again, and waits in line while the server goes on
   with the call that it received together with the answer. */
#include "sched/made_ready.h"

enum { SERVER = A, FIRST = B, MOST = 4, ROUNDS = 3, BADGE = 0x70, CALLS_OF = 1000, ANSWERS_OF = 2000 };

static uint64_t ep; /* slot */
static cap_t to_server[MOST];
static struct step *got[MOST * ROUNDS + 1], *call[MOST * ROUNDS]; /* in the order in which they are served */
static unsigned calls;

static cap_t client_tcb(unsigned i)
{
    return actor_tcb(FIRST + i);
}

static void prepare(unsigned clients)
{
    ep = temp_endpoint();
    calls = 0;
    actor_configure(SERVER, TAGGED_LESS, watch_fault_ep);
    for (unsigned i = 0; i < clients; i++)
        to_server[i] = cap_at(temp_mint(ep, RIGHT_SEND, BADGE + i));
}

/* The next call that the server is to get, by that client. */
static void plan_call(unsigned i)
{
    got[calls] = plan(SERVER, calls ? SYS_REPLY_RECV : SYS_RECV, cap_at(ep), ANSWERS_OF + calls);
    call[calls] = plan(FIRST + i, SYS_CALL, to_server[i], CALLS_OF + calls);
    calls++;
}

/* Clients call until they wait; then the server begins. */
static void run(unsigned clients)
{
    got[calls] = plan(SERVER, SYS_REPLY_RECV, cap_at(ep), ANSWERS_OF + calls);
    for (unsigned i = 0; i < clients; i++)
        go(FIRST + i);
    go(SERVER);
    quiesce();
}

static void expect_call(unsigned n, unsigned i)
{
    EXPECT_MESSAGE(got[n], BADGE + i, CALLS_OF + n);
}

static void expect_answer(unsigned n)
{
    EXPECT_MESSAGE(call[n], 0, ANSWERS_OF + n + 1);
}

static void in_turn(unsigned clients)
{
    prepare(clients);
    for (unsigned n = 0; n < clients * ROUNDS; n++)
        plan_call(n % clients);
    run(clients);
    for (unsigned n = 0; n < calls; n++) {
        expect_call(n, n % clients);
        expect_answer(n);
    }
    EXPECT_WAITS(got[calls]);
    for (unsigned n = 1; n < calls; n++)
        EXPECT(call[n - 1]->order < call[n]->order);
}

static void two(void)
{
    in_turn(2);
}

static void three(void)
{
    in_turn(3);
}

static void four(void)
{
    in_turn(4);
}

/* The client that was answered does something to the server, which is ready and has the other's message, before it calls again. */
static void meanwhile(void (*happens)(cap_t tcb))
{
    prepare(2);
    plan_call(0);
    plan_call(1);
    plan_function(FIRST, happens, actor_tcb(SERVER));
    plan_call(0);
    run(2);
    for (unsigned n = 0; n < calls; n++) {
        expect_call(n, n % 2);
        expect_answer(n);
    }
    EXPECT_WAITS(got[calls]);
}

static void suspend_and_resume(cap_t tcb)
{
    thread_suspend(tcb);
    thread_resume(tcb);
}

static void server_is_stopped(void)
{
    meanwhile(suspend_and_resume);
}

static void raise(cap_t tcb)
{
    thread_set_priority(tcb, ACTOR_PRIORITY, ACTOR_PRIORITY);
}

static void server_is_raised(void)
{
    meanwhile(raise);
}

static void set_breakpoint(cap_t tcb)
{
    thread_set_breakpoint(tcb, 0, (uint64_t)(uintptr_t)&ep, BREAK_WRITE, 8);
}

static void server_gets_a_breakpoint(void)
{
    meanwhile(set_breakpoint);
}

/* The other's call is lost while the server, which has its message already, is ready. */
static void caller_is_gone(void)
{
    prepare(2);
    plan_call(0);
    plan_call(1);
    plan_function(FIRST, suspend_and_resume, client_tcb(1));
    plan_call(0);
    run(2);
    expect_call(1, 1);
    EXPECT_CANCELED(call[1]);
    expect_call(2, 0);
    expect_answer(2);
}

/* A thread that waits in line once more is taken out of it by the server: its call returns, with an empty message. */
static void leaves_the_line(void (*happens)(cap_t cap), cap_t cap)
{
    plan_call(0);
    plan_call(1);
    struct step *again = plan(FIRST, SYS_CALL, to_server[0], 1);
    plan_function(SERVER, happens, cap);
    run(2);
    EXPECT_CANCELED(again);
    for (unsigned n = 0; n < calls; n++) {
        expect_call(n, n);
        expect_answer(n);
    }
    EXPECT_WAITS(got[calls]);
}

static void client_is_stopped(void)
{
    prepare(2);
    leaves_the_line(suspend_and_resume, client_tcb(0));
}

static void cancel(cap_t slot)
{
    cap_cancel_badged(own_cnode(), slot);
}

static void badge_is_cancelled(void)
{
    prepare(2);
    uint64_t all = temp_mint(ep, RIGHT_SEND | RIGHT_RECV | RIGHT_GRANT, BADGE);
    leaves_the_line(cancel, all);
}

/* Between two calls a message that wants no answer; behind it the server has nobody to answer. */
static void one_only_sends(void)
{
    prepare(3);
    plan_call(0);
    plan_call(1);
    call[1]->op = SYS_SEND;
    plan_call(2);
    run(3);
    for (unsigned n = 0; n < calls; n++)
        expect_call(n, n);
    expect_answer(0);
    EXPECT_RESULT(call[1], 0);
    expect_answer(2);
}

static const struct test list[] = {
    {"two", two},
    {"three", three},
    {"four", four},
    {"server_is_stopped", server_is_stopped},
    {"server_is_raised", server_is_raised},
    {"server_gets_a_breakpoint", server_gets_a_breakpoint},
    {"caller_is_gone", caller_is_gone},
    {"client_is_stopped", client_is_stopped},
    {"badge_is_cancelled", badge_is_cancelled},
    {"one_only_sends", one_only_sends},
};

CASE_SET(021, ipc_busy_cases)
{
    CASES_SPACES("ipc/busy", list);
}
