/* Sending and receiving without waiting. */
#include "frame/conform.h"
#include "frame/registers.h"

enum { BADGE = 0x99 };

static cap_t client(uint64_t ep)
{
    return cap_at(temp_mint(ep, RIGHT_SEND, BADGE));
}

/* Nothing of a step that failed has moved: rdi and the message are as they were. */
static void refused(const struct step *s, long error, cap_t cap, uint64_t seed)
{
    EXPECT_RESULT(s, error);
    EXPECT(is_pattern(&s->m, cap, seed));
}

static void send_to_receiver(void)
{
    uint64_t ep = temp_endpoint();
    struct step *got = act(B, SYS_RECV, cap_at(ep), 1);
    EXPECT_RESULT(act(A, SYS_SEND_NB, client(ep), 2), 0);
    EXPECT_MESSAGE(got, BADGE, 2);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 3), ERR_NO_CALLER);
}

static void send_to_fast_receiver(void)
{
    uint64_t ep = temp_endpoint();
    act(B, SYS_RECV, cap_at(ep), 1);
    act(A, SYS_CALL, cap_at(ep), 2);
    struct step *got = act(B, SYS_REPLY_RECV, cap_at(ep), 3);
    EXPECT_RESULT(act(C, SYS_SEND_NB, client(ep), 4), 0);
    EXPECT_MESSAGE(got, BADGE, 4);
}

static void send_to_nobody(void)
{
    uint64_t ep = temp_endpoint();
    cap_t by = client(ep);
    refused(act(A, SYS_SEND_NB, by, 1), ERR_EMPTY, by, 1);
    EXPECT_WAITS(act(B, SYS_RECV, cap_at(ep), 2)); /* the message is gone */
}

/* Senders wait there: it does not join them. */
static void send_behind_senders(void)
{
    uint64_t ep = temp_endpoint();
    cap_t by = client(ep);
    struct step *before = act(C, SYS_SEND, by, 1);
    refused(act(A, SYS_SEND_NB, by, 2), ERR_EMPTY, by, 2);
    EXPECT_MESSAGE(act(B, SYS_RECV, cap_at(ep), 3), BADGE, 1);
    EXPECT_RESULT(before, 0);
    EXPECT_WAITS(act(B, SYS_RECV, cap_at(ep), 4));
}

static void send_keeps_reply_right(void)
{
    uint64_t ep = temp_endpoint(), other = temp_endpoint();
    act(B, SYS_RECV, cap_at(ep), 1);
    struct step *call = act(A, SYS_CALL, cap_at(ep), 2), *got = act(C, SYS_RECV, cap_at(other), 3);
    EXPECT_RESULT(act(B, SYS_SEND_NB, cap_at(other), 4), 0);
    EXPECT_MESSAGE(got, 0, 4);
    EXPECT_RESULT(act(B, SYS_SEND_NB, cap_at(other), 5), ERR_EMPTY);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 6), 0);
    EXPECT_MESSAGE(call, 0, 6);
}

static void recv_from_sender(void)
{
    uint64_t ep = temp_endpoint();
    struct step *send = act(A, SYS_SEND, client(ep), 1);
    EXPECT_MESSAGE(act(B, SYS_RECV_NB, cap_at(ep), 2), BADGE, 1);
    EXPECT_RESULT(send, 0);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 3), ERR_NO_CALLER);
}

static void recv_from_caller(void)
{
    uint64_t ep = temp_endpoint();
    struct step *call = act(A, SYS_CALL, client(ep), 1);
    EXPECT_MESSAGE(act(B, SYS_RECV_NB, cap_at(ep), 2), BADGE, 1);
    EXPECT_WAITS(call);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 3), 0);
    EXPECT_MESSAGE(call, 0, 3);
}

static void recv_from_nobody(void)
{
    uint64_t ep = temp_endpoint();
    refused(act(B, SYS_RECV_NB, cap_at(ep), 1), ERR_EMPTY, cap_at(ep), 1);
    struct step *send = act(A, SYS_SEND, cap_at(ep), 2); /* it does not wait there */
    EXPECT_WAITS(send);
    EXPECT_MESSAGE(act(B, SYS_RECV_NB, cap_at(ep), 3), 0, 2);
    EXPECT_RESULT(send, 0);
}

static void recv_behind_receiver(void)
{
    uint64_t ep = temp_endpoint();
    struct step *got = act(A, SYS_RECV, cap_at(ep), 1);
    refused(act(B, SYS_RECV_NB, cap_at(ep), 2), ERR_EMPTY, cap_at(ep), 2);
    EXPECT_RESULT(act(C, SYS_SEND, cap_at(ep), 3), 0);
    EXPECT_MESSAGE(got, 0, 3);
}

/* ERR_EMPTY changes nothing: a caller that it has not answered yet it can still answer. */
static void recv_empty_keeps_reply_right(void)
{
    uint64_t ep = temp_endpoint();
    act(B, SYS_RECV, cap_at(ep), 1);
    struct step *call = act(A, SYS_CALL, cap_at(ep), 2);
    EXPECT_RESULT(act(B, SYS_RECV_NB, cap_at(ep), 3), ERR_EMPTY);
    EXPECT_RESULT(act(B, SYS_RECV_NB, 0, 4), ERR_BAD_CAP);
    EXPECT_WAITS(call);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 5), 0);
    EXPECT_MESSAGE(call, 0, 5);
}

/* As recv does, when there is something. */
static void recv_drops_reply_right(void)
{
    uint64_t ep = temp_endpoint();
    act(B, SYS_RECV, cap_at(ep), 1);
    struct step *call = act(A, SYS_CALL, cap_at(ep), 2);
    act(C, SYS_SEND, cap_at(ep), 3);
    EXPECT_MESSAGE(act(B, SYS_RECV_NB, cap_at(ep), 4), 0, 3);
    EXPECT_CANCELED(call);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 5), ERR_NO_CALLER);
}

static void bad_capabilities(void)
{
    static const struct {
        uint64_t op;
        unsigned lacks;
    } ops[] = {{SYS_SEND_NB, RIGHT_SEND}, {SYS_RECV_NB, RIGHT_RECV}};
    uint64_t ep = temp_endpoint();
    act(C, SYS_RECV, cap_at(ep), 1);
    for (unsigned i = 0; i < COUNT(ops); i++) {
        cap_t powerless = cap_at(temp_copy(ep, RIGHT_ALL & ~ops[i].lacks)), empty = cap_at(temp_slot());
        refused(act(A, ops[i].op, powerless, 2), ERR_NO_RIGHT, powerless, 2);
        refused(act(A, ops[i].op, empty, 3), ERR_BAD_CAP, empty, 3);
        refused(act(A, ops[i].op, cap_at(ep) | 1ul << 40, 4), ERR_BAD_CAP, cap_at(ep) | 1ul << 40, 4);
        for (unsigned type = TYPE_UNTYPED; type < TYPE_COUNT; type++) {
            if (zoo(type) && type != TYPE_ENDPOINT)
                refused(act(A, ops[i].op, cap_at(zoo(type)), 5), ERR_WRONG_TYPE, cap_at(zoo(type)), 5);
        }
    }
}

static void registers(void)
{
    static const uint64_t ops[] = {SYS_SEND_NB, SYS_RECV_NB};
    uint64_t ep = temp_endpoint();
    for (unsigned i = 0; i < COUNT(ops); i++) {
        regs_prepare(0, ops[i], cap_at(ep));
        regs_syscall_0(0);
        EXPECT_IS(shared()->regs[0].out[RAX], ERR_EMPTY);
        EXPECT_IS(shared()->regs[0].out[RBX], 0);
        regs_expect_kept(0, BIT(RBX));
    }
    regs_prepare(1, SYS_CALL, client(ep));
    plan_function(B, regs_syscall_1, 0);
    go(B);
    regs_prepare(0, SYS_RECV_NB, cap_at(ep));
    regs_syscall_0(0);
    regs_expect_message(0, 1, BADGE);
}

static const struct test list[] = {
    {"send_to_receiver", send_to_receiver},
    {"send_to_fast_receiver", send_to_fast_receiver},
    {"send_to_nobody", send_to_nobody},
    {"send_behind_senders", send_behind_senders},
    {"send_keeps_reply_right", send_keeps_reply_right},
    {"recv_from_sender", recv_from_sender},
    {"recv_from_caller", recv_from_caller},
    {"recv_from_nobody", recv_from_nobody},
    {"recv_behind_receiver", recv_behind_receiver},
    {"recv_empty_keeps_reply_right", recv_empty_keeps_reply_right},
    {"recv_drops_reply_right", recv_drops_reply_right},
    {"bad_capabilities", bad_capabilities},
    {"registers", registers},
};

CASE_SET(510, ipc_extra_cases)
{
    CASES_SPACES("ipc/nb", list);
}
