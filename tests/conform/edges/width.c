/* Arguments are 64 bits wide: each capability and each number of each call, right in its low half and with one bit too many in the
   high one, is refused; and where any word will do, all of it counts. */
#include <stdio.h>
#include "frame/guest.h"
#include "frame/irq.h"
#include "frame/large.h"
#include "frame/registers.h"
#include "frame/timer.h"

enum { REGISTERS = 6, LINE = 5, PORT = 0x80 /* the POST code's: of no consequence */ };

static cap_t self(void)
{
    return cap_at(CAP_SELF_CNODE);
}

/* Some calls count in rsi, r8 and r10. */
static long call(uint64_t op, const uint64_t a[REGISTERS])
{
    struct frames f = {a[1], a[3], a[5]};
    return frames_call(op, a[0], &f, a[2], a[4]);
}

/* One letter for each register: c a capability, n a number, m one that must be aligned, - anything. At the end the call is good. */
static void narrow(uint64_t op, const char *kinds, const uint64_t good[REGISTERS])
{
    static const unsigned bits[] = {32, 33, 47, 63};
    for (unsigned i = 0; kinds[i]; i++) {
        for (unsigned k = 0; k < COUNT(bits) && kinds[i] != '-'; k++) {
            uint64_t a[REGISTERS];
            char what[64];
            memcpy(a, good, sizeof a);
            a[i] ^= 1ull << bits[k];
            snprintf(what, sizeof what, "call 0x%lx with bit %u of argument %u", op, bits[k], i);
            expect_is((uint64_t)call(op, a), (uint64_t)(kinds[i] == 'c' ? ERR_BAD_CAP : ERR_BAD_ARGUMENT), what,
                      __FILE__, __LINE__);
        }
    }
    EXPECT(call(op, good) >= 0);
}

#define NARROW(op, kinds, ...) narrow(SYS_##op, kinds, (const uint64_t[REGISTERS]){__VA_ARGS__})

static void ports(void)
{
    NARROW(IO_IN, "cnn", cap_at(CAP_IO_PORTS), PORT, 1);
    NARROW(IO_OUT, "cnn-", cap_at(CAP_IO_PORTS), PORT, 1, 0);
}

static void interrupts(void)
{
    if (!irq_lines())
        return case_skip(NO_LINES);
    uint64_t handler = temp_slot(), message = temp_slot(), n = notification();
    NARROW(IRQ_HANDLER_GET, "cncn", IRQS, LINE, self(), handler);
    NARROW(IRQ_MSI_GET, "ccn", IRQS, self(), message);
    NARROW(IRQ_HANDLER_BIND, "cc", cap_at(handler), cap_at(n));
    NARROW(IRQ_HANDLER_ACK, "c", cap_at(handler));
}

static void notifications(void)
{
    uint64_t n = notification(), t = temp_object(TYPE_TIMER, 0);
    NARROW(SIGNAL, "c", cap_at(n));
    NARROW(POLL, "c", cap_at(n));
    NARROW(NOTIFICATION_BIND, "cc", actor_tcb(A), cap_at(n));
    NARROW(NOTIFICATION_BIND, "c", actor_tcb(A), 0);
    NARROW(TIMER_BIND, "cc", cap_at(t), cap_at(n));
    NARROW(TIMER_SET, "c-", cap_at(t), clock_read() + (1ull << 40));
    NARROW(TIMER_CANCEL, "c", cap_at(t));
}

/* Its low half has long passed. */
static void deadlines(void)
{
    uint64_t n = notification(), t = timer(cap_at(n));
    for (unsigned bit = 45; bit < 64; bit += 6) {
        EXPECT_IS(timer_set(cap_at(t), 1ull << bit), 0);
        EXPECT_SILENT(n);
        EXPECT_IS(timer_cancel(cap_at(t)), 0);
    }
}

static void threads(void)
{
    uint64_t tcb = temp_object(TYPE_TCB, 0), ep = temp_object(TYPE_ENDPOINT, 0),
             frame = temp_object(TYPE_FRAME, PAGE_BITS);
    uint64_t state = temp_object(TYPE_EXTENDED_STATE, 0);
    cap_t t = cap_at(tcb);
    NARROW(THREAD_CONFIGURE, "cccc", t, self(), cap_at(CAP_SELF_SPACE), cap_at(ep), 5 | 5 << 8, cap_at(frame));
    NARROW(THREAD_CONFIGURE, "c---nc", t, self(), cap_at(CAP_SELF_SPACE), cap_at(ep), 5 | 5 << 8,
           cap_at(frame));
    NARROW(THREAD_SET_ENTRY, "c---", t, 0x400000, 0x500000, 0);
    NARROW(THREAD_SET_PRIORITY, "cn", t, 5 | 5 << 8);
    NARROW(THREAD_SET_SLICE, "cn", t, 5);
    NARROW(THREAD_SET_AFFINITY, "cn", t, 0);
    NARROW(THREAD_SET_BREAKPOINT, "cn-n", t, 1, 0x400000, BREAK_EXECUTE | 1 << 8);
    NARROW(THREAD_SET_FPU, "cc", t, cap_at(state));
    NARROW(THREAD_SET_TLS, "c--", t, 0, 0);
    NARROW(THREAD_SUSPEND, "c", t);
    NARROW(THREAD_SUSPEND, "c", actor_tcb(A));
}

static void registers_of_a_thread(void)
{
    const uint64_t rip = 0x123400400000, rsp = 0x567800500000, rdi = 0x9abcdef012345678;
    uint64_t tcb = temp_object(TYPE_TCB, 0);
    const struct thread_registers *r = regs_window(B);
    EXPECT_IS(thread_set_entry(cap_at(tcb), rip, rsp, rdi), 0);
    EXPECT_RESULT(act(B, SYS_THREAD_READ_REGISTERS, cap_at(tcb) | 1ull << 32, 1), ERR_BAD_CAP);
    EXPECT_RESULT(act(B, SYS_THREAD_READ_REGISTERS, cap_at(tcb), 1), 0);
    EXPECT_IS(r->rip, rip);
    EXPECT_IS(r->rsp, rsp);
    EXPECT_IS(r->rdi, rdi);
    EXPECT_RESULT(act(B, SYS_THREAD_WRITE_REGISTERS, cap_at(tcb) | 1ull << 63, 1), ERR_BAD_CAP);
}

static void memory(void)
{
    uint64_t untyped = temp_object(TYPE_UNTYPED, 16), to = temp_slot(), page = temp_page();
    NARROW(RETYPE, "cnncnn", cap_at(untyped), TYPE_FRAME, PAGE_BITS, self(), to, 1);
    NARROW(MEMORY_MAP, "cc-n", cap_at(to), cap_at(CAP_SELF_SPACE), page, RIGHT_READ);
    NARROW(MEMORY_PROTECT, "cn", cap_at(to), RIGHT_READ);
    NARROW(FRAME_ADDRESS, "c", cap_at(to));
    NARROW(MEMORY_UNMAP, "c", cap_at(to));
    NARROW(MEMORY_MAP_MANY, "cnc-nn", self(), to, cap_at(CAP_SELF_SPACE), page, RIGHT_READ, 1);
    NARROW(MEMORY_PROTECT_MANY, "cn--nn", self(), to, 0, 0, RIGHT_READ, 1);
    NARROW(MEMORY_UNMAP_MANY, "cn---n", self(), to, 0, 0, 0, 1);
}

static void capabilities(void)
{
    uint64_t ep = temp_object(TYPE_ENDPOINT, 0), copy = temp_slot(), minted = temp_slot(), moved = temp_slot();
    NARROW(CAP_COPY, "cncn-", self(), copy, self(), ep, RIGHT_ALL);
    NARROW(CAP_MINT, "cncn--", self(), minted, self(), ep, RIGHT_ALL, 7);
    NARROW(CAP_CANCEL_BADGED, "cn", self(), minted);
    NARROW(CAP_MOVE, "cncn", self(), moved, self(), copy);
    NARROW(CAP_SWAP, "cncn", self(), moved, self(), copy);
    NARROW(CAP_IDENTIFY, "c", cap_at(copy));
    NARROW(CAP_REVOKE, "cn", self(), ep);
    NARROW(CAP_DELETE, "cn", self(), copy);
}

static const struct test list[] = {
    {"ports", ports},         {"interrupts", interrupts},     {"notifications", notifications},
    {"deadlines", deadlines}, {"threads", threads},           {"registers_of_a_thread", registers_of_a_thread},
    {"memory", memory},       {"capabilities", capabilities},
};

CASE_SET(916, edges_width_cases)
{
    CASES("edges/width", list);
}
