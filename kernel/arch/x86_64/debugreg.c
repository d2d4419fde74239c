/* The debug registers (SDM vol. 3, 17.2): the breakpoints of the running thread, if it has any. DR7 is 0 while
   any other thread runs. The kernel leaves it as it is: all addresses in it are the user's, and the kernel
   touches user memory only by its own addresses. */
#include "arch/x86_64/debugreg.h"

#include "arch/arch.h"

enum {
    DR6_CLEAR = 0xffff0ff0, /* what SDM vol. 3, 17.2.3 asks a handler to write: not in a transaction, either,
                               and no bus lock */
    DR7_FIXED = 0x400,
    DR7_EXECUTE = 0, /* the two bits that say what, and the two that say how long */
    DR7_WRITE = 1,
    DR7_ACCESS = 3,
    DR7_KIND_SHIFT = 16,
    DR7_LENGTH_SHIFT = 18,
    RFLAGS_RF = 1 << 16,
};

#define DR(n, value) __asm__ volatile("mov %0, %%dr" #n : : "r"((uint64_t)(value)))

static uint64_t kind_bits(unsigned kind)
{
    return kind == BREAK_EXECUTE ? DR7_EXECUTE : kind == BREAK_WRITE ? DR7_WRITE : DR7_ACCESS;
}

static uint64_t length_bits(unsigned length)
{
    return length == 8 ? 2 : length - 1; /* 1, 2, 4, 8: 0, 1, 3, 2 */
}

static uint64_t control(const struct breakpoint *b, unsigned i)
{
    if (b->kind == 0)
        return 0;
    return (kind_bits(b->kind) << DR7_KIND_SHIFT | length_bits(b->length) << DR7_LENGTH_SHIFT) << 4 * i |
           1u << 2 * i;
}

void arch_debug_load(const struct breakpoint *b)
{
    uint64_t dr7 = DR7_FIXED;
    DR(7, dr7); /* nothing matches while the four change */
    if (!b)
        return;
    DR(0, b[0].address);
    DR(1, b[1].address);
    DR(2, b[2].address);
    DR(3, b[3].address);
    for (unsigned i = 0; i < BREAKPOINTS; i++)
        dr7 |= control(&b[i], i);
    DR(7, dr7);
}

uint64_t debug_take(void)
{
    uint64_t dr6;
    __asm__ volatile("mov %%dr6, %0" : "=r"(dr6));
    DR(6, DR6_CLEAR);
    return dr6;
}

/* DR6 may also report matches of addresses that are not enabled: another thread's, left in DR0 to DR3.
 */
uint64_t debug_reason(const struct breakpoint *b, uint64_t *rflags)
{
    uint64_t dr6 = debug_take(), reason = dr6 & DEBUG_STEP;
    for (unsigned i = 0; i < BREAKPOINTS; i++) {
        unsigned kind = b[i].kind;
        if (!(dr6 >> i & 1) || kind == 0)
            continue;
        reason |= 1u << i;
        if (kind == BREAK_EXECUTE)
            *rflags |= RFLAGS_RF; /* it goes on with the instruction itself (SDM vol. 3, 17.3.1.1) */
    }
    return reason;
}
