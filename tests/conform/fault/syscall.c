/* System-call numbers that do not exist: a fault, not an error code; all 64 bits count. */
#include "frame/fault.h"
#include "frame/registers.h"

static const struct {
    const char *name;
    uint64_t number;
} numbers[] = {
    {"0x1a", 0x1a},
    {"0x1f", 0x1f},
    {"0x38", 0x38},
    {"0x53", 0x53},
    {"0x60", 0x60},
    {"0xff", 0xff},
    {"minus_1", ~0ul},
    {"minus_2", ~1ul},
    {"int_min", 1ul << 31},
    {"2_to_63", 1ul << 63},
    {"2_to_32", 1ul << 32},
    {"2_to_32_and_send", 1ul << 32 | SYS_SEND},
    {"2_to_32_and_call", 1ul << 32 | SYS_CALL},
    {"2_to_32_and_reply_recv", 1ul << 32 | SYS_REPLY_RECV},
    {"2_to_32_and_identify", 1ul << 32 | SYS_CAP_IDENTIFY},
    {"2_to_32_and_exit", 1ul << 32 | SYS_DEBUG_EXIT},
    {"2_to_63_and_call", 1ul << 63 | SYS_CALL},
    {"high_ones_and_reply_recv", ~0xfful | SYS_REPLY_RECV},
    {"2_to_8_and_call", 1ul << 8 | SYS_CALL},
    {"2_to_16_and_reply_recv", 1ul << 16 | SYS_REPLY_RECV},
    {"2_to_8_and_identify", 1ul << 8 | SYS_CAP_IDENTIFY},
};

/* The reply lets the thread go on after its SYSCALL with all its registers, rax too. */
static void one_number(uint64_t number)
{
    cap_t ep = fault_endpoint();
    fault_configure(A, ep);
    regs_prepare(0, number, cap_at(zoo(TYPE_ENDPOINT)));
    struct step *s = fault_start(A, regs_syscall_0, 0);
    struct msg m = pattern_msg(1);
    EXPECT_IS(ipc_recv(ep, &m), GOT_MESSAGE);
    fault_check(&m, A, (struct fault){FAULT_SYSCALL, number, 0, 0}, (uint64_t)(uintptr_t)regs_return_syscall_0);
    EXPECT_IS(m.word[3], shared()->regs[0].in[RSP]);
    EXPECT_IS(m.word[5], FLAGS_AFTER_SYSCALL);
    EXPECT_WAITS(s);
    EXPECT_IS(fault_reply(), 0);
    if (!EXPECT(s->done))
        return;
    regs_expect_kept(0, 0);
    EXPECT_IS(shared()->regs[0].out[RAX], number);
}

/* The flags in the message are those after SYSCALL, not those of the thread's last interrupt. */
static void flags_in_message(void)
{
    cap_t ep = fault_endpoint();
    struct msg m = {0};
    fault_configure(A, ep);
    regs_prepare(0, 0, 0)->in[FLAGS] |= 0x400;
    struct step *s = plan_function(A, regs_break, 0);
    plan_function(A, regs_syscall_0, 0);
    go(A);
    fault_expect(ep, A, (struct fault){FAULT_DEBUG, 0, 0, 3}, (uint64_t)(uintptr_t)regs_return_break);
    shared()->regs[0].in[RAX] = 0x60;
    EXPECT_IS(fault_reply(), 0);
    EXPECT_DONE(s);
    EXPECT_IS(ipc_recv(ep, &m), GOT_MESSAGE);
    EXPECT_IS(m.label, FAULT_SYSCALL);
    EXPECT_IS(m.word[5], FLAGS_AFTER_SYSCALL);
}

static void resume_itself(uint64_t tcb)
{
    if (thread_resume(tcb) != ERR_IN_USE)
        __builtin_trap();
}

/* Such a fault ends the receiver's call. The checking build counts that call's result before the receiver makes another. The number lies
   beyond the table of calls: those in it that are none take the way of all calls. */
static void ends_a_call(void)
{
    cap_t ep = fault_endpoint();
    fault_configure(A, ep);
    struct step *got = plan(B, SYS_REPLY_RECV, ep, 1), *next = plan_function(B, resume_itself, actor_tcb(B));
    go(B);
    EXPECT_WAITS(got);
    struct step *bad = act(A, 1ul << 31, 0, 2);
    EXPECT_WAITS(bad);
    EXPECT_RESULT(got, GOT_MESSAGE);
    EXPECT_IS(got->m.label, FAULT_SYSCALL);
    EXPECT_DONE(next);
}

static const struct test list[] = {
    {"flags_in_message", flags_in_message},
    {"ends_a_call", ends_a_call},
};

CASE_SET(220, fault_syscall_cases)
{
    for (unsigned i = 0; i < COUNT(numbers); i++) {
        if (!case_begin("fault/syscall/%s", numbers[i].name))
            continue;
        actors_reset(false);
        one_number(numbers[i].number);
        case_end();
    }
    CASES("fault/syscall", list);
}
