/* Long operations whose wait ends without a message, and a long message for a thread that does not wait. */
#include "frame/long.h"
#include "frame/notification.h"

static void received_without_waiting(void)
{
    uint64_t ep = temp_endpoint();
    struct ipc_buffer *to = buffer_new(B);
    buffer_fill(buffer_new(A), 6, 40);
    struct step *send = act(A, SYS_LONG_SEND, cap_at(ep), 1);
    EXPECT_LONG(act(B, SYS_RECV_NB, cap_at(ep), 2), 0, 1);
    EXPECT_BUFFER(to, 6, 40);
    EXPECT_RESULT(send, 0);
}

/* Its message is gone: a later receiver gets the next one, and no word of the first. */
static void send_canceled(void)
{
    uint64_t ep = temp_endpoint();
    struct ipc_buffer *to = buffer_new(B);
    buffer_fill(buffer_new(A), 6, 41);
    struct step *send = act(A, SYS_LONG_SEND, cap_at(ep), 1);
    EXPECT_IS(thread_suspend(actor_tcb(A)), 0);
    go(A);
    EXPECT_CANCELED(send);
    struct step *got = act(B, SYS_RECV, cap_at(ep), 2);
    EXPECT_WAITS(got);
    EXPECT_RESULT(act(A, SYS_SEND, cap_at(ep), 3), 0);
    EXPECT_MESSAGE(got, 0, 3);
    EXPECT_UNTOUCHED(to);
}

static void send_canceled_with_endpoint(void)
{
    uint64_t ep = temp_endpoint();
    buffer_fill(buffer_new(A), 6, 42);
    struct step *send = act(A, SYS_LONG_SEND, cap_at(ep), 1);
    EXPECT_IS(cap_delete(cap_at(CAP_SELF_CNODE), ep), 0);
    EXPECT_CANCELED(send);
}

/* The answer goes out, by the buffer; then the signal is what is received, and the buffer stays as it was. */
static void signal_after_answer(bool pending)
{
    uint64_t ep = temp_endpoint(), n = notification();
    struct ipc_buffer *a = buffer_new(A), *b = buffer_new(B);
    EXPECT_IS(notification_bind(actor_tcb(B), cap_at(n)), 0);
    act(B, SYS_RECV, cap_at(ep), 1);
    struct step *call = act(A, SYS_CALL, cap_at(ep), 2);
    buffer_fill(b, 4, 43);
    if (pending)
        EXPECT_IS(notification_signal(signaller(n, 6)), 0);
    struct step *got = act(B, SYS_LONG_REPLY_RECV, cap_at(ep), 3);
    EXPECT_LONG(call, 0, 3);
    EXPECT_BUFFER(a, 4, 43);
    if (!pending) {
        EXPECT_WAITS(got);
        EXPECT_IS(notification_signal(signaller(n, 6)), 0);
    }
    EXPECT_SIGNAL(got, 6);
    EXPECT_IS(b->words, 4);
    EXPECT_IS(b->word[3], pattern(43, 103));
}

static void signal_pending(void)
{
    signal_after_answer(true);
}

static void signal_while_it_waits(void)
{
    signal_after_answer(false);
}

static const struct test list[] = {
    {"received_without_waiting", received_without_waiting},
    {"send_canceled", send_canceled},
    {"send_canceled_with_endpoint", send_canceled_with_endpoint},
    {"signal_pending", signal_pending},
    {"signal_while_it_waits", signal_while_it_waits},
};

CASE_SET(570, ipc_long_wait_cases)
{
    CASES_SPACES("ipc/long/wait", list);
}
