/* Every register after every way that an IPC system call can end. A uses register set 0, B set 1. */
#include "frame/registers.h"

enum { BADGE = 0x77 };

static struct step *start(unsigned who, uint64_t op, cap_t cap)
{
    regs_prepare(who, op, cap);
    struct step *s = plan_function(who, who == A ? regs_syscall_0 : regs_syscall_1, 0);
    go(who);
    return s;
}

static cap_t client(uint64_t ep)
{
    return cap_at(temp_mint(ep, RIGHT_SEND, BADGE));
}

static void got(const struct step *s, unsigned k, unsigned from, uint64_t badge)
{
    if (EXPECT(s->done))
        regs_expect_message(k, from, badge);
}

static void receiver_of_fast_call(void)
{
    uint64_t ep = temp_endpoint();
    struct step *recv = start(B, SYS_RECV, cap_at(ep));
    start(A, SYS_CALL, client(ep));
    got(recv, B, A, BADGE);
}

static void receiver_of_waiting_call(void)
{
    uint64_t ep = temp_endpoint();
    start(A, SYS_CALL, client(ep));
    got(start(B, SYS_RECV, cap_at(ep)), B, A, BADGE);
}

/* Both waits by the fast path: B's by reply_recv, A's by call. */
static void both_by_fast_paths(void)
{
    uint64_t ep = temp_endpoint();
    act(B, SYS_RECV, cap_at(ep), 1);
    act(A, SYS_CALL, cap_at(ep), 2);
    struct step *wait = start(B, SYS_REPLY_RECV, cap_at(ep));
    struct step *call = start(A, SYS_CALL, client(ep));
    got(wait, B, A, BADGE);
    struct step *again = start(B, SYS_REPLY_RECV, cap_at(ep));
    got(call, A, B, 0);
    EXPECT_WAITS(again);
}

/* The fast path fetched the wait's registers, the slow path ends it; and the other way round. */
static void fast_wait_slow_end(void)
{
    uint64_t ep = temp_endpoint();
    act(B, SYS_RECV, cap_at(ep), 1);
    struct step *call = start(A, SYS_CALL, client(ep));
    regs_prepare(B, SYS_REPLY, 0);
    struct step *reply = plan_function(B, regs_syscall_1, 0);
    go(B);
    got(call, A, B, 0);
    EXPECT_DONE(reply);
}

static void fast_reply_recv_wait_then_send(void)
{
    uint64_t ep = temp_endpoint();
    act(B, SYS_RECV, cap_at(ep), 1);
    act(A, SYS_CALL, cap_at(ep), 2);
    struct step *wait = start(B, SYS_REPLY_RECV, cap_at(ep));
    start(A, SYS_SEND, client(ep));
    got(wait, B, A, BADGE);
}

static void slow_wait_fast_end(void)
{
    uint64_t ep = temp_endpoint();
    struct step *call = start(A, SYS_CALL, client(ep));
    act(B, SYS_RECV, cap_at(ep), 1);
    start(B, SYS_REPLY_RECV, cap_at(ep));
    got(call, A, B, 0);
}

static void caller_answered_with_sender_waiting(void)
{
    uint64_t ep = temp_endpoint();
    act(B, SYS_RECV, cap_at(ep), 1);
    struct step *call = start(A, SYS_CALL, client(ep));
    act(C, SYS_SEND, cap_at(ep), 2);
    start(B, SYS_REPLY_RECV, cap_at(ep));
    got(call, A, B, 0);
}

static void sender(bool receiver_waits)
{
    uint64_t ep = temp_endpoint();
    if (receiver_waits)
        act(B, SYS_RECV, cap_at(ep), 1);
    struct step *send = start(A, SYS_SEND, client(ep));
    if (!receiver_waits)
        act(B, SYS_RECV, cap_at(ep), 1);
    if (!EXPECT(send->done))
        return;
    EXPECT_IS(shared()->regs[A].out[RAX], 0);
    EXPECT_IS(shared()->regs[A].out[RBX], 0);
    regs_expect_kept(A, BIT(RBX));
}

static void sender_to_receiver(void)
{
    sender(true);
}

static void sender_that_waits(void)
{
    sender(false);
}

static void replier(void)
{
    uint64_t ep = temp_endpoint();
    act(B, SYS_RECV, cap_at(ep), 1);
    act(A, SYS_CALL, cap_at(ep), 2);
    struct step *reply = start(B, SYS_REPLY, 0);
    if (!EXPECT(reply->done))
        return;
    EXPECT_IS(shared()->regs[B].out[RAX], 0);
    EXPECT_IS(shared()->regs[B].out[RBX], 0);
    regs_expect_kept(B, BIT(RBX));
}

static void canceled_ends(struct step *wait, unsigned k)
{
    thread_suspend(actor_tcb(k));
    go(k);
    if (!EXPECT(wait->done))
        return;
    regs_expect_common(k);
    for (unsigned i = 0; i < FLAGS; i++) {
        uint32_t other = BIT(RAX) | BIT(RSP) | BIT(RBP) | BIT(RCX) | BIT(R11);
        if (!(other & BIT(i)))
            EXPECT_IS(shared()->regs[k].out[i], 0);
    }
    EXPECT_IS(shared()->regs[k].out[RAX], ERR_CANCELED);
}

static void canceled_fast_call(void)
{
    uint64_t ep = temp_endpoint();
    act(B, SYS_RECV, cap_at(ep), 1);
    canceled_ends(start(A, SYS_CALL, client(ep)), A);
}

static void canceled_queued_call(void)
{
    canceled_ends(start(A, SYS_CALL, client(temp_endpoint())), A);
}

static void canceled_receive(void)
{
    canceled_ends(start(B, SYS_RECV, new_endpoint()), B);
}

static void canceled_fast_reply_recv(void)
{
    uint64_t ep = temp_endpoint();
    act(B, SYS_RECV, cap_at(ep), 1);
    act(A, SYS_CALL, cap_at(ep), 2);
    canceled_ends(start(B, SYS_REPLY_RECV, cap_at(ep)), B);
}

static const struct test list[] = {
    {"receiver_of_fast_call", receiver_of_fast_call},
    {"receiver_of_waiting_call", receiver_of_waiting_call},
    {"both_by_fast_paths", both_by_fast_paths},
    {"fast_wait_slow_end", fast_wait_slow_end},
    {"fast_reply_recv_wait_then_send", fast_reply_recv_wait_then_send},
    {"slow_wait_fast_end", slow_wait_fast_end},
    {"caller_answered_with_sender_waiting", caller_answered_with_sender_waiting},
    {"sender_to_receiver", sender_to_receiver},
    {"sender_that_waits", sender_that_waits},
    {"replier", replier},
    {"canceled_fast_call", canceled_fast_call},
    {"canceled_queued_call", canceled_queued_call},
    {"canceled_receive", canceled_receive},
    {"canceled_fast_reply_recv", canceled_fast_reply_recv},
};

/* A system call that fails with `error` keeps all registers, but rbx is 0 as after every IPC call. */
static void error_case(const char *name, uint64_t op, cap_t cap, long error)
{
    if (!case_begin("registers/%s", name))
        return;
    regs_prepare(A, op, cap);
    regs_syscall_0(0);
    EXPECT_IS(shared()->regs[A].out[RAX], error);
    EXPECT_IS(shared()->regs[A].out[RBX], 0);
    regs_expect_kept(A, BIT(RBX));
    case_end();
}

CASE_SET(060, register_ipc_cases)
{
    static const struct {
        uint64_t op;
        const char *name[4];
    } ops[] = {
        {SYS_CALL, {"call_bad_cap", "call_bad_index", "call_wrong_type", "call_no_right"}},
        {SYS_SEND, {"send_bad_cap", "send_bad_index", "send_wrong_type", "send_no_right"}},
        {SYS_RECV, {"recv_bad_cap", "recv_bad_index", "recv_wrong_type", "recv_no_right"}},
        {SYS_REPLY_RECV,
         {"reply_recv_bad_cap", "reply_recv_bad_index", "reply_recv_wrong_type", "reply_recv_no_right"}},
    };
    CASES_SPACES("registers", list);
    uint64_t nothing = slot_new(), powerless = slot_new();
    must(cap_copy(cap_at(CAP_SELF_CNODE), powerless, cap_at(CAP_SELF_CNODE), zoo(TYPE_ENDPOINT), 0), "copy");
    for (unsigned i = 0; i < COUNT(ops); i++) {
        error_case(ops[i].name[0], ops[i].op, cap_at(nothing), ERR_BAD_CAP);
        error_case(ops[i].name[1], ops[i].op, cap_at(zoo(TYPE_ENDPOINT)) | 1ul << 50, ERR_BAD_CAP);
        error_case(ops[i].name[2], ops[i].op, cap_at(zoo(TYPE_FRAME)), ERR_WRONG_TYPE);
        error_case(ops[i].name[3], ops[i].op, cap_at(powerless), ERR_NO_RIGHT);
    }
    error_case("reply_no_caller", SYS_REPLY, 0, ERR_NO_CALLER);
    object_delete(powerless);
    slot_free(nothing);
}
