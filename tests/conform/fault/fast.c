/* Page faults whose handler waits already, and its replies: the fast paths' part, with whatever a program has
 * set. */
#include "frame/evil.h"

enum {
    RW = RIGHT_READ | RIGHT_WRITE,
    BITS = 22,
    STRADDLE = 4, /* bytes of an access that lie in the first of two pages */
};

static cap_t ep;
static uint64_t page;
static struct step *handler;

/* B waits for A's faults. */
static void begin(void)
{
    ep = fault_endpoint();
    fault_configure(A, ep);
    actor_configure(B, ACTOR_PRIORITY, watch_fault_ep);
    handler = act(B, SYS_RECV, ep, 1);
    EXPECT_WAITS(handler);
    page = temp_page();
    temp_page(); /* the one after it */
}

static cap_t map_at(uint64_t vaddr, unsigned rights)
{
    cap_t frame = cap_at(temp_object(TYPE_FRAME, 12));
    EXPECT_IS(memory_map(frame, cap_at(CAP_SELF_SPACE), vaddr, rights), 0);
    return frame;
}

static void expect_told(uint64_t address, uint64_t error, uint64_t rip)
{
    EXPECT_RESULT(handler, GOT_MESSAGE);
    fault_check(&handler->m, A, (struct fault){FAULT_PAGE, address, error, VECTOR_PAGE}, rip);
}

/* Its next fault, if any, is taken by the same handler. */
static void answer(void)
{
    handler = act(B, SYS_REPLY_RECV, ep, 2);
}

/* All registers and these flags are in the message or kept, and are the program's again after the instruction.
 */
static void touch_with(uint64_t flags)
{
    begin();
    struct regs *r = regs_prepare(0, pattern(1, 1), pattern(2, 2));
    r->in[FLAGS] = flags | FLAGS_FIXED;
    struct step *s = fault_start(A, regs_touch, 0);
    EXPECT_RESULT(handler, GOT_MESSAGE);
    EXPECT_IS(handler->m.word[3], r->in[RSP]);
    EXPECT_IS(handler->m.word[5] & ~(uint64_t)FLAG_RF, r->in[FLAGS]);
    cap_t frame = map_at(TOUCH_VADDR, RW);
    answer();
    EXPECT_DONE(s);
    EXPECT_WAITS(handler);
    for (unsigned i = 0; i < REGS; i++)
        EXPECT_IS(r->out[i], r->in[i]);
    EXPECT_IS(memory_unmap(frame), 0);
}

static void each_flag(void)
{
    for (unsigned bit = 0; bit < BITS; bit++) {
        if ((FLAGS_OWN & ~FLAG_TF) >> bit & 1)
            touch_with(1ul << bit);
    }
}

static void all_flags(void)
{
    touch_with(FLAGS_OWN & ~(uint64_t)FLAG_TF);
    touch_with(0);
}

/* Eight bytes, four in each page: the address is the first byte that is not there. */
static void straddles(void)
{
    begin();
    uint64_t next = page + PAGE_BYTES, address = next - STRADDLE;
    struct step *s = fault_start(A, code_read, address);
    expect_told(address, PF_USER, address_of(code_read));
    map_at(page, RW);
    answer();
    EXPECT_WAITS(s);
    expect_told(next, PF_USER, address_of(code_read));
    map_at(next, RIGHT_READ);
    answer();
    EXPECT_DONE(s);
}

/* Of a write that may not go on in the second page nothing is stored in the first. */
static void straddles_to_read_only(void)
{
    begin();
    uint64_t next = page + PAGE_BYTES, address = next - STRADDLE;
    map_at(page, RW);
    cap_t second = map_at(next, RIGHT_READ);
    struct step *s = fault_start(A, code_write, address);
    expect_told(next, PF_USER | PF_WRITE | PF_PRESENT, address_of(code_write));
    EXPECT_IS(*(volatile uint32_t *)address, 0); /* NOLINT: mapped just now */
    EXPECT_IS(memory_protect(second, RW), 0);
    answer();
    EXPECT_DONE(s);
    EXPECT_IS(*(volatile uint32_t *)address, 1); /* NOLINT: the same */
}

/* mov $0x1122334455667788, %rax; ret: its first bytes are there, and rip stays at them. */
static void straddles_in_code(void)
{
    static const uint8_t code[] = {0x48, 0xb8, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0xc3};
    begin();
    uint64_t next = page + PAGE_BYTES, at = next - STRADDLE;
    evil_code(page, code, STRADDLE, PAGE_BYTES - STRADDLE);
    struct step *s = fault_start(A, (void (*)(uint64_t))at, 0); /* NOLINT: mapped just now */
    expect_told(next, PF_USER | PF_FETCH, at);
    evil_code(next, code + STRADDLE, sizeof code - STRADDLE, 0);
    answer();
    EXPECT_DONE(s);
}

static const struct test list[] = {
    {"each_flag", each_flag},
    {"all_flags", all_flags},
    {"straddles", straddles},
    {"straddles_to_read_only", straddles_to_read_only},
    {"straddles_in_code", straddles_in_code},
};

CASE_SET(210, fault_fast_cases)
{
    CASES("fault/fast", list);
}
