/* Which threads have an IPC buffer: thread_configure's argument, and messages without one. */
#include "frame/long.h"

enum { BADGE = 0x4d };

static cap_t client(uint64_t ep)
{
    return cap_at(temp_mint(ep, RIGHT_SEND, BADGE));
}

/* Does `who` receive into a buffer? */
static void receives(unsigned who, bool has_buffer)
{
    uint64_t ep = temp_endpoint();
    struct step *got = act(who, SYS_RECV, cap_at(ep), 1);
    EXPECT_RESULT(act(C, SYS_LONG_SEND, client(ep), 2), 0);
    if (has_buffer)
        EXPECT_LONG(got, BADGE, 2);
    else
        EXPECT_MESSAGE(got, BADGE, 2);
}

static void receiver_without(void)
{
    uint64_t ep = temp_endpoint();
    buffer_fill(buffer_new(A), 5, 1);
    buffer_fill(buffer_new(C), 5, 2);
    receives(B, false);
    act(A, SYS_LONG_SEND, client(ep), 3);
    EXPECT_MESSAGE(act(B, SYS_RECV, cap_at(ep), 4), BADGE, 3);
    struct step *call = act(B, SYS_CALL, cap_at(ep), 5);
    act(A, SYS_RECV, cap_at(ep), 6);
    EXPECT_RESULT(act(A, SYS_LONG_REPLY, 0, 7), 0);
    EXPECT_MESSAGE(call, 0, 7);
}

/* Capabilities for a receiver without a buffer go nowhere. */
static void receiver_without_gets_no_capability(void)
{
    uint64_t ep = temp_endpoint();
    struct ipc_buffer *a = buffer_new(A);
    buffer_fill(a, 1, 1);
    a->caps = 1;
    a->cap[0] = cap_at(zoo(TYPE_TCB));
    a->receive_cnode = cap_at(CAP_SELF_CNODE);
    a->receive_index = temp_slot();
    act(B, SYS_RECV, cap_at(ep), 1);
    EXPECT_RESULT(act(A, SYS_LONG_SEND, cap_at(ep), 2), 0);
    EXPECT_IS(cap_identify(cap_at(a->receive_index)), ERR_BAD_CAP);
}

static void sender_without(void)
{
    static const uint64_t ops[] = {SYS_LONG_SEND, SYS_LONG_CALL};
    uint64_t ep = temp_endpoint();
    cap_t by = client(ep);
    struct ipc_buffer *b = buffer_new(B);
    struct step *got = act(B, SYS_RECV, cap_at(ep), 1);
    for (unsigned i = 0; i < COUNT(ops); i++) {
        struct step *send = act(A, ops[i], by, 2);
        EXPECT_RESULT(send, ERR_NO_BUFFER);
        EXPECT(is_pattern(&send->m, by, 2));
        EXPECT_WAITS(got);
    }
    EXPECT_UNTOUCHED(b);
}

/* The caller is still to be answered. */
static void replier_without(void)
{
    uint64_t ep = temp_endpoint();
    buffer_new(A);
    EXPECT_RESULT(act(B, SYS_LONG_REPLY, 0, 1), ERR_NO_CALLER);
    act(B, SYS_RECV, cap_at(ep), 1);
    struct step *call = act(A, SYS_CALL, cap_at(ep), 2);
    EXPECT_RESULT(act(B, SYS_LONG_REPLY, 0, 3), ERR_NO_BUFFER);
    EXPECT_RESULT(act(B, SYS_LONG_REPLY_RECV, cap_at(ep), 4), ERR_NO_BUFFER);
    EXPECT_WAITS(call);
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 5), 0);
    EXPECT_MESSAGE(call, 0, 5);
}

/* The endpoint is looked at first, and a capability that is wrong is wrong with and without a buffer. */
static void bad_capabilities(void)
{
    static const uint64_t ops[] = {SYS_LONG_SEND, SYS_LONG_CALL, SYS_LONG_REPLY_RECV};
    uint64_t ep = temp_endpoint();
    for (unsigned with = 0; with < 2; with++) {
        if (with)
            buffer_fill(buffer_new(A), 1, 1);
        for (unsigned i = 0; i < COUNT(ops); i++) {
            unsigned lacks = ops[i] == SYS_LONG_REPLY_RECV ? RIGHT_RECV : RIGHT_SEND;
            EXPECT_RESULT(act(A, ops[i], 0, 1), ERR_BAD_CAP);
            EXPECT_RESULT(act(A, ops[i], cap_at(ep) | 1ul << 40, 2), ERR_BAD_CAP);
            EXPECT_RESULT(act(A, ops[i], cap_at(zoo(TYPE_FRAME)), 3), ERR_WRONG_TYPE);
            EXPECT_RESULT(act(A, ops[i], cap_at(temp_copy(ep, RIGHT_ALL & ~lacks)), 4), ERR_NO_RIGHT);
        }
        EXPECT_RESULT(act(A, SYS_LONG_REPLY, cap_at(temp_slot()), 5), ERR_BAD_CAP);
        EXPECT_RESULT(act(A, SYS_LONG_REPLY, cap_at(ep), 6), ERR_WRONG_TYPE);
    }
}

static void configure_errors(void)
{
    uint64_t frame = temp_object(TYPE_FRAME, 12);
    static const unsigned too_few[] = {0, RIGHT_READ, RIGHT_WRITE, RIGHT_READ | RIGHT_EXECUTE,
                                       RIGHT_WRITE | RIGHT_EXECUTE};
    buffer_fill(buffer_new(C), 1, 1);
    buffer_new(B);
    for (unsigned i = 0; i < COUNT(too_few); i++)
        EXPECT_IS(actor_set_buffer(A, cap_at(temp_copy(frame, too_few[i]))), ERR_NO_RIGHT);
    for (unsigned type = TYPE_UNTYPED; type < TYPE_COUNT; type++) {
        if (zoo(type) && type != TYPE_FRAME)
            EXPECT_IS(actor_set_buffer(A, cap_at(zoo(type))), ERR_WRONG_TYPE);
    }
    EXPECT_IS(actor_set_buffer(A, cap_at(temp_slot())), ERR_BAD_CAP);
    EXPECT_IS(actor_set_buffer(A, cap_at(frame) | 1), ERR_BAD_CAP);
    EXPECT_IS(actor_set_buffer(A, cap_at(frame) | 1ul << 40), ERR_BAD_CAP);
    receives(A, false);
    EXPECT_IS(syscall6(SYS_THREAD_CONFIGURE, actor_tcb(B), cap_at(CAP_SELF_CNODE), cap_at(CAP_SELF_SPACE), 0, 5,
                       cap_at(temp_slot())),
              ERR_BAD_CAP);
    receives(B, true); /* the error has changed nothing */
}

static void least_rights(void)
{
    buffer_fill(buffer_new(C), 1, 1);
    uint64_t frame = temp_object(TYPE_FRAME, 12);
    EXPECT_IS(actor_set_buffer(A, cap_at(temp_copy(frame, RIGHT_READ | RIGHT_WRITE))), 0);
    receives(A, true);
}

static void taken_away(void)
{
    buffer_fill(buffer_new(C), 3, 1);
    struct ipc_buffer *a = buffer_new(A);
    EXPECT_IS(actor_set_buffer(A, 0), 0);
    receives(A, false);
    EXPECT_UNTOUCHED(a);
}

/* The thread's own capability keeps the frame when others to it go, */
static void frame_deleted(void)
{
    buffer_fill(buffer_new(C), 3, 1);
    buffer_new(A);
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), buffer_frame(A)), 0);
    receives(A, true);
}

/* but is revoked with the original: whatever waits then gets none. */
static void frame_revoked(void)
{
    uint64_t ep = temp_endpoint();
    buffer_fill(buffer_new(C), 3, 1);
    struct ipc_buffer *a = buffer_new(A), *b = buffer_new(B);
    struct step *got = act(A, SYS_RECV, cap_at(ep), 1);
    EXPECT_IS(cap_revoke(cap_at(CAP_SELF_CNODE), buffer_frame(A)), 0);
    EXPECT_RESULT(act(C, SYS_LONG_SEND, client(ep), 2), 0);
    EXPECT_MESSAGE(got, BADGE, 2);
    struct step *send = act(C, SYS_LONG_SEND, client(ep), 3);
    EXPECT_IS(cap_revoke(cap_at(CAP_SELF_CNODE), buffer_frame(C)), 0);
    EXPECT_MESSAGE(act(B, SYS_RECV, cap_at(ep), 4), BADGE, 3);
    EXPECT_RESULT(send, 0);
    EXPECT_RESULT(act(C, SYS_LONG_SEND, client(ep), 5), ERR_NO_BUFFER);
    EXPECT_UNTOUCHED(a);
    EXPECT_UNTOUCHED(b);
}

/* One frame for both: the words are there already. */
static void shared_by_both(void)
{
    uint64_t ep = temp_endpoint();
    struct ipc_buffer *a = buffer_new(A);
    EXPECT_IS(actor_set_buffer(B, cap_at(buffer_frame(A))), 0);
    buffer_fill(a, IPC_BUFFER_WORDS, 1);
    act(A, SYS_LONG_SEND, client(ep), 2);
    EXPECT_LONG(act(B, SYS_RECV, cap_at(ep), 3), BADGE, 2);
    EXPECT_BUFFER(a, IPC_BUFFER_WORDS, 1);
}

static const struct test list[] = {
    {"receiver_without", receiver_without},
    {"receiver_without_gets_no_capability", receiver_without_gets_no_capability},
    {"sender_without", sender_without},
    {"replier_without", replier_without},
    {"bad_capabilities", bad_capabilities},
    {"configure_errors", configure_errors},
    {"least_rights", least_rights},
    {"taken_away", taken_away},
    {"frame_deleted", frame_deleted},
    {"frame_revoked", frame_revoked},
    {"shared_by_both", shared_by_both},
};

CASE_SET(560, ipc_buffer_cases)
{
    CASES_SPACES("ipc/buffer", list);
}
