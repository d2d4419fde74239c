/* Whose breakpoints they are: the thread's alone, whatever it does meanwhile and whatever runs in between. */
#include "thread/break.h"
#include "frame/long.h"

enum { RW = RIGHT_READ | RIGHT_WRITE };

static void hit(cap_t ep, struct step *s, const char *rip)
{
    EXPECT_WAITS(s);
    break_expect(ep, A, 1, rip);
    EXPECT_IS(fault_reply(), 0);
    EXPECT_DONE(s);
}

static void other_thread(void)
{
    cap_t ep = break_prepare(A, 0, watched(), BREAK_ACCESS, 8);
    *watched_word() = 5; /* the runner, too, is another */
    break_none(B, adds, watched());
    struct step *s = fault_start(A, adds, watched());
    break_none(B, adds, watched()); /* while A waits in its fault */
    EXPECT_IS(*watched_word(), 8);
    hit(ep, s, adds_behind);
    break_none(C, adds, watched());
}

/* Two with breakpoints at different addresses. */
static void each_its_own(void)
{
    cap_t ep = fault_endpoint();
    fault_configure(A, ep);
    fault_configure(B, ep);
    break_set(A, 0, watched(), BREAK_WRITE, 8);
    break_set(B, 0, watched() + 8, BREAK_WRITE, 8);
    for (unsigned i = 0; i < 3; i++) {
        break_none(A, store_8, watched() + 8);
        break_none(B, store_8, watched());
        struct step *a = fault_start(A, adds, watched()), *b = fault_start(B, adds, watched() + 8);
        hit(ep, a, adds_behind);
        break_expect(ep, B, 1, adds_behind);
        EXPECT_IS(fault_reply(), 0);
        EXPECT_DONE(b);
    }
}

/* A calls B again and again; one of them has the breakpoint, both write the word. */
static void calls(unsigned who)
{
    cap_t service = new_endpoint(), ep = break_prepare(who, 0, watched(), BREAK_WRITE, 8);
    act(B, SYS_REPLY_RECV, service, 1);
    for (uint64_t i = 0; i < 4; i++) {
        struct step *call = plan(A, SYS_CALL, service, 10 + i), *mine = plan_function(A, adds, watched());
        struct step *its = plan_function(B, adds, watched());
        struct step *answer = plan(B, SYS_REPLY_RECV, service, 20 + i);
        go(A);
        struct step *hits = who == A ? mine : its;
        if (who == B) {
            EXPECT_WAITS(call);
            break_none(C, adds, watched());
        }
        EXPECT_WAITS(hits);
        break_expect(ep, who, 1, adds_behind);
        EXPECT_IS(fault_reply(), 0);
        EXPECT_MESSAGE(call, 0, 20 + i);
        EXPECT(mine->done && its->done);
        EXPECT_WAITS(answer);
        plan(B, SYS_NULL, 0, 1);
    }
}

static void caller_with_breakpoint(void)
{
    calls(A);
}

static void server_with_breakpoint(void)
{
    calls(B);
}

/* It waits in every way when the breakpoint is set, and when it is taken away. */
static void set_while_waiting(void)
{
    for (unsigned away = 0; away < 2; away++) {
        cap_t service = new_endpoint(), ep = fault_endpoint();
        actors_reset(false);
        fault_configure(A, ep);
        if (away)
            break_set(A, 0, watched(), BREAK_WRITE, 8);
        struct step *got = act(A, SYS_REPLY_RECV, service, 1), *s = plan_function(A, adds, watched());
        break_set(A, 0, away ? 0 : watched(), away ? 0 : BREAK_WRITE, away ? 0 : 8);
        struct step *call = act(B, SYS_CALL, service, 2);
        EXPECT_MESSAGE(got, 0, 2);
        EXPECT_WAITS(call);
        if (!away)
            hit(ep, s, adds_behind);
        EXPECT_DONE(s);
        EXPECT_RESULT(act(A, SYS_REPLY, 0, 3), 0);
        EXPECT_MESSAGE(call, 0, 3);
    }
}

static void set_while_ready(void)
{
    cap_t ep = fault_endpoint();
    actor_configure(A, 50, cap_at(temp_mint(ep >> SLOT_BITS, RIGHT_SEND, FAULT_BADGE + A)));
    struct step *s = plan_function(A, adds, watched());
    go(A);
    break_set(A, 0, watched(), BREAK_WRITE, 8);
    quiesce();
    EXPECT_WAITS(s);
    break_expect(ep, A, 1, adds_behind);
    EXPECT_IS(fault_reply(), 0);
    quiesce();
    EXPECT_DONE(s);
}

/* In a fault: the handler sets the next one. */
static void set_while_faulted(void)
{
    cap_t ep = break_prepare(A, 0, (uint64_t)(uintptr_t)adds_here, BREAK_EXECUTE, 1);
    struct step *s = fault_start(A, adds, watched());
    break_expect(ep, A, 1, adds_here);
    break_set(A, 0, 0, 0, 0);
    break_set(A, 2, (uint64_t)(uintptr_t)adds_behind, BREAK_EXECUTE, 1);
    EXPECT_IS(fault_reply(), 0);
    break_expect(ep, A, 4, adds_behind);
    EXPECT_IS(fault_reply(), 0);
    EXPECT_DONE(s);
}

static void set_and_touch(uint64_t to)
{
    shared()->regs[3].out[0] = (uint64_t)thread_set_breakpoint(actor_tcb(A), 0, to, BREAK_WRITE, 8);
    adds(to);
    thread_set_breakpoint(actor_tcb(A), 0, 0, 0, 0);
    adds(to);
}

static void set_by_itself(void)
{
    cap_t ep = fault_endpoint();
    fault_configure(A, ep);
    hit(ep, fault_start(A, set_and_touch, watched()), adds_behind);
    EXPECT_IS(shared()->regs[3].out[0], 0);
}

static volatile uint64_t turns[2];
static volatile bool stop_spinning;

static void spin_and_add(uint64_t k)
{
    while (!stop_spinning && turns[k] < 100000000) {
        turns[k]++;
        ++*watched_word();
    }
}

static void spin_apart(uint64_t k)
{
    while (!stop_spinning && turns[k] < 100000000)
        turns[k]++;
    adds(watched());
}

/* The timer switches between them. */
static void preempted(void)
{
    cap_t ep = fault_endpoint();
    stop_spinning = false;
    turns[0] = turns[1] = 0;
    actor_configure(A, RUNNER_PRIORITY, cap_at(temp_mint(ep >> SLOT_BITS, RIGHT_SEND, FAULT_BADGE + A)));
    actor_configure(B, RUNNER_PRIORITY, watch_fault_ep);
    break_set(A, 0, watched(), BREAK_WRITE, 8);
    struct step *a = plan_function(A, spin_apart, 0), *b = plan_function(B, spin_and_add, 1);
    go(A);
    go(B);
    for (unsigned i = 0; i < 3; i++)
        thread_yield();
    EXPECT(turns[0] > 0 && turns[1] > 0);
    stop_spinning = true;
    thread_yield();
    EXPECT_DONE(b);
    EXPECT_WAITS(a);
    break_expect(ep, A, 1, adds_behind);
    EXPECT_IS(fault_reply(), 0);
    thread_yield();
    EXPECT_DONE(a);
}

/* The kernel writes its buffer by another address, and that does not hit; the thread's own reading does. */
static void kernel_writes(void)
{
    cap_t service = new_endpoint(), ep = fault_endpoint();
    struct ipc_buffer *to = buffer_new(A), *from = buffer_new(B);
    EXPECT_IS(syscall6(SYS_THREAD_CONFIGURE, actor_tcb(A), cap_at(CAP_SELF_CNODE), cap_at(CAP_SELF_SPACE),
                       cap_at(temp_mint(ep >> SLOT_BITS, RIGHT_SEND, FAULT_BADGE + A)),
                       ACTOR_PRIORITY | ACTOR_PRIORITY << 8, cap_at(buffer_frame(A))),
              0);
    for (unsigned i = 0; i < BREAKPOINTS; i++)
        break_set(A, i, (uint64_t)(uintptr_t)&to->word[i], BREAK_ACCESS, 8);
    buffer_fill(from, 8, 5);
    struct step *got = act(A, SYS_RECV, service, 1);
    EXPECT_RESULT(act(B, SYS_LONG_SEND, service, 5), 0);
    EXPECT_DONE(got);
    EXPECT_IS(to->word[0], from->word[0]);
    act(B, SYS_RECV, service, 1);
    EXPECT_RESULT(act(A, SYS_LONG_SEND, service, 5), 0); /* and reads it so */
    struct step *s = fault_start(A, load_8, (uint64_t)(uintptr_t)&to->word[3]);
    break_expect(ep, A, 8, NULL);
    EXPECT_IS(fault_reply(), 0);
    EXPECT_DONE(s);
}

/* It goes with its breakpoints; the next thread has none. */
static void thread_deleted(void)
{
    uint64_t pool = temp_object(TYPE_UNTYPED, 12), slot = temp_slot();
    EXPECT_IS(retype(cap_at(pool), TYPE_TCB, 0, cap_at(CAP_SELF_CNODE), slot, 1), 0);
    for (unsigned i = 0; i < BREAKPOINTS; i++)
        EXPECT_IS(thread_set_breakpoint(cap_at(slot), i, watched(), BREAK_WRITE, 8), 0);
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), slot), 0);
    EXPECT_IS(retype(cap_at(pool), TYPE_TCB, 0, cap_at(CAP_SELF_CNODE), slot, 1), 0);
    EXPECT_IS(thread_configure(cap_at(slot), cap_at(CAP_SELF_CNODE), cap_at(CAP_SELF_SPACE), watch_fault_ep,
                               ACTOR_PRIORITY, ACTOR_PRIORITY),
              0);
    static char stack[1024];
    uint64_t before = *watched_word(), *top = (uint64_t *)(uintptr_t)(stack + sizeof stack - 16);
    *top = (uint64_t)(uintptr_t)adds; /* where adds returns to: once more, then to 0 */
    cap_t ep = fault_endpoint();
    EXPECT_IS(thread_configure(cap_at(slot), cap_at(CAP_SELF_CNODE), cap_at(CAP_SELF_SPACE), ep, ACTOR_PRIORITY,
                               ACTOR_PRIORITY),
              0);
    EXPECT_IS(thread_set_entry(cap_at(slot), address_of(adds), (uint64_t)(uintptr_t)top, watched()), 0);
    EXPECT_IS(thread_resume(cap_at(slot)), 0);
    EXPECT_IS(*watched_word(), before + 2);
    struct msg m = {0};
    EXPECT_IS(ipc_recv(ep, &m), GOT_MESSAGE);
    EXPECT_IS(m.label, FAULT_PAGE);
}

static const struct test spaces[] = {
    {"other_thread", other_thread},
    {"each_its_own", each_its_own},
    {"caller_with_breakpoint", caller_with_breakpoint},
    {"server_with_breakpoint", server_with_breakpoint},
};

static const struct test list[] = {
    {"set_while_waiting", set_while_waiting},
    {"set_while_ready", set_while_ready},
    {"set_while_faulted", set_while_faulted},
    {"set_by_itself", set_by_itself},
    {"preempted", preempted},
    {"kernel_writes", kernel_writes},
    {"thread_deleted", thread_deleted},
};

CASE_SET(700, thread_break_switch_cases)
{
    CASES_SPACES("thread/break", spaces);
    CASES("thread/break", list);
}
