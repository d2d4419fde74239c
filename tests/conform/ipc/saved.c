/* The right to answer, saved in a slot: used later and in any order; what cannot be saved, and what cannot be done with it. */
#include "ipc/saved.h"

long save_in(unsigned who, cap_t cnode, uint64_t index)
{
    struct step *s = plan(who, SYS_REPLY_SAVE, cnode, 0);
    s->m.label = index;
    go(who);
    EXPECT_DONE(s);
    return s->result;
}

void expect_type(uint64_t slot, long type)
{
    EXPECT_IS(cap_identify(cap_at(slot)), type);
}

struct step *call_saved(unsigned caller, uint64_t slot)
{
    cap_t ep = new_endpoint();
    act(B, SYS_RECV, ep, 901);
    struct step *call = act(caller, SYS_CALL, ep, 900);
    EXPECT_IS(save_in(B, own_cnode(), slot), 0);
    expect_type(slot, TYPE_REPLY);
    EXPECT_WAITS(call);
    return call;
}

static void later(void)
{
    uint64_t slot = temp_slot();
    struct step *call = call_saved(A, slot);
    cap_t ep = new_endpoint();
    struct step *got = act(B, SYS_RECV, ep, 1); /* drops nothing: it holds no right of its own */
    EXPECT_RESULT(act(C, SYS_SEND, ep, 2), 0);
    EXPECT_MESSAGE(got, 0, 2);
    EXPECT_WAITS(call);
    EXPECT_RESULT(act(B, SYS_REPLY, cap_at(slot), 3), 0);
    EXPECT_MESSAGE(call, 0, 3);
    expect_type(slot, ERR_BAD_CAP);
}

static void only_once(void)
{
    uint64_t slot = temp_slot();
    struct step *call = call_saved(A, slot);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 1), ERR_NO_CALLER);
    EXPECT_IS(save_in(B, own_cnode(), temp_slot()), ERR_NO_CALLER);
    EXPECT_RESULT(act(B, SYS_REPLY, cap_at(slot), 2), 0);
    EXPECT_MESSAGE(call, 0, 2);
    struct step *wait = act(A, SYS_CALL, new_endpoint(), 3);
    EXPECT_RESULT(act(B, SYS_REPLY, cap_at(slot), 4), ERR_BAD_CAP);
    EXPECT_WAITS(wait);
}

/* Any holder of the capability can answer; the thread that saved it need not exist any more. */
static void by_another_thread(void)
{
    uint64_t slot = temp_slot();
    struct step *call = call_saved(A, slot);
    EXPECT_IS(thread_suspend(actor_tcb(B)), 0);
    EXPECT_RESULT(act(C, SYS_REPLY, cap_at(slot), 1), 0);
    EXPECT_MESSAGE(call, 0, 1);
}

static void several(const unsigned *order)
{
    static const unsigned callers[] = {A, C, D};
    uint64_t slot[COUNT(callers)];
    struct step *call[COUNT(callers)];
    for (unsigned i = 0; i < COUNT(callers); i++) {
        slot[i] = temp_slot();
        call[i] = call_saved(callers[i], slot[i]);
    }
    for (unsigned i = 0; i < COUNT(callers); i++) {
        unsigned k = order[i];
        EXPECT_WAITS(call[k]);
        EXPECT_RESULT(act(B, SYS_REPLY, cap_at(slot[k]), 10 + k), 0);
        EXPECT_MESSAGE(call[k], 0, 10 + k);
    }
}

static void several_first_first(void)
{
    several((const unsigned[]){0, 1, 2});
}

static void several_last_first(void)
{
    several((const unsigned[]){2, 1, 0});
}

static void several_mixed(void)
{
    several((const unsigned[]){1, 2, 0});
}

/* The saved right and the one from the last call are two: each answers its own caller. */
static void beside_the_last_caller(void)
{
    uint64_t slot = temp_slot();
    struct step *saved = call_saved(A, slot);
    cap_t ep = new_endpoint();
    act(B, SYS_RECV, ep, 1);
    struct step *last = act(C, SYS_CALL, ep, 2);
    EXPECT_RESULT(act(B, SYS_REPLY, cap_at(slot), 3), 0);
    EXPECT_MESSAGE(saved, 0, 3);
    EXPECT_WAITS(last);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 4), 0);
    EXPECT_MESSAGE(last, 0, 4);
}

/* A fault is a call: its answer can be saved, too. */
static void of_a_fault(void)
{
    cap_t ep = new_endpoint();
    uint64_t slot = temp_slot();
    actor_configure(A, ACTOR_PRIORITY, ep);
    struct step *got = act(B, SYS_RECV, ep, 1), *bad = act(A, 0x7f, 0, 2);
    EXPECT_RESULT(got, GOT_MESSAGE);
    EXPECT_IS(got->m.label, FAULT_SYSCALL);
    EXPECT_IS(save_in(B, own_cnode(), slot), 0);
    EXPECT_WAITS(bad);
    EXPECT_RESULT(act(B, SYS_REPLY, cap_at(slot), 3), 0);
    EXPECT_RESULT(bad, 0x7f);
}

static void save_errors(void)
{
    uint64_t slot = temp_slot();
    cap_t ep = new_endpoint(), inner = cap_at(temp_object(TYPE_CNODE, 2));
    EXPECT_IS(save_in(B, own_cnode(), slot), ERR_NO_CALLER);
    act(B, SYS_RECV, ep, 1);
    struct step *call = act(A, SYS_CALL, ep, 2);
    EXPECT_IS(save_in(B, own_cnode(), CAP_SELF_CNODE), ERR_OCCUPIED);
    EXPECT_IS(save_in(B, cap_at(slot), 0), ERR_BAD_CAP);
    EXPECT_IS(save_in(B, ep, 0), ERR_WRONG_TYPE);
    EXPECT_IS(save_in(B, inner, 4), ERR_BAD_ARGUMENT);
    EXPECT_IS(save_in(B, inner, 1ul << 32), ERR_BAD_ARGUMENT);
    EXPECT_WAITS(call);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 3), 0); /* none of these took the right away */
    EXPECT_MESSAGE(call, 0, 3);
}

static void use_errors(void)
{
    cap_t ep = new_endpoint();
    act(B, SYS_RECV, ep, 1);
    struct step *call = act(A, SYS_CALL, ep, 2);
    for (unsigned type = TYPE_UNTYPED; type < TYPE_COUNT; type++) {
        if (zoo(type))
            EXPECT_RESULT(act(B, SYS_REPLY, cap_at(zoo(type)), 3), ERR_WRONG_TYPE);
    }
    EXPECT_RESULT(act(B, SYS_REPLY, cap_at(temp_slot()), 4), ERR_BAD_CAP);
    EXPECT_RESULT(act(B, SYS_REPLY, 1, 5), ERR_BAD_CAP);
    EXPECT_WAITS(call);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 6), 0);
    EXPECT_MESSAGE(call, 0, 6);
}

/* What takes capabilities of other types does not take this one. */
static void of_the_wrong_type(void)
{
    uint64_t slot = temp_slot();
    struct step *call = call_saved(A, slot);
    EXPECT_RESULT(act(C, SYS_SEND, cap_at(slot), 1), ERR_WRONG_TYPE);
    EXPECT_RESULT(act(C, SYS_CALL, cap_at(slot), 2), ERR_WRONG_TYPE);
    EXPECT_RESULT(act(C, SYS_RECV, cap_at(slot), 3), ERR_WRONG_TYPE);
    EXPECT_RESULT(act(C, SYS_WAIT, cap_at(slot), 4), ERR_WRONG_TYPE);
    EXPECT_IS(thread_suspend(cap_at(slot)), ERR_WRONG_TYPE);
    EXPECT_IS(thread_resume(cap_at(slot)), ERR_WRONG_TYPE);
    EXPECT_WAITS(call);
}

static const struct test list[] = {
    {"later", later},
    {"only_once", only_once},
    {"by_another_thread", by_another_thread},
    {"several_first_first", several_first_first},
    {"several_last_first", several_last_first},
    {"several_mixed", several_mixed},
    {"beside_the_last_caller", beside_the_last_caller},
    {"of_a_fault", of_a_fault},
    {"save_errors", save_errors},
    {"use_errors", use_errors},
    {"of_the_wrong_type", of_the_wrong_type},
};

CASE_SET(520, ipc_saved_cases)
{
    CASES_SPACES("ipc/saved", list);
}
