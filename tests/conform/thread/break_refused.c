/* thread_set_breakpoint and thread_set_affinity: what is refused. */
#include "thread/break.h"

static void bad_numbers(void)
{
    static const uint64_t bad[] = {4 | 1 << 8,
                                   0xff | 1 << 8,
                                   1 | 2 << 8,
                                   1 | 4 << 8,
                                   1 | 8 << 8,
                                   2,
                                   3,
                                   1,
                                   2 | 3 << 8,
                                   3 | 5 << 8,
                                   2 | 16 << 8,
                                   3 | 9 << 8,
                                   3 | 0x101 << 8,
                                   1 << 8,
                                   2 | 1 << 8 | 1ul << 32,
                                   2 | 1 << 8 | 1ul << 63,
                                   ~0ul};
    cap_t tcb = actor_tcb(A);
    for (unsigned i = 0; i < COUNT(bad); i++)
        EXPECT_IS(syscall6(SYS_THREAD_SET_BREAKPOINT, tcb, 0, 0x400000, bad[i], 0, 0), ERR_BAD_ARGUMENT);
    for (uint64_t index = BREAKPOINTS; index != 0; index <<= 1)
        EXPECT_IS(thread_set_breakpoint(tcb, index, 0x400000, BREAK_WRITE, 1), ERR_BAD_ARGUMENT);
    EXPECT_IS(thread_set_breakpoint(tcb, BREAKPOINTS, 0, 0, 0), ERR_BAD_ARGUMENT);
    break_none(A, store_8, watched());
}

static void misaligned(void)
{
    for (unsigned length = 2; length <= 8; length *= 2) {
        for (unsigned off = 1; off < length; off++) {
            EXPECT_IS(thread_set_breakpoint(actor_tcb(A), 0, watched() + off, BREAK_WRITE, length),
                      ERR_MISALIGNED);
            EXPECT_IS(thread_set_breakpoint(actor_tcb(A), 0, watched() + off, BREAK_ACCESS, length),
                      ERR_MISALIGNED);
        }
    }
}

static void kernel_addresses(void)
{
    static const uint64_t bad[] = {USER_TOP,           USER_TOP + 8,       1ul << 47, 0xffff800000000000,
                                   0xffff800000200000, 0xffffffff80200000, ~7ul,      1ul << 63};
    for (unsigned kind = BREAK_EXECUTE; kind <= BREAK_ACCESS; kind++) {
        for (unsigned i = 0; i < COUNT(bad); i++)
            EXPECT_IS(thread_set_breakpoint(actor_tcb(A), 0, bad[i], kind, 1), ERR_BAD_ARGUMENT);
        EXPECT_IS(thread_set_breakpoint(actor_tcb(A), 0, USER_TOP - 1, kind, 1), 0);
        EXPECT_IS(thread_set_breakpoint(actor_tcb(A), 0, 0, kind, 1), 0);
    }
    EXPECT_IS(thread_set_breakpoint(actor_tcb(A), 0, USER_TOP - 8, BREAK_ACCESS, 8), 0);
    break_none(A, store_8, watched());
}

static void affinity(void)
{
    EXPECT_IS(thread_set_affinity(actor_tcb(A), 0), 0);
    for (uint64_t cpu = 1; cpu != 0; cpu <<= 1)
        EXPECT_IS(thread_set_affinity(actor_tcb(A), cpu), ERR_BAD_ARGUMENT);
    EXPECT_IS(thread_set_affinity(actor_tcb(A), ~0ul), ERR_BAD_ARGUMENT);
    EXPECT_IS(thread_set_affinity(cap_at(CAP_SELF_TCB), 0), 0);
}

static const struct test list[] = {
    {"bad_numbers", bad_numbers},
    {"misaligned", misaligned},
    {"kernel_addresses", kernel_addresses},
    {"affinity", affinity},
};

CASE_SET(662, thread_break_refused_cases)
{
    CASES("thread/break", list);
}
