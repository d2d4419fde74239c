/* Extended state of a thread is as it left it, through all that takes the CPU from it. */
#include "frame/fpu.h"

static void run(unsigned who, void (*function)(uint64_t))
{
    struct step *s = plan_function(who, function, who);
    go(who);
    EXPECT_DONE(s);
}

static void none_at_first(void)
{
    fpu_give(B);
    fpu_prepare(B, 1);
    run(B, fpu_load);
    fpu_expect_none(A);
    run(B, fpu_store);
    EXPECT(fpu_same(B));
    fpu_take();
}

static void begins_clean(void)
{
    for (unsigned who = A; who <= C; who++) {
        fpu_give(who);
        EXPECT(fpu_initial(who));
        fpu_prepare(who, who);
        run(who, fpu_load);
    }
    for (unsigned who = A; who <= C; who++) {
        run(who, fpu_store);
        EXPECT(fpu_same(who));
    }
    fpu_take();
}

/* Loads once, and sees at each turn that all is still there. */
static void yields(uint64_t who)
{
    fpu_load(who);
    for (unsigned i = 0; i < FPU_ROUNDS; i++) {
        thread_yield();
        fpu_store(who);
        fpu_wrong[who] += !fpu_same((unsigned)who);
        fpu_rounds[who]++;
    }
}

static void yields_plainly(uint64_t who)
{
    for (unsigned i = 0; i < FPU_ROUNDS; i++) {
        thread_yield();
        fpu_rounds[who]++;
    }
}

/* C, among them, has none. */
static void over_yields(void)
{
    fpu_clear();
    for (unsigned who = A; who <= D; who++) {
        actor_configure(who, 50, watch_fault_ep);
        if (who != C)
            fpu_give(who);
        plan_function(who, who == C ? yields_plainly : yields, who);
        go(who);
    }
    quiesce();
    for (unsigned who = A; who <= D; who++) {
        EXPECT_IS(fpu_rounds[who], FPU_ROUNDS);
        EXPECT_IS(fpu_wrong[who], 0);
    }
    fpu_take();
}

static void over_preemption(void)
{
    fpu_clear();
    for (unsigned who = A; who <= B; who++) {
        actor_configure(who, RUNNER_PRIORITY, watch_fault_ep);
        fpu_give(who);
        plan_function(who, fpu_spins, who);
        go(who);
    }
    actors_take_turns(fpu_rounds);
    EXPECT_IS(fpu_wrong[A] + fpu_wrong[B], 0);
    fpu_take();
}

static void serves_plainly(uint64_t who)
{
    struct msg m = {0};
    (void)who;
    ipc(SYS_RECV, fpu_ep, &m);
    for (unsigned i = 0; i < FPU_ROUNDS; i++) {
        m = pattern_msg(i);
        ipc(SYS_REPLY_RECV, fpu_ep, &m);
    }
}

static void calls(uint64_t who)
{
    struct msg m = {0};
    fpu_load(who);
    for (unsigned i = 0; i < FPU_ROUNDS; i++) {
        fpu_wrong[who] += ipc(SYS_CALL, fpu_ep, &m) != GOT_MESSAGE || !is_pattern(&m, 0, i);
        fpu_store(who);
        fpu_wrong[who] += !fpu_same((unsigned)who);
        fpu_rounds[who]++;
    }
}

static void calls_plainly(uint64_t who)
{
    struct msg m = {0};
    for (unsigned i = 0; i < FPU_ROUNDS; i++) {
        fpu_wrong[who] += ipc(SYS_CALL, fpu_ep, &m) != GOT_MESSAGE || !is_pattern(&m, 0, i);
        fpu_rounds[who]++;
    }
}

/* Caller and server, with and without. */
static void over_ipc(void)
{
    for (unsigned k = 1; k < 4; k++) {
        fpu_clear();
        fpu_ep = cap_at(temp_object(TYPE_ENDPOINT, 0));
        if (k & 1)
            fpu_give(A);
        if (k & 2)
            fpu_give(B);
        plan_function(B, k & 2 ? fpu_serves : serves_plainly, B);
        go(B);
        plan_function(A, k & 1 ? calls : calls_plainly, A);
        go(A);
        EXPECT_IS(fpu_rounds[A], FPU_ROUNDS);
        EXPECT_IS(fpu_wrong[A] + fpu_wrong[B], 0);
        fpu_take();
        actors_reset(false);
    }
}

static void breaks(uint64_t who)
{
    fpu_load(who);
    __asm__ volatile("int3");
    fpu_store(who);
}

/* The handler has, and uses, its own. */
static void over_faults(void)
{
    cap_t faults = fault_endpoint();
    fpu_clear();
    fpu_give(A);
    fpu_give(B);
    fault_configure(A, faults);
    struct step *s = plan_function(A, breaks, A);
    go(A);
    plan_function(B, fpu_load, B);
    struct step *got = plan(B, SYS_RECV, faults, 1), *answer = plan(B, SYS_REPLY, 0, 2);
    plan_function(B, fpu_store, B);
    go(B);
    EXPECT_IS(got->m.label, FAULT_DEBUG);
    EXPECT_RESULT(answer, 0);
    EXPECT(s->done && fpu_same(A) && fpu_same(B));
    fpu_take();
}

static void over_spaces(void)
{
    fpu_clear();
    actors_reset(true);
    fpu_ep = cap_at(temp_object(TYPE_ENDPOINT, 0));
    fpu_give(A);
    fpu_give(C);
    plan_function(A, fpu_load, A);
    struct step *call = plan(A, SYS_CALL, fpu_ep, 1);
    plan_function(A, fpu_store, A);
    go(A);
    struct step *got = act(B, SYS_RECV, fpu_ep, 2); /* B is in the other address space, and has none */
    EXPECT_MESSAGE(got, 0, 1);
    run(C, fpu_load);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 3), 0);
    EXPECT_MESSAGE(call, 0, 3);
    EXPECT(fpu_same(A));
    run(C, fpu_store);
    EXPECT(fpu_same(C));
    fpu_take();
}

static const struct test list[] = {
    {"none_at_first", none_at_first},     {"begins_clean", begins_clean}, {"over_yields", over_yields},
    {"over_preemption", over_preemption}, {"over_ipc", over_ipc},         {"over_faults", over_faults},
    {"over_spaces", over_spaces},
};

CASE_SET(470, thread_fpu_cases)
{
    CASES("thread/fpu", list);
}
