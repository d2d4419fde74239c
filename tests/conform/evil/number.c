/* Numbers of system calls: all 64 bits count, on the fast paths, too. What is no system call's number is
   a fault of its thread, and nothing is done: the endpoint that it names stays as it is. */
#include "frame/evil.h"

enum { FIRST_BIT = 7, BITS = 64 };

static uint64_t endpoint;

static void refused(cap_t ep, uint64_t number)
{
    regs_prepare(0, number, cap_at(endpoint));
    evil_start(ep, regs_syscall_0, 0);
    struct msg m = evil_fault(ep);
    fault_check(&m, A, (struct fault){FAULT_SYSCALL, number, 0, 0}, (uint64_t)(uintptr_t)regs_return_syscall_0);
}

/* Each bit above the numbers, and all bits from it up, over system calls that would do something. */
static void high_bits(void)
{
    static const uint64_t numbers[] = {SYS_NULL,    SYS_CALL,  SYS_REPLY_RECV,   SYS_SEND,      SYS_RECV,
                                       SYS_SEND_NB, SYS_YIELD, SYS_CAP_IDENTIFY, SYS_DEBUG_EXIT};
    cap_t ep = fault_endpoint();
    endpoint = temp_endpoint();
    for (unsigned i = 0; i < COUNT(numbers); i++) {
        for (unsigned bit = FIRST_BIT; bit < BITS; bit++) {
            refused(ep, numbers[i] | 1ul << bit);
            refused(ep, numbers[i] | ~0ul << bit);
        }
    }
    struct msg m = {0};
    EXPECT_IS(ipc(SYS_RECV_NB, cap_at(endpoint), &m), ERR_EMPTY);
}

/* Whatever sign or width an index is taken with. */
static void extremes(void)
{
    static const uint64_t numbers[] = {0x7f,       0xff,        0x100,       0x7fff,          0xffff,
                                       0x7fffffff, 0x80000000,  0xffffffff,  1ul << 32,       ~0ul,
                                       ~1ul,       ~0ul - 0x7e, ~0ul - 0xff, 1ul << 63,       ~0ul >> 1,
                                       ~0ul << 31, ~0ul << 32,  1ul << 60,   (1ul << 61) + 1, (1ul << 62) + 2};
    cap_t ep = fault_endpoint();
    endpoint = temp_endpoint();
    for (unsigned i = 0; i < COUNT(numbers); i++)
        refused(ep, numbers[i]);
}

static const struct test list[] = {
    {"high_bits", high_bits},
    {"extremes", extremes},
};

CASE_SET(790, evil_number_cases)
{
    CASES("evil/number", list);
}
