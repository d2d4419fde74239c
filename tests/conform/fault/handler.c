/* Who handles a fault, and when: early, late, not at all; and what becomes of the thread. */
#include "frame/fault.h"
#include "frame/registers.h"

enum { RW = RIGHT_READ | RIGHT_WRITE, WRITE_FAULT = 6, READ_FAULT = 4, VECTOR = 14 };

static cap_t ep;
static uint64_t page;

/* A faults at `page` by reading. */
static struct step *begin(void)
{
    ep = fault_endpoint();
    page = temp_page();
    fault_configure(A, ep);
    return fault_start(A, code_read, page);
}

static struct fault read_fault(void)
{
    return (struct fault){FAULT_PAGE, page, READ_FAULT, VECTOR};
}

static void mend(void)
{
    EXPECT_IS(memory_map(cap_at(temp_object(TYPE_FRAME, 12)), cap_at(CAP_SELF_SPACE), page, RW), 0);
}

static void handler_waits_first(void)
{
    ep = fault_endpoint();
    page = temp_page();
    fault_configure(A, ep);
    struct step *got = act(B, SYS_RECV, ep, 1), *s = fault_start(A, code_read, page);
    EXPECT_DONE(got);
    fault_check(&got->m, A, read_fault(), address_of(code_read));
    mend();
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 2), 0);
    EXPECT_DONE(s);
}

/* reply_recv answers a fault, too: the thread goes on with its own registers. */
static void handler_loop(void)
{
    ep = fault_endpoint();
    fault_configure(A, ep);
    struct step *got = act(B, SYS_REPLY_RECV, ep, 1);
    for (uint64_t i = 0; i < 3; i++) {
        page = temp_page();
        struct step *s = fault_start(A, code_read, page);
        EXPECT_DONE(got);
        fault_check(&got->m, A, read_fault(), address_of(code_read));
        mend();
        got = act(B, SYS_REPLY_RECV, ep, 10 + i);
        EXPECT_WAITS(got);
        EXPECT_DONE(s);
    }
}

static void registers_kept(void)
{
    ep = fault_endpoint();
    fault_configure(A, ep);
    regs_prepare(0, pattern(1, 1), pattern(2, 2))->in[FLAGS] = 0x202 | 0x8d5;
    act(B, SYS_RECV, ep, 1);
    struct step *s = fault_start(A, regs_touch, 0);
    EXPECT_IS(memory_map(cap_at(temp_object(TYPE_FRAME, 12)), cap_at(CAP_SELF_SPACE), TOUCH_VADDR, RW), 0);
    EXPECT_WAITS(act(B, SYS_REPLY_RECV, ep, 2));
    EXPECT_DONE(s);
    for (unsigned i = 0; i < REGS; i++)
        EXPECT_IS(shared()->regs[0].out[i], shared()->regs[0].in[i]);
}

static void registers_kept_by_breakpoint(void)
{
    ep = fault_endpoint();
    fault_configure(A, ep);
    regs_prepare(0, pattern(1, 1), pattern(2, 2))->in[FLAGS] = 0x202 | 0x600;
    struct step *s = fault_start(A, regs_break, 0);
    struct msg m = {0};
    EXPECT_IS(ipc_recv(ep, &m), GOT_MESSAGE);
    EXPECT_IS(m.word[3], shared()->regs[0].in[RSP]);
    EXPECT_IS(m.word[5], shared()->regs[0].in[FLAGS]);
    EXPECT_IS(fault_reply(), 0);
    EXPECT_DONE(s);
    for (unsigned i = 0; i < REGS; i++)
        EXPECT_IS(shared()->regs[0].out[i], shared()->regs[0].in[i]);
}

/* A trap flag that stays set: one fault for each instruction. */
static void single_steps(void)
{
    ep = fault_endpoint();
    fault_configure(A, ep);
    regs_prepare(0, pattern(1, 1), pattern(2, 2))->in[FLAGS] = 0x302;
    fault_start(A, regs_touch, 0);
    fault_expect(ep, A, (struct fault){FAULT_PAGE, TOUCH_VADDR, WRITE_FAULT, VECTOR}, 0);
    EXPECT_IS(memory_map(cap_at(temp_object(TYPE_FRAME, 12)), cap_at(CAP_SELF_SPACE), TOUCH_VADDR, RW), 0);
    EXPECT_IS(fault_reply(), 0);
    uint64_t rip = (uint64_t)(uintptr_t)regs_return_touch;
    for (unsigned i = 0; i < 2; i++) {
        fault_expect(ep, A, (struct fault){FAULT_DEBUG, 0, DEBUG_STEP, 1}, i == 0 ? rip : 0);
        EXPECT_IS(fault_reply(), 0);
    }
}

static void several_wait(void)
{
    struct step *s[3];
    s[0] = begin();
    for (unsigned i = 1; i < 3; i++) {
        fault_configure(i, ep);
        s[i] = fault_start(i, code_read, page);
    }
    for (unsigned i = 0; i < 3; i++) {
        fault_expect(ep, i, read_fault(), address_of(code_read));
        if (i == 0)
            mend(); /* for all of them; the others' faults are reported all the same */
        EXPECT_IS(fault_reply(), 0);
        for (unsigned k = 0; k < 3; k++)
            EXPECT(s[k]->done == (k <= i));
    }
}

static void suspended_in_line(void)
{
    struct step *s = begin();
    EXPECT_IS(thread_suspend(actor_tcb(A)), 0);
    struct step *got = act(B, SYS_RECV, ep, 1);
    EXPECT_WAITS(got);
    go(A);
    EXPECT_DONE(got);
    fault_check(&got->m, A, read_fault(), address_of(code_read));
    mend();
    EXPECT_RESULT(act(B, SYS_REPLY, 0, 2), 0);
    EXPECT_DONE(s);
}

static void suspended_after_delivery(void)
{
    struct step *s = begin();
    fault_expect(ep, A, read_fault(), address_of(code_read));
    EXPECT_IS(thread_suspend(actor_tcb(A)), 0);
    EXPECT_IS(fault_reply(), ERR_NO_CALLER);
    EXPECT_WAITS(s);
    go(A);
    fault_expect(ep, A, read_fault(), address_of(code_read));
    mend();
    EXPECT_IS(fault_reply(), 0);
    EXPECT_DONE(s);
}

/* The handler receives again without an answer: the thread wakes, and faults again. */
static void dropped(void)
{
    struct step *s = begin();
    fault_expect(ep, A, read_fault(), address_of(code_read));
    fault_expect(ep, A, read_fault(), address_of(code_read));
    EXPECT_WAITS(s);
    mend();
    EXPECT_IS(fault_reply(), 0);
    EXPECT_DONE(s);
}

static void restarted_elsewhere(void)
{
    begin();
    fault_expect(ep, A, read_fault(), address_of(code_read));
    fault_configure(A, ep); /* stops it and gives it another entry */
    EXPECT_IS(fault_reply(), ERR_NO_CALLER);
    cap_t other = new_endpoint();
    struct step *got = act(B, SYS_RECV, other, 1);
    EXPECT_RESULT(act(A, SYS_SEND, other, 2), 0);
    EXPECT_MESSAGE(got, 0, 2);
}

/* A thread that waits for a faulting server's answer gets it when the server goes on. */
static void server_that_faults(void)
{
    cap_t service = new_endpoint();
    ep = fault_endpoint();
    page = temp_page();
    fault_configure(A, ep);
    plan(A, SYS_RECV, service, 1);
    plan_function(A, code_read, page);
    plan(A, SYS_REPLY, 0, 2);
    go(A);
    struct step *call = act(B, SYS_CALL, service, 3);
    fault_expect(ep, A, read_fault(), address_of(code_read));
    EXPECT_WAITS(call);
    mend();
    EXPECT_IS(fault_reply(), 0);
    EXPECT_MESSAGE(call, 0, 2);
}

/* A thread after its fault is a thread like any other: fast paths take it again. */
static void calls_after_a_fault(void)
{
    struct step *s = begin();
    cap_t service = new_endpoint();
    fault_expect(ep, A, read_fault(), address_of(code_read));
    mend();
    EXPECT_IS(fault_reply(), 0);
    EXPECT_DONE(s);
    struct step *got = act(B, SYS_REPLY_RECV, service, 1), *call = act(A, SYS_CALL, service, 2);
    EXPECT_MESSAGE(got, 0, 2);
    EXPECT_WAITS(act(B, SYS_REPLY_RECV, service, 3));
    EXPECT_MESSAGE(call, 0, 3);
}

/* Without a fault endpoint the thread stops, and the console says so (a line that is not compared). */
static void no_handler(void)
{
    page = temp_page();
    actor_configure(A, ACTOR_PRIORITY, 0);
    struct step *s = fault_start(A, code_read, page);
    mend();
    EXPECT_WAITS(s);
    go(A); /* it had stopped: it can be resumed */
    EXPECT_DONE(s);
}

static void fault_in_other_space(void)
{
    actors_reset(true);
    ep = fault_endpoint();
    page = temp_page();
    fault_configure(B, ep);
    struct step *s = fault_start(B, code_read, page);
    fault_expect(ep, B, read_fault(), address_of(code_read));
    EXPECT_IS(map_frame(temp_object(TYPE_FRAME, 12), other_space(), page, RW), 0);
    EXPECT_IS(fault_reply(), 0);
    EXPECT_DONE(s);
    EXPECT_IS(s->space, SPACE_OTHER);
}

static const struct test list[] = {
    {"registers_kept", registers_kept},
    {"registers_kept_by_breakpoint", registers_kept_by_breakpoint},
    {"single_steps", single_steps},
    {"several_wait", several_wait},
    {"suspended_in_line", suspended_in_line},
    {"suspended_after_delivery", suspended_after_delivery},
    {"dropped", dropped},
    {"restarted_elsewhere", restarted_elsewhere},
    {"server_that_faults", server_that_faults},
    {"calls_after_a_fault", calls_after_a_fault},
    {"no_handler", no_handler},
    {"fault_in_other_space", fault_in_other_space},
};

/* The handler, in this or the other address space, is there before the fault. */
static const struct test ready_list[] = {
    {"waits_first", handler_waits_first},
    {"loop", handler_loop},
};

CASE_SET(230, fault_handler_cases)
{
    CASES_SPACES("fault/handler_ready", ready_list);
    CASES("fault/handler", list);
}
