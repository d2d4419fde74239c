/* The eight words of an IPC buffer that are the program's: the kernel skips them, whatever goes through the buffer. */
#include "frame/long.h"

enum { ALL_WORDS = MSG_WORDS + IPC_BUFFER_WORDS, BADGE = 0x77 };

_Static_assert((int)IPC_BUFFER_OWN == (int)MSG_WORDS, "one for each word that travels in a register");

/* As a library has it: all words of a message in one array. */
static uint64_t *words_of(struct ipc_buffer *b)
{
    return (uint64_t *)b + offsetof(struct ipc_buffer, own) / 8;
}

static void own_fill(struct ipc_buffer *b, uint64_t seed)
{
    for (unsigned i = 0; i < IPC_BUFFER_OWN; i++)
        b->own[i] = pattern(seed, i);
}

static void expect_own(const struct ipc_buffer *b, uint64_t seed)
{
    for (unsigned i = 0; i < IPC_BUFFER_OWN; i++)
        EXPECT_IS(b->own[i], pattern(seed, i));
}

static void by_messages(void)
{
    uint64_t ep = temp_endpoint();
    cap_t by = cap_at(temp_mint(ep, RIGHT_SEND | RIGHT_GRANT, BADGE));
    struct ipc_buffer *a = buffer_new(A), *b = buffer_new(B);
    own_fill(a, 1);
    own_fill(b, 2);
    for (unsigned i = 0; i < 2; i++) {
        struct step *got = i ? act(B, SYS_RECV, cap_at(ep), 3) : NULL;
        buffer_fill(a, IPC_BUFFER_WORDS, 4);
        a->caps = 1;
        a->cap[0] = cap_at(zoo(TYPE_ENDPOINT));
        b->receive_cnode = cap_at(CAP_SELF_CNODE);
        b->receive_index = temp_slot();
        struct step *call = act(A, SYS_LONG_CALL, by, 5);
        got = got ? got : act(B, SYS_RECV, cap_at(ep), 3);
        EXPECT_LONG(got, BADGE, 5);
        EXPECT_IS(b->caps, 1);
        buffer_fill(b, IPC_BUFFER_WORDS, 6);
        if (i)
            EXPECT_RESULT(act(B, SYS_LONG_REPLY, 0, 7), 0);
        else
            EXPECT_WAITS(act(B, SYS_LONG_REPLY_RECV, cap_at(ep), 7));
        EXPECT_LONG(call, 0, 7);
        EXPECT_IS(words_of(a)[MSG_WORDS], pattern(6, 100));
        EXPECT_IS(words_of(a)[ALL_WORDS - 1], pattern(6, 100 + IPC_BUFFER_WORDS - 1));
        expect_own(a, 1);
        expect_own(b, 2);
        actor_set_buffer(B, cap_at(buffer_frame(B)));
    }
}

/* They lie before a thread's registers, too. */
static void by_registers(void)
{
    struct ipc_buffer *b = buffer_new(B);
    own_fill(b, 1);
    EXPECT_RESULT(act(B, SYS_THREAD_READ_REGISTERS, actor_tcb(A), 2), 0);
    EXPECT_RESULT(act(B, SYS_THREAD_WRITE_REGISTERS, actor_tcb(A), 2), 0);
    expect_own(b, 1);
}

static const struct test list[] = {{"by_messages", by_messages}, {"by_registers", by_registers}};

CASE_SET(561, ipc_own_cases)
{
    CASES_SPACES("ipc/own", list);
}
