/* One message at a time, in every order of the partners, by every operation. */
#include "frame/conform.h"

enum { BADGE = 0x1234 };

static cap_t badged(uint64_t ep, uint64_t badge)
{
    return cap_at(temp_mint(ep, RIGHT_SEND, badge));
}

static void call_receiver_first(void)
{
    uint64_t ep = temp_endpoint();
    struct step *got = act(B, SYS_RECV, cap_at(ep), 1);
    EXPECT_WAITS(got);
    struct step *call = act(A, SYS_CALL, badged(ep, BADGE), 2);
    EXPECT_MESSAGE(got, BADGE, 2);
    EXPECT_WAITS(call);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 3), 0);
    EXPECT_MESSAGE(call, 0, 3);
}

static void call_sender_first(void)
{
    uint64_t ep = temp_endpoint();
    struct step *call = act(A, SYS_CALL, badged(ep, BADGE), 1);
    EXPECT_WAITS(call);
    struct step *got = act(B, SYS_RECV, cap_at(ep), 2);
    EXPECT_MESSAGE(got, BADGE, 1);
    EXPECT_WAITS(call);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 3), 0);
    EXPECT_MESSAGE(call, 0, 3);
}

static void send_receiver_first(void)
{
    uint64_t ep = temp_endpoint();
    struct step *got = act(B, SYS_RECV, cap_at(ep), 1);
    struct step *send = act(A, SYS_SEND, badged(ep, BADGE), 2);
    EXPECT_RESULT(send, 0);
    EXPECT_MESSAGE(got, BADGE, 2);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 3), ERR_NO_CALLER);
}

static void send_sender_first(void)
{
    uint64_t ep = temp_endpoint();
    struct step *send = act(A, SYS_SEND, badged(ep, BADGE), 1);
    EXPECT_WAITS(send);
    struct step *got = act(B, SYS_RECV, cap_at(ep), 2);
    EXPECT_RESULT(send, 0);
    EXPECT_MESSAGE(got, BADGE, 1);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 3), ERR_NO_CALLER);
}

/* Waits by reply_recv, answers by reply_recv: the pair that both fast paths serve. */
static void server_loop(void)
{
    uint64_t ep = temp_endpoint();
    cap_t client = badged(ep, BADGE);
    struct step *got = act(B, SYS_REPLY_RECV, cap_at(ep), 1);
    EXPECT_WAITS(got);
    for (uint64_t round = 10; round < 100; round += 10) {
        struct step *call = act(A, SYS_CALL, client, round);
        EXPECT_MESSAGE(got, BADGE, round);
        EXPECT_WAITS(call);
        got = act(B, SYS_REPLY_RECV, cap_at(ep), round + 1);
        EXPECT_WAITS(got);
        EXPECT_MESSAGE(call, 0, round + 1);
    }
}

/* Without a pause between one step and the next, so that no other system call comes between them. */
static void server_loop_unstopped(void)
{
    enum { ROUNDS = 8 };
    uint64_t ep = temp_endpoint();
    cap_t client = badged(ep, BADGE);
    struct step *got[ROUNDS + 1], *call[ROUNDS];
    for (uint64_t i = 0; i <= ROUNDS; i++)
        got[i] = plan(B, SYS_REPLY_RECV, cap_at(ep), 100 + i);
    for (uint64_t i = 0; i < ROUNDS; i++)
        call[i] = plan(A, SYS_CALL, client, 200 + i);
    go(B);
    go(A);
    for (uint64_t i = 0; i < ROUNDS; i++) {
        EXPECT_MESSAGE(got[i], BADGE, 200 + i);
        EXPECT_MESSAGE(call[i], 0, 101 + i);
    }
    EXPECT_WAITS(got[ROUNDS]);
}

static void reply_recv_takes_caller(void)
{
    uint64_t ep = temp_endpoint();
    struct step *first = act(A, SYS_CALL, badged(ep, 1), 1), *second = act(C, SYS_CALL, badged(ep, 2), 2);
    struct step *got = act(B, SYS_RECV, cap_at(ep), 3);
    EXPECT_MESSAGE(got, 1, 1);
    got = act(B, SYS_REPLY_RECV, cap_at(ep), 4);
    EXPECT_MESSAGE(first, 0, 4);
    EXPECT_MESSAGE(got, 2, 2);
    EXPECT_WAITS(second);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 5), 0);
    EXPECT_MESSAGE(second, 0, 5);
}

static void reply_recv_takes_sender(void)
{
    uint64_t ep = temp_endpoint();
    struct step *first = act(A, SYS_CALL, badged(ep, 1), 1), *second = act(C, SYS_SEND, badged(ep, 2), 2);
    EXPECT_MESSAGE(act(B, SYS_RECV, cap_at(ep), 3), 1, 1);
    struct step *got = act(B, SYS_REPLY_RECV, cap_at(ep), 4);
    EXPECT_MESSAGE(first, 0, 4);
    EXPECT_MESSAGE(got, 2, 2);
    EXPECT_RESULT(second, 0);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 5), ERR_NO_CALLER);
}

static void reply_recv_without_caller_takes_sender(void)
{
    uint64_t ep = temp_endpoint();
    struct step *send = act(A, SYS_SEND, badged(ep, 1), 1);
    EXPECT_MESSAGE(act(B, SYS_REPLY_RECV, cap_at(ep), 2), 1, 1);
    EXPECT_RESULT(send, 0);
}

/* Another receiver waits already: the server must stand behind it, not in its place. */
static void reply_recv_behind_receiver(void)
{
    uint64_t ep = temp_endpoint(), other = temp_endpoint();
    struct step *call = act(A, SYS_CALL, badged(other, 1), 1);
    EXPECT_MESSAGE(act(B, SYS_RECV, cap_at(other), 2), 1, 1);
    struct step *before = act(C, SYS_RECV, cap_at(ep), 3);
    struct step *got = act(B, SYS_REPLY_RECV, cap_at(ep), 4);
    EXPECT_MESSAGE(call, 0, 4);
    EXPECT_RESULT(act(A, SYS_SEND, badged(ep, 7), 5), 0);
    EXPECT_MESSAGE(before, 7, 5);
    EXPECT_WAITS(got);
    EXPECT_RESULT(act(A, SYS_SEND, badged(ep, 8), 6), 0);
    EXPECT_MESSAGE(got, 8, 6);
}

static void reply_recv_elsewhere(void)
{
    uint64_t ep = temp_endpoint(), other = temp_endpoint();
    struct step *call = act(A, SYS_CALL, badged(ep, 1), 1);
    EXPECT_MESSAGE(act(B, SYS_RECV, cap_at(ep), 2), 1, 1);
    struct step *got = act(B, SYS_REPLY_RECV, cap_at(other), 3);
    EXPECT_MESSAGE(call, 0, 3);
    struct step *early = act(A, SYS_SEND, cap_at(ep), 4);
    EXPECT_WAITS(early);
    EXPECT_WAITS(got);
    EXPECT_RESULT(act(C, SYS_SEND, badged(other, 2), 5), 0);
    EXPECT_MESSAGE(got, 2, 5);
}

/* Three clients in turn, the server's reply goes to the one that called. */
static void reply_goes_to_its_caller(void)
{
    static const unsigned clients[] = {A, C, E, C, A, E, E};
    uint64_t ep = temp_endpoint();
    struct step *got = act(B, SYS_REPLY_RECV, cap_at(ep), 1);
    for (unsigned i = 0; i < COUNT(clients); i++) {
        struct step *call = act(clients[i], SYS_CALL, badged(ep, 10 + i), 20 + i);
        EXPECT_MESSAGE(got, 10 + i, 20 + i);
        got = act(B, SYS_REPLY_RECV, cap_at(ep), 40 + i);
        EXPECT_MESSAGE(call, 0, 40 + i);
    }
}

static void badges_are_whole(void)
{
    static const uint64_t badges[] = {1, 1ul << 31, 1ul << 32, 1ul << 63, ~0ul, 0xdeadbeefcafef00d, 0};
    uint64_t ep = temp_endpoint();
    for (unsigned i = 0; i < COUNT(badges); i++) {
        struct step *got = act(B, SYS_RECV, cap_at(ep), 1);
        struct step *call = act(A, SYS_CALL, badged(ep, badges[i]), 2);
        EXPECT_MESSAGE(got, badges[i], 2);
        got = act(B, SYS_REPLY_RECV, cap_at(ep), 3);
        EXPECT_MESSAGE(call, 0, 3);
        EXPECT_RESULT(act(A, SYS_SEND, badged(ep, badges[i]), 4), 0);
        EXPECT_MESSAGE(got, badges[i], 4);
        struct step *send = act(A, SYS_SEND, badged(ep, badges[i]), 5);
        EXPECT_MESSAGE(act(B, SYS_RECV, cap_at(ep), 6), badges[i], 5);
        EXPECT_RESULT(send, 0);
    }
}

static bool all_are(const struct msg *m, uint64_t value)
{
    bool good = m->label == value;
    for (unsigned k = 0; k < 8; k++)
        good = good && m->word[k] == value;
    return good;
}

static void fill(struct step *s, uint64_t value)
{
    s->m.label = value;
    for (unsigned k = 0; k < 8; k++)
        s->m.word[k] = value;
}

static void plain_values(void)
{
    static const uint64_t values[] = {0, ~0ul, 1ul << 63, 1, 0xffffffff};
    uint64_t ep = temp_endpoint();
    for (unsigned i = 0; i < COUNT(values); i++) {
        struct step *got = act(B, SYS_RECV, cap_at(ep), 1);
        struct step *call = plan(A, SYS_CALL, cap_at(ep), 2);
        fill(call, values[i]);
        go(A);
        EXPECT(got->done && all_are(&got->m, values[i]));
        struct step *reply = plan(B, SYS_REPLY_RECV, cap_at(ep), 3);
        fill(reply, ~values[i]);
        go(B);
        EXPECT(call->done && all_are(&call->m, ~values[i]));
        EXPECT_RESULT(act(A, SYS_SEND, cap_at(ep), 5), 0);
    }
}

static const struct test list[] = {
    {"call_receiver_first", call_receiver_first},
    {"call_sender_first", call_sender_first},
    {"send_receiver_first", send_receiver_first},
    {"send_sender_first", send_sender_first},
    {"server_loop", server_loop},
    {"server_loop_unstopped", server_loop_unstopped},
    {"reply_recv_takes_caller", reply_recv_takes_caller},
    {"reply_recv_takes_sender", reply_recv_takes_sender},
    {"reply_recv_without_caller_takes_sender", reply_recv_without_caller_takes_sender},
    {"reply_recv_behind_receiver", reply_recv_behind_receiver},
    {"reply_recv_elsewhere", reply_recv_elsewhere},
    {"reply_goes_to_its_caller", reply_goes_to_its_caller},
    {"badges_are_whole", badges_are_whole},
    {"plain_values", plain_values},
};

CASE_SET(010, ipc_order_cases)
{
    CASES_SPACES("ipc", list);
}
