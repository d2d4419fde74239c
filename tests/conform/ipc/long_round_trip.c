/* Long round trips between a caller and a server that waits, which have paths of their own; and what these leave to others. */
#include "frame/long.h"

enum { BADGE = 0x4e };

struct pair {
    struct ipc_buffer *caller, *server;
    uint64_t ep;
    cap_t client;
    struct step *got; /* what the server receives next */
};

/* Both have a buffer, and B waits. */
static struct pair pair_new(unsigned rights)
{
    struct pair p = {buffer_new(A), buffer_new(B), temp_endpoint(), 0, NULL};
    p.client = cap_at(temp_mint(p.ep, rights, BADGE));
    p.got = act(B, SYS_RECV, cap_at(p.ep), 1);
    return p;
}

/* A's words to B, and B's back: so many are named, so many come. */
static void round_trip(struct pair *p, uint64_t words, uint64_t come)
{
    buffer_fill(p->caller, words, 10);
    struct step *call = act(A, SYS_LONG_CALL, p->client, 2);
    EXPECT_LONG(p->got, BADGE, 2);
    EXPECT_WAITS(call);
    EXPECT_BUFFER(p->server, come, 10);
    EXPECT_IS(p->caller->words, words);
    buffer_fill(p->server, words, 11);
    p->got = act(B, SYS_LONG_REPLY_RECV, cap_at(p->ep), 3);
    EXPECT_LONG(call, 0, 3);
    EXPECT_WAITS(p->got);
    EXPECT_IS(p->caller->words, come);
    EXPECT_IS(p->caller->caps, 0);
    for (unsigned i = 0; i < IPC_BUFFER_WORDS; i++)
        EXPECT_IS(p->caller->word[i], pattern(i < come ? 11 : 10, 100 + i));
}

static void lengths(void)
{
    static const uint64_t words[] = {0, 1, 2, 57, IPC_BUFFER_WORDS};
    for (unsigned i = 0; i < COUNT(words); i++) {
        struct pair p = pair_new(RIGHT_SEND);
        round_trip(&p, words[i], words[i]);
    }
}

static void too_long(void)
{
    static const uint64_t words[] = {IPC_BUFFER_WORDS + 1, 1ul << 32, 1ul << 61, ~0ul};
    for (unsigned i = 0; i < COUNT(words); i++) {
        struct pair p = pair_new(RIGHT_SEND);
        round_trip(&p, words[i], IPC_BUFFER_WORDS);
    }
}

/* The right to grant says what else could come; with words alone nothing else does. */
static void granting(void)
{
    struct pair p = pair_new(RIGHT_SEND | RIGHT_GRANT);
    round_trip(&p, 5, 5);
}

/* Two threads with one buffer: what the one sends lies there already. */
static void one_buffer(void)
{
    uint64_t ep = temp_endpoint();
    struct ipc_buffer *both = buffer_new(A);
    EXPECT_IS(actor_set_buffer(B, cap_at(buffer_frame(A))), 0);
    struct step *got = act(B, SYS_RECV, cap_at(ep), 1);
    buffer_fill(both, 7, 20);
    struct step *call = act(A, SYS_LONG_CALL, cap_at(ep), 2);
    EXPECT_LONG(got, 0, 2);
    EXPECT_IS(both->words, 7);
    EXPECT_WAITS(act(B, SYS_LONG_REPLY_RECV, cap_at(ep), 3));
    EXPECT_LONG(call, 0, 3);
    for (unsigned i = 0; i < IPC_BUFFER_WORDS; i++)
        EXPECT_IS(both->word[i], pattern(20, 100 + i));
}

/* The buffer tells how many came, and that no capability did, whatever stood there. */
static void receiver_is_told(void)
{
    struct pair p = pair_new(RIGHT_SEND);
    p.server->words = p.server->caps = ~0ul;
    round_trip(&p, 3, 3);
}

/* What the paths leave to others: an address that is no index, a capability without the right, a thread without a buffer. */
static void left_to_others(void)
{
    static const uint64_t ops[] = {SYS_LONG_CALL, SYS_LONG_REPLY_RECV};
    struct pair p = pair_new(RIGHT_SEND);
    for (unsigned i = 0; i < COUNT(ops); i++) {
        unsigned lacks = ops[i] == SYS_LONG_REPLY_RECV ? RIGHT_RECV : RIGHT_SEND;
        EXPECT_RESULT(act(A, ops[i], cap_at(p.ep) | 1ul << 40, 4), ERR_BAD_CAP);
        EXPECT_RESULT(act(A, ops[i], cap_at(temp_copy(p.ep, RIGHT_ALL & ~lacks)), 5), ERR_NO_RIGHT);
        EXPECT_WAITS(p.got);
    }
    buffer_fill(p.caller, 1, 30);
    p.caller->caps = 1;
    EXPECT_RESULT(act(A, SYS_LONG_CALL, p.client, 6), ERR_NO_RIGHT);
    EXPECT_RESULT(act(C, SYS_LONG_CALL, p.client, 7), ERR_NO_BUFFER);
    EXPECT_WAITS(p.got);
    struct step *call = act(C, SYS_CALL, p.client, 8);
    EXPECT_MESSAGE(p.got, BADGE, 8);
    buffer_fill(p.server, 2, 31);
    EXPECT_WAITS(act(B, SYS_LONG_REPLY_RECV, cap_at(p.ep), 9));
    EXPECT_MESSAGE(call, 0, 9); /* it has no buffer */
}

static const struct test list[] = {
    {"lengths", lengths},
    {"too_long", too_long},
    {"granting", granting},
    {"one_buffer", one_buffer},
    {"receiver_is_told", receiver_is_told},
    {"left_to_others", left_to_others},
};

CASE_SET(571, ipc_long_round_trip_cases)
{
    CASES_SPACES("ipc/long/round_trip", list);
}
