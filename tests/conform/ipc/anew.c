/* A thread that starts anew answers nobody: the caller that it had to answer is told, and nobody else is. */
#include "frame/fault.h"

enum { RIP = 0x400000, RSP = 0x500000 };

static long start_anew(unsigned who)
{
    return thread_set_entry(actor_tcb(who), RIP, RSP, 0);
}

/* B, which was told to start at an address of no code, takes steps again. */
static void take_steps(unsigned who)
{
    actor_configure(who, ACTOR_PRIORITY, watch_fault_ep);
}

/* A has called B, by that operation. `fast`: B waited first, so the call went by the fast path. */
static struct step *call_held(cap_t ep, bool fast)
{
    struct step *got = fast ? act(B, SYS_RECV, ep, 901) : NULL, *call = act(A, SYS_CALL, ep, 900);
    if (!fast)
        got = act(B, SYS_RECV, ep, 901);
    EXPECT_MESSAGE(got, 0, 900);
    EXPECT_WAITS(call);
    return call;
}

/* The caller is told at once, and both can begin again. */
static void drops_caller(void)
{
    cap_t ep = new_endpoint();
    for (unsigned fast = 0; fast < 2; fast++) {
        struct step *call = call_held(ep, fast);
        EXPECT_IS(start_anew(B), 0);
        EXPECT_CANCELED(call);
        take_steps(B);
        EXPECT_RESULT(act(B, SYS_REPLY, 0, 1), ERR_NO_CALLER);
        call = call_held(ep, fast);
        EXPECT_RESULT(act(B, SYS_REPLY, 0, 2), 0);
        EXPECT_MESSAGE(call, 0, 2);
    }
}

/* Being stopped, being configured and failing to start anew are no such thing. */
static void nothing_else_drops(void)
{
    cap_t ep = new_endpoint(), tcb = actor_tcb(B), cnode = cap_at(CAP_SELF_CNODE);
    struct step *call = call_held(ep, true);
    struct step *inner = act(B, SYS_CALL, new_endpoint(), 1);
    EXPECT_IS(start_anew(B), ERR_IN_USE);
    EXPECT_IS(thread_suspend(tcb), 0);
    EXPECT_IS(
        thread_configure(tcb, cnode, cap_at(CAP_SELF_SPACE), watch_fault_ep, ACTOR_PRIORITY, ACTOR_PRIORITY),
        0);
    EXPECT_IS(thread_set_entry(tcb, USER_TOP, RSP, 0), ERR_BAD_ARGUMENT);
    EXPECT_IS(thread_set_entry(tcb, RIP, USER_TOP + 1, 0), ERR_BAD_ARGUMENT);
    EXPECT_IS(thread_set_entry(tcb | 1ul << 40, RIP, RSP, 0), ERR_BAD_CAP);
    EXPECT_WAITS(call);
    EXPECT_WAITS(inner);
    EXPECT_IS(start_anew(B), 0);
    EXPECT_CANCELED(call);
}

/* A server that it called itself has nobody to answer any more; a caller whose call it has not received waits on. */
static void middle_of_a_chain(void)
{
    cap_t ep = new_endpoint(), other = new_endpoint();
    struct step *call = call_held(ep, true), *later = act(D, SYS_CALL, ep, 3);
    act(C, SYS_RECV, other, 1);
    act(B, SYS_CALL, other, 2);
    EXPECT_IS(thread_suspend(actor_tcb(B)), 0);
    EXPECT_RESULT(act(C, SYS_REPLY, 0, 4), ERR_NO_CALLER);
    EXPECT_WAITS(call);
    EXPECT_IS(start_anew(B), 0);
    EXPECT_CANCELED(call);
    EXPECT_WAITS(later);
    take_steps(B);
    EXPECT_MESSAGE(act(B, SYS_RECV, ep, 5), 0, 3);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 6), 0);
    EXPECT_MESSAGE(later, 0, 6);
}

/* What stands in its TCB after reply_recv is the name of one that it has answered. */
static void not_who_was_answered(void)
{
    cap_t ep = new_endpoint();
    struct step *call = call_held(ep, true);
    act(B, SYS_REPLY_RECV, ep, 1);
    EXPECT_MESSAGE(call, 0, 1);
    struct step *wait = act(A, SYS_CALL, new_endpoint(), 2);
    EXPECT_IS(thread_suspend(actor_tcb(B)), 0);
    EXPECT_IS(start_anew(B), 0);
    EXPECT_WAITS(wait);
}

/* A right that was put aside is a capability: it stays what it is. */
static void saved_right_stays(void)
{
    uint64_t slot = temp_slot();
    struct step *call = call_held(new_endpoint(), true);
    struct step *save = plan(B, SYS_REPLY_SAVE, cap_at(CAP_SELF_CNODE), 0);
    save->m.label = slot;
    go(B);
    EXPECT_RESULT(save, 0);
    EXPECT_IS(start_anew(B), 0);
    EXPECT_WAITS(call);
    EXPECT_RESULT(act(C, SYS_REPLY, cap_at(slot), 1), 0);
    EXPECT_MESSAGE(call, 0, 1);
}

/* A fault that its handler has forgotten happens again, and the handler hears of it again. */
static void fault_happens_again(void)
{
    uint64_t page = temp_page();
    const struct fault fault = {FAULT_PAGE, page, FAULT_ANY, FAULT_ANY};
    cap_t ep = fault_endpoint();
    fault_configure(A, ep);
    struct step *got = act(B, SYS_RECV, ep, 1), *s = fault_start(A, code_read, page);
    for (unsigned i = 0; i < 2; i++) {
        EXPECT_DONE(got);
        fault_check(&got->m, A, fault, address_of(code_read));
        EXPECT_WAITS(s);
        EXPECT_IS(start_anew(B), 0);
        take_steps(B);
        got = act(B, SYS_RECV, ep, 2);
    }
    EXPECT_DONE(got);
    EXPECT_IS(memory_map(cap_at(temp_object(TYPE_FRAME, 12)), cap_at(CAP_SELF_SPACE), page, RIGHT_READ), 0);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 3), 0);
    EXPECT_DONE(s);
}

static const struct test list[] = {
    {"drops_caller", drops_caller},           {"nothing_else_drops", nothing_else_drops},
    {"middle_of_a_chain", middle_of_a_chain}, {"not_who_was_answered", not_who_was_answered},
    {"saved_right_stays", saved_right_stays}, {"fault_happens_again", fault_happens_again},
};

CASE_SET(031, ipc_anew_cases)
{
    CASES_SPACES("ipc/anew", list);
}
