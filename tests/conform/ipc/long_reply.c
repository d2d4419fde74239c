/* Capabilities in answers: only to a long call by a capability with the right to grant. */
#include "frame/long.h"

/* A's and B's buffers; where A wants what B answers with: a slot in the root CNode. */
struct pair {
    struct ipc_buffer *a, *b;
    uint64_t ep, place;
};

static struct pair pair_new(void)
{
    struct pair p = {buffer_new(A), buffer_new(B), temp_endpoint(), temp_slot()};
    buffer_fill(p.a, 0, 1);
    buffer_fill(p.b, 0, 2);
    p.a->receive_cnode = own_cnode();
    p.a->receive_index = p.place;
    return p;
}

static struct step *call(struct pair *p, uint64_t op, bool grants, bool receiver_first)
{
    cap_t by = cap_at(temp_copy(p->ep, grants ? RIGHT_SEND | RIGHT_GRANT : RIGHT_SEND));
    struct step *got = receiver_first ? act(B, SYS_RECV, cap_at(p->ep), 1) : NULL;
    struct step *s = act(A, op, by, 2);
    if (!receiver_first)
        got = act(B, SYS_RECV, cap_at(p->ep), 1);
    EXPECT_DONE(got);
    EXPECT_WAITS(s);
    buffer_fill(p->b, 3, 20);
    p->b->caps = 1;
    p->b->cap[0] = cap_at(zoo(TYPE_TCB));
    return s;
}

static void arrived(struct pair *p, struct step *s, uint64_t seed)
{
    EXPECT_LONG(s, 0, seed);
    EXPECT_IS(p->a->words, 3);
    EXPECT_IS(p->a->caps, 1);
    EXPECT_IS(p->a->word[2], pattern(20, 102));
    EXPECT_IS(cap_identify(cap_at(p->place)), TYPE_TCB);
    EXPECT_IS(cap_delete(own_cnode(), p->place), 0);
}

/* B may not answer with a capability; without one it may, and A gets it. */
static void refused(struct pair *p, struct step *s)
{
    static const uint64_t ops[] = {SYS_LONG_REPLY, SYS_LONG_REPLY_RECV};
    for (unsigned i = 0; i < COUNT(ops); i++) {
        cap_t cap = ops[i] == SYS_LONG_REPLY ? 0 : cap_at(p->ep);
        struct step *reply = act(B, ops[i], cap, 10);
        EXPECT_RESULT(reply, ERR_NO_RIGHT);
        EXPECT(is_pattern(&reply->m, cap, 10));
        EXPECT_WAITS(s);
    }
    p->b->caps = 0;
    EXPECT_RESULT(act(B, SYS_LONG_REPLY, 0, 11), 0);
    EXPECT_LONG(s, 0, 11);
    EXPECT_IS(p->a->caps, 0);
    EXPECT_IS(cap_identify(cap_at(p->place)), ERR_BAD_CAP);
}

static void to_granting_call(void)
{
    struct pair p = pair_new();
    for (uint64_t i = 0; i < 4; i++) {
        struct step *s = call(&p, SYS_LONG_CALL, true, i % 2);
        if (i < 2) {
            EXPECT_RESULT(act(B, SYS_LONG_REPLY, 0, 3), 0);
        } else {
            EXPECT_WAITS(act(B, SYS_LONG_REPLY_RECV, cap_at(p.ep), 3));
            EXPECT_IS(thread_suspend(actor_tcb(B)), 0);
            go(B);
        }
        arrived(&p, s, 3);
    }
}

static void to_long_call_without_grant(void)
{
    struct pair p = pair_new();
    refused(&p, call(&p, SYS_LONG_CALL, false, true));
    refused(&p, call(&p, SYS_LONG_CALL, false, false));
}

static void to_plain_call(void)
{
    struct pair p = pair_new();
    refused(&p, call(&p, SYS_CALL, true, true));
    refused(&p, call(&p, SYS_CALL, true, false));
}

/* What a long call allowed ends with its answer, */
static void leave_ends_with_answer(void)
{
    struct pair p = pair_new();
    struct step *s = call(&p, SYS_LONG_CALL, true, true);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 3), 0);
    EXPECT_MESSAGE(s, 0, 3);
    refused(&p, call(&p, SYS_CALL, true, true));
}

/* or with its cancellation, while it waits for the answer or in line. */
static void leave_ends_when_canceled(void)
{
    struct pair p = pair_new();
    struct step *s = call(&p, SYS_LONG_CALL, true, true);
    EXPECT_IS(thread_suspend(actor_tcb(A)), 0);
    go(A);
    EXPECT_CANCELED(s);
    refused(&p, call(&p, SYS_CALL, true, true));
    s = act(A, SYS_LONG_CALL, cap_at(p.ep), 4);
    EXPECT_IS(thread_suspend(actor_tcb(A)), 0);
    go(A);
    EXPECT_CANCELED(s);
    refused(&p, call(&p, SYS_CALL, true, true));
    s = call(&p, SYS_LONG_CALL, true, true);
    act(B, SYS_RECV, cap_at(p.ep), 5); /* drops the right to answer */
    EXPECT_CANCELED(s);
    EXPECT_IS(thread_suspend(actor_tcb(B)), 0);
    go(B);
    refused(&p, call(&p, SYS_CALL, true, true));
}

static void by_saved_reply(void)
{
    struct pair p = pair_new();
    uint64_t slot = temp_slot();
    for (unsigned grants = 0; grants < 2; grants++) {
        struct step *s = call(&p, SYS_LONG_CALL, grants, true), *save = plan(B, SYS_REPLY_SAVE, own_cnode(), 3);
        save->m.label = slot;
        go(B);
        EXPECT_RESULT(save, 0);
        if (!grants) {
            EXPECT_RESULT(act(B, SYS_LONG_REPLY, cap_at(slot), 4), ERR_NO_RIGHT);
            EXPECT_IS(cap_identify(cap_at(slot)), TYPE_REPLY);
            p.b->caps = 0;
        }
        EXPECT_RESULT(act(B, SYS_LONG_REPLY, cap_at(slot), 5), 0);
        if (grants)
            arrived(&p, s, 5);
        else
            EXPECT_LONG(s, 0, 5);
        EXPECT_IS(cap_identify(cap_at(slot)), ERR_BAD_CAP);
    }
}

/* The answer to a fault carries nothing. */
static void to_a_fault(void)
{
    struct ipc_buffer *a = buffer_new(A), *b = buffer_new(B);
    cap_t ep = new_endpoint();
    EXPECT_IS(syscall6(SYS_THREAD_CONFIGURE, actor_tcb(A), own_cnode(), cap_at(CAP_SELF_SPACE), ep,
                       ACTOR_PRIORITY | ACTOR_PRIORITY << 8, cap_at(buffer_frame(A))),
              0);
    struct step *bad = plan(A, 0x7f, 0, 1), *got = act(B, SYS_RECV, ep, 2);
    bad->home = SPACE_OURS;
    go(A);
    EXPECT_RESULT(got, GOT_MESSAGE);
    EXPECT_IS(got->m.label, FAULT_SYSCALL);
    EXPECT_UNTOUCHED(b);
    buffer_fill(b, 4, 3);
    EXPECT_RESULT(act(B, SYS_LONG_REPLY, 0, 4), 0);
    EXPECT_RESULT(bad, 0x7f);
    EXPECT(is_pattern(&bad->m, 0, 1));
    EXPECT_UNTOUCHED(a);
}

static const struct test list[] = {
    {"to_granting_call", to_granting_call},
    {"to_long_call_without_grant", to_long_call_without_grant},
    {"to_plain_call", to_plain_call},
    {"leave_ends_with_answer", leave_ends_with_answer},
    {"leave_ends_when_canceled", leave_ends_when_canceled},
    {"by_saved_reply", by_saved_reply},
    {"to_a_fault", to_a_fault},
};

CASE_SET(550, ipc_long_reply_cases)
{
    CASES_SPACES("ipc/long/reply", list);
}
