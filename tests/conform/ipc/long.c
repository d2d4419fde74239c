/* Long messages: their words, with every operation, and what comes when a partner has no buffer. */
#include "frame/long.h"
#include "frame/registers.h"

enum { BADGE = 0x4d };

static cap_t client(uint64_t ep)
{
    return cap_at(temp_mint(ep, RIGHT_SEND, BADGE));
}

/* A sends this many words to B; that many arrive. */
static void send_words(uint64_t words, uint64_t arrive, bool receiver_first)
{
    uint64_t ep = temp_endpoint();
    struct ipc_buffer *from = buffer_new(A), *to = buffer_new(B);
    struct step *got = NULL;
    buffer_fill(from, words, 50);
    if (receiver_first)
        got = act(B, SYS_RECV, cap_at(ep), 1);
    struct step *send = act(A, SYS_LONG_SEND, client(ep), 2);
    if (!receiver_first) {
        EXPECT_WAITS(send);
        got = act(B, SYS_RECV, cap_at(ep), 1);
    }
    EXPECT_RESULT(send, 0);
    EXPECT_LONG(got, BADGE, 2);
    EXPECT_BUFFER(to, arrive, 50);
    EXPECT_IS(from->words, words);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 3), ERR_NO_CALLER);
}

static void each_length(bool receiver_first)
{
    static const uint64_t lengths[] = {0, 1, 2, 55, 111, IPC_BUFFER_WORDS};
    for (unsigned i = 0; i < COUNT(lengths); i++)
        send_words(lengths[i], lengths[i], receiver_first);
}

static void lengths_receiver_first(void)
{
    each_length(true);
}

static void lengths_sender_first(void)
{
    each_length(false);
}

static void too_long(void)
{
    static const uint64_t lengths[] = {IPC_BUFFER_WORDS + 1, 1ul << 61, ~0ul};
    for (unsigned i = 0; i < COUNT(lengths); i++) {
        send_words(lengths[i], IPC_BUFFER_WORDS, true);
        send_words(lengths[i], IPC_BUFFER_WORDS, false);
    }
}

/* The caller waits by call's slow path, the server by recv; both get what the other's buffer has. */
static void call_and_reply(bool receiver_first)
{
    uint64_t ep = temp_endpoint();
    struct ipc_buffer *a = buffer_new(A), *b = buffer_new(B);
    struct step *got = receiver_first ? act(B, SYS_RECV, cap_at(ep), 1) : NULL;
    buffer_fill(a, 5, 60);
    struct step *call = act(A, SYS_LONG_CALL, client(ep), 2);
    if (!receiver_first)
        got = act(B, SYS_RECV, cap_at(ep), 1);
    EXPECT_LONG(got, BADGE, 2);
    EXPECT_BUFFER(b, 5, 60);
    EXPECT_WAITS(call);
    buffer_fill(b, 9, 61);
    EXPECT_RESULT(act(B, SYS_LONG_REPLY, 0, 3), 0);
    EXPECT_LONG(call, 0, 3);
    EXPECT_IS(a->words, 9);
    for (unsigned i = 0; i < IPC_BUFFER_WORDS; i++)
        EXPECT_IS(a->word[i], pattern(i < 9 ? 61 : 60, 100 + i));
    EXPECT_RESULT(act(B, SYS_LONG_REPLY, 0, 4), ERR_NO_CALLER);
}

static void call_receiver_first(void)
{
    call_and_reply(true);
}

static void call_sender_first(void)
{
    call_and_reply(false);
}

/* Both partners wait by the fast paths, where there are any; what ends their waits is long. */
static void fast_path_waits(void)
{
    uint64_t ep = temp_endpoint();
    struct ipc_buffer *a = buffer_new(A), *b = buffer_new(B), *c = buffer_new(C);
    act(B, SYS_RECV, cap_at(ep), 1);
    struct step *call = act(A, SYS_CALL, client(ep), 2);
    buffer_fill(b, 3, 70);
    EXPECT_RESULT(act(B, SYS_LONG_REPLY, 0, 3), 0);
    EXPECT_LONG(call, 0, 3);
    EXPECT_BUFFER(a, 3, 70);
    act(B, SYS_RECV, cap_at(ep), 4);
    act(A, SYS_CALL, client(ep), 5);
    struct step *got = act(B, SYS_REPLY_RECV, cap_at(ep), 6);
    buffer_fill(c, 3, 71);
    struct step *last = act(C, SYS_LONG_CALL, client(ep), 7);
    EXPECT_LONG(got, BADGE, 7);
    EXPECT_IS(b->words, 3);
    EXPECT_IS(b->word[2], pattern(71, 102));
    EXPECT_WAITS(act(B, SYS_REPLY_RECV, cap_at(ep), 8));
    EXPECT_MESSAGE(last, 0, 8);
}

/* With nobody to answer it only receives: the buffer, which holds no message of its owner here, means nothing. */
static void reply_recv_to_nobody(void)
{
    uint64_t ep = temp_endpoint();
    struct ipc_buffer *b = buffer_new(B);
    struct step *got = act(B, SYS_LONG_REPLY_RECV, cap_at(ep), 1);
    EXPECT_WAITS(got);
    EXPECT_RESULT(act(A, SYS_SEND, client(ep), 2), 0);
    EXPECT_MESSAGE(got, BADGE, 2);
    EXPECT_UNTOUCHED(b);
}

/* LONG_REPLY_RECV answers by the buffer, then receives: nothing yet, or a waiting long caller. */
static void server_loop(void)
{
    uint64_t ep = temp_endpoint();
    struct ipc_buffer *a = buffer_new(A), *b = buffer_new(B), *c = buffer_new(C);
    struct step *got = act(B, SYS_RECV, cap_at(ep), 1);
    struct step *call = act(A, SYS_CALL, client(ep), 2);
    EXPECT_MESSAGE(got, BADGE, 2);
    buffer_fill(b, 2, 80);
    got = act(B, SYS_LONG_REPLY_RECV, cap_at(ep), 3);
    EXPECT_WAITS(got);
    EXPECT_LONG(call, 0, 3);
    EXPECT_BUFFER(a, 2, 80);
    call = act(A, SYS_CALL, client(ep), 4);
    EXPECT_MESSAGE(got, BADGE, 4);
    buffer_fill(c, 1, 81);
    struct step *next = act(C, SYS_LONG_CALL, client(ep), 5);
    got = act(B, SYS_LONG_REPLY_RECV, cap_at(ep), 6);
    EXPECT_LONG(call, 0, 6);
    EXPECT_LONG(got, BADGE, 5);
    EXPECT_IS(b->words, 1);
    EXPECT_IS(b->word[0], pattern(81, 100));
    EXPECT_WAITS(next);
}

/* The message is read when it is handed over, not when it is sent. */
static void read_when_handed_over(void)
{
    uint64_t ep = temp_endpoint();
    struct ipc_buffer *from = buffer_new(A), *to = buffer_new(B);
    buffer_fill(from, 5, 90);
    act(A, SYS_LONG_SEND, client(ep), 1);
    buffer_fill(from, 7, 91);
    EXPECT_LONG(act(B, SYS_RECV, cap_at(ep), 2), BADGE, 1);
    EXPECT_BUFFER(to, 7, 91);
}

/* A message that is not long touches no buffer, even right after a long message of the same sender. */
static void plain_messages(void)
{
    uint64_t ep = temp_endpoint();
    struct ipc_buffer *a = buffer_new(A);
    buffer_new(B);
    buffer_fill(a, 4, 92);
    act(B, SYS_RECV, cap_at(ep), 1);
    EXPECT_RESULT(act(A, SYS_LONG_SEND, client(ep), 2), 0);
    struct ipc_buffer *b = buffer_new(B), *c = buffer_new(C);
    struct step *got = act(B, SYS_RECV, cap_at(ep), 3);
    EXPECT_RESULT(act(A, SYS_SEND, client(ep), 4), 0);
    EXPECT_MESSAGE(got, BADGE, 4);
    act(A, SYS_SEND, client(ep), 5);
    EXPECT_MESSAGE(act(B, SYS_RECV, cap_at(ep), 6), BADGE, 5);
    struct step *call = act(C, SYS_CALL, client(ep), 7);
    EXPECT_MESSAGE(act(B, SYS_RECV, cap_at(ep), 8), BADGE, 7);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 9), 0);
    EXPECT_MESSAGE(call, 0, 9);
    got = act(B, SYS_REPLY_RECV, cap_at(ep), 10);
    call = act(C, SYS_CALL, client(ep), 11);
    EXPECT_MESSAGE(got, BADGE, 11);
    act(B, SYS_REPLY_RECV, cap_at(ep), 12);
    EXPECT_MESSAGE(call, 0, 12);
    EXPECT_UNTOUCHED(b);
    EXPECT_UNTOUCHED(c);
}

static void registers_of_receiver(void)
{
    uint64_t ep = temp_endpoint();
    buffer_fill(buffer_new(A), 4, 93);
    buffer_new(B);
    regs_prepare(1, SYS_RECV, cap_at(ep));
    struct step *got = plan_function(B, regs_syscall_1, 0);
    go(B);
    regs_prepare(0, SYS_LONG_SEND, client(ep));
    struct step *send = plan_function(A, regs_syscall_0, 0);
    go(A);
    EXPECT(got->done && send->done);
    EXPECT_IS(shared()->regs[0].out[RAX], 0);
    EXPECT_IS(shared()->regs[0].out[RBX], 0);
    regs_expect_kept(0, BIT(RBX));
    EXPECT_IS(shared()->regs[1].out[RAX], GOT_LONG);
    shared()->regs[1].out[RAX] = GOT_MESSAGE;
    regs_expect_message(1, 0, BADGE);
}

static const struct test list[] = {
    {"lengths_receiver_first", lengths_receiver_first},
    {"lengths_sender_first", lengths_sender_first},
    {"too_long", too_long},
    {"call_receiver_first", call_receiver_first},
    {"call_sender_first", call_sender_first},
    {"fast_path_waits", fast_path_waits},
    {"reply_recv_to_nobody", reply_recv_to_nobody},
    {"server_loop", server_loop},
    {"read_when_handed_over", read_when_handed_over},
    {"plain_messages", plain_messages},
    {"registers_of_receiver", registers_of_receiver},
};

CASE_SET(530, ipc_long_cases)
{
    CASES_SPACES("ipc/long", list);
}
