/* Extended state is given, taken away, dropped and deleted with its memory. */
#include "frame/fpu.h"

static volatile uint64_t rounds[ACTORS];
static cap_t ep;

static void run(unsigned who, void (*function)(uint64_t))
{
    struct step *s = plan_function(who, function, who);
    go(who);
    EXPECT_DONE(s);
}

static void clear(void)
{
    for (unsigned who = 0; who < ACTORS; who++) {
        rounds[who] = 1;
        fpu_prepare(who, 10 + who);
    }
}

static void taken_away(void)
{
    clear();
    fpu_give(A);
    run(A, fpu_load);
    EXPECT_IS(syscall2(SYS_THREAD_SET_FPU, actor_tcb(A), 0), 0);
    fpu_expect_none(A);
    actor_configure(A, ACTOR_PRIORITY, watch_fault_ep);
    fpu_give(A);
    EXPECT(fpu_initial(A));
    fpu_take();
    fpu_expect_none(A);
}

static void drops_own(uint64_t who)
{
    fpu_load(who);
    rounds[who] = (uint64_t)syscall2(SYS_THREAD_SET_FPU, actor_tcb((unsigned)who), 0);
    code_sse(0);
}

/* By itself, while the CPU holds its registers; and given to itself. */
static void dropped_by_itself(void)
{
    cap_t faults = fault_endpoint();
    clear();
    fpu_give(A);
    fault_configure(A, faults);
    plan_function(A, drops_own, A);
    go(A);
    fault_expect(faults, A, (struct fault){FAULT_NO_FPU, 0, 0, 7}, address_of(code_sse));
    EXPECT_IS(rounds[A], 0);
    fpu_take();
}

static cap_t new_state;

static void takes_own(uint64_t who)
{
    rounds[who] = (uint64_t)syscall2(SYS_THREAD_SET_FPU, actor_tcb((unsigned)who), new_state);
}

static void given_to_itself(void)
{
    clear();
    new_state = cap_at(temp_object(TYPE_EXTENDED_STATE, 0));
    fpu_give(B);
    run(B, fpu_load);
    run(A, takes_own);
    EXPECT_IS(rounds[A], 0);
    EXPECT(fpu_initial(A));
    run(A, fpu_load);
    run(B, fpu_store);
    run(A, fpu_store);
    EXPECT(fpu_same(A) && fpu_same(B));
    fpu_take();
}

/* Another in the place of the one that it has: the thread begins anew, and the first serves another thread. */
static void replaced(void)
{
    clear();
    uint64_t first = fpu_give(A);
    run(A, fpu_load);
    fpu_give(A);
    EXPECT(fpu_initial(A));
    run(A, fpu_load);
    EXPECT_IS(syscall2(SYS_THREAD_SET_FPU, actor_tcb(B), cap_at(first)), 0);
    run(B, fpu_load);
    run(A, fpu_store);
    run(B, fpu_store);
    EXPECT(fpu_same(A) && fpu_same(B));
    fpu_take();
}

/* The object goes: the thread, which may wait or have just used it, has none any more. */
static void state_revoked(void)
{
    clear();
    uint64_t state = fpu_give(A);
    run(A, fpu_load);
    EXPECT_IS(cap_revoke(cap_at(CAP_SELF_CNODE), state), 0);
    fpu_expect_none(A);
    actor_configure(A, ACTOR_PRIORITY, watch_fault_ep);
    EXPECT_IS(syscall2(SYS_THREAD_SET_FPU, actor_tcb(A), cap_at(state)), 0);
    ep = cap_at(temp_object(TYPE_ENDPOINT, 0));
    EXPECT_WAITS(act(A, SYS_RECV, ep, 1));
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), state), 0); /* the thread's own stays */
    struct step *s = plan_function(A, fpu_load, A);
    struct msg m = {0};
    EXPECT_IS(ipc_send(ep, &m), 0);
    EXPECT_DONE(s);
    fpu_take();
}

/* Memory from a former life: registers that lay in it are not in the next state that is made from it. */
static void memory_used_again(void)
{
    uint64_t untyped = temp_object(TYPE_UNTYPED, 12), state = temp_slot();
    clear();
    for (unsigned i = 0; i < 3; i++) {
        unsigned who = i % 2;
        EXPECT_IS(retype(cap_at(untyped), TYPE_EXTENDED_STATE, 0, cap_at(CAP_SELF_CNODE), state, 1), 0);
        EXPECT_IS(syscall2(SYS_THREAD_SET_FPU, actor_tcb(who), cap_at(state)), 0);
        EXPECT(fpu_initial(who));
        run(who, fpu_load);
        EXPECT_IS(cap_revoke(cap_at(CAP_SELF_CNODE), untyped), 0);
    }
    fpu_take();
}

/* The thread that runs deletes the memory of its own registers. */
static void revokes_own(uint64_t slot)
{
    fpu_load(A);
    rounds[A] = (uint64_t)cap_revoke(cap_at(CAP_SELF_CNODE), slot);
    code_sse(0);
}

static void revoked_by_its_user(void)
{
    cap_t faults = fault_endpoint();
    clear();
    uint64_t state = fpu_give(A);
    fault_configure(A, faults);
    plan_function(A, revokes_own, state);
    go(A);
    fault_expect(faults, A, (struct fault){FAULT_NO_FPU, 0, 0, 7}, address_of(code_sse));
    EXPECT_IS(rounds[A], 0);
    fpu_take();
}

static const struct test list[] = {
    {"taken_away", taken_away},
    {"dropped_by_itself", dropped_by_itself},
    {"given_to_itself", given_to_itself},
    {"replaced", replaced},
    {"state_revoked", state_revoked},
    {"memory_used_again", memory_used_again},
    {"revoked_by_its_user", revoked_by_its_user},
};

CASE_SET(490, thread_fpu_owner_cases)
{
    CASES("thread/fpu", list);
}
