/* Segments. There is one data segment and one code segment of 64 bits for ring 3; every other selector is
   refused, so that neither compatibility mode nor another ring can be entered, and there is no LDT. */
#include "frame/evil.h"

enum {
    USER_DATA = 0x1b,
    USER_CODE = 0x23,
    SELECTORS = 0x10000,
    ENDS_AT = 0xffff,
    TABLE_LOCAL = 4, /* TI of a selector */
    RING = 3,
};

/* What the code under test reads, in one place: a stack frame of IRETQ and LRETQ, a far pointer, a selector.
   Each loop writes its selector here; after a fault the handler puts the next one in its place, and the same
   instruction runs again. */
struct evil_frame {
    uint64_t rip, cs, flags, rsp, ss;
};
struct evil_far {
    uint32_t offset; /* a far pointer of 32 bits is the same on all CPUs */
    uint16_t selector;
};

uint16_t evil_selector;
struct evil_frame evil_frame;
struct evil_far evil_far;
uint64_t evil_loaded[SELECTORS / 64], evil_rsp;

/* Every loop: the instruction, then the bit of the selector in evil_loaded, then the next one. */
#define LOOP(name, selector, before, instruction)                                                              \
    __asm__(".text; selector_" #name ": mov %rsp, evil_rsp\n"                                                  \
            "1: " before "\n selector_at_" #name ": " instruction "\n selector_to_" #name ":\n\t"              \
            "mov evil_rsp, %rsp\n\t"                                                                           \
            "movzwl " selector ", %eax; bts %rax, evil_loaded; incw " selector "; jnz 1b; ret\n");             \
    void selector_##name(uint64_t unused);                                                                     \
    extern const char selector_at_##name[], selector_to_##name[];
LOOP(ds, "evil_selector", "", "movw evil_selector, %ds")
LOOP(es, "evil_selector", "", "movw evil_selector, %es")
LOOP(fs, "evil_selector", "", "movw evil_selector, %fs")
LOOP(gs, "evil_selector", "", "movw evil_selector, %gs")
LOOP(ss, "evil_selector", "", "movw evil_selector, %ss")
LOOP(far_jump, "evil_far+4", "", "ljmp *evil_far")
LOOP(far_call, "evil_far+4", "", "lcall *evil_far")
LOOP(far_return, "evil_frame+8", "mov $evil_frame, %rsp", "lretq")
LOOP(iret_code, "evil_frame+8", "mov $evil_frame, %rsp", "iretq")
LOOP(iret_stack, "evil_frame+32", "mov $evil_frame, %rsp", "iretq")

/* Which selectors go: null ones, those of user data, those of user code. */
enum { NULLS = 1, DATA = 2, DATA_RING_3 = 4, CODE = 8, CODE_RING_3 = 16 };

#define EACH_LOOP(X)                                                                                           \
    X(ds, NULLS | DATA | CODE, evil_selector, 1)                                                               \
    X(es, NULLS | DATA | CODE, evil_selector, 97)                                                              \
    X(fs, NULLS | DATA | CODE, evil_selector, 97)                                                              \
    X(gs, NULLS | DATA | CODE, evil_selector, 97)                                                              \
    X(ss, DATA_RING_3, evil_selector, 97)                                                                      \
    X(far_jump, CODE, evil_far.selector, 1)                                                                    \
    X(far_call, CODE, evil_far.selector, 97)                                                                   \
    X(far_return, CODE_RING_3, evil_frame.cs, 97)                                                              \
    X(iret_code, CODE_RING_3, evil_frame.cs, 97)                                                               \
    X(iret_stack, DATA_RING_3, evil_frame.ss, 97)

/* All selectors up to this one; above it each `step`th, and fewer where the kernel
   checks itself. */
enum { ALL_UP_TO = 0x200, STEP_CHECKED = 997 };

#define ROW(name, good, at, step)                                                                              \
    {#name, selector_##name, selector_at_##name, selector_to_##name, good, (volatile uint16_t *)&(at), step},
static const struct loop {
    const char *name;
    void (*code)(uint64_t unused);
    const char *at, *to;
    unsigned good;
    volatile uint16_t *selector;
    unsigned step;
} loops[] = {EACH_LOOP(ROW)};

static bool is_good(unsigned selector, unsigned good)
{
    bool ring3 = (selector & RING) == RING;
    if (selector <= RING)
        return good & NULLS;
    if ((selector | RING) == USER_DATA)
        return good & DATA || (good & DATA_RING_3 && ring3);
    if ((selector | RING) == USER_CODE)
        return good & CODE || (good & CODE_RING_3 && ring3);
    return false;
}

/* TCG takes the stack of a far call and of the returns for the kernel's, and then SMAP refuses all of them. QEMU 10's
   takes the lower half of rsp for the stack of a far call. */
static bool is_refused_stack(const struct msg *m)
{
    enum { PUSHED = 8 };
    bool halved = evil_is_tcg() && (uint32_t)evil_rsp - m->word[0] <= PUSHED;
    return m->label == FAULT_PAGE && (halved || !(m->word[2] & PF_USER));
}

/* The handler: sees that the fault is the right one, and puts the next selector into the operand. */
static bool next_selector(const struct msg *m, const struct loop *l)
{
    unsigned selector = *l->selector;
    EXPECT_IS(m->word[1], (uintptr_t)l->at);
    if (!is_refused_stack(m)) {
        EXPECT_IS(m->label, FAULT_PROTECTION);
        EXPECT_IS(m->word[2], selector & ~(unsigned)RING);
    }
    if (selector == ENDS_AT)
        return false;
    selector += selector < ALL_UP_TO ? 1 : boot_info->checked ? STEP_CHECKED : l->step;
    *l->selector = (uint16_t)(selector < ENDS_AT ? selector : ENDS_AT);
    return true;
}

/* Those that must go have gone, unless none can. */
static void expect_loaded(unsigned good, bool none)
{
    for (unsigned selector = 0; selector < SELECTORS; selector++) {
        bool loaded = evil_loaded[selector / 64] >> selector % 64 & 1;
        if (loaded != (!none && is_good(selector, good))) {
            EXPECT_IS(selector, SELECTORS);
            return;
        }
    }
}

static void loop_case(const struct loop *l)
{
    cap_t ep = fault_endpoint();
    memset(evil_loaded, 0, sizeof evil_loaded);
    evil_selector = 0;
    evil_far = (struct evil_far){(uint32_t)(uintptr_t)l->to, 0};
    evil_frame = (struct evil_frame){(uintptr_t)l->to, USER_CODE, FLAGS_AFTER_SYSCALL, (uintptr_t)&evil_frame,
                                     USER_DATA};
    *l->selector = 0;
    evil_start(ep, l->code, 0);
    struct msg m = evil_fault(ep);
    bool none = false;
    do
        none = none || is_refused_stack(&m);
    while (next_selector(&m, l) && EXPECT_IS(ipc_reply_recv(ep, &m), GOT_MESSAGE));
    expect_loaded(l->good, none);
}

/* LAR, LSL, VERR and VERW tell about the two user segments, and about no other one. Bits: readable, writable. */
__asm__(".text; selector_asks: xor %edi, %edi\n"
        "1: xor %eax, %eax\n"
        "lar %di, %ecx; jnz 2f; or $1, %al\n"
        "2: lsl %di, %ecx; jnz 2f; or $2, %al\n"
        "2: verr %di; jnz 2f; or $4, %al\n"
        "2: verw %di; jnz 2f; or $8, %al\n"
        "2: cmp $0x18, %edi; jb 2f; cmp $0x1b, %edi; ja 2f; sub $15, %al\n"
        "2: cmp $0x20, %edi; jb 2f; cmp $0x23, %edi; ja 2f; sub $7, %al\n"
        "2: test %al, %al; jnz 3f\n"
        "inc %edi; cmp $0x10000, %edi; jb 1b\n"
        "3: mov %rdi, evil_rsp; ret\n");
void selector_asks(uint64_t unused);

static void asks(void)
{
    evil_rsp = 0;
    evil_returns(fault_endpoint(), selector_asks, 0);
    EXPECT_IS(evil_rsp, SELECTORS);
}

/* A table of descriptors where an LDT with base 0, which is what a reset leaves, would have it. */
static void local_table(void)
{
    static const uint64_t forged[] = {
        0x00cff3000000ffff, /* data of ring 3 */
        0x00cffb000000ffff, /* 32-bit code of ring 3 */
        0x00af9f000000ffff, /* conforming code of ring 0 */
        0x0000ec0000080000, /* a call gate to the kernel's code segment */
        0,
    };
    static void (*const codes[])(uint64_t) = {selector_ds, selector_ss, selector_far_jump, selector_far_call,
                                              selector_iret_code};
    static volatile uint16_t *const selectors[] = {&evil_selector, &evil_selector, &evil_far.selector,
                                                   &evil_far.selector, (volatile uint16_t *)&evil_frame.cs};
    cap_t ep = fault_endpoint();
    evil_code(0, forged, sizeof forged, 0);
    for (unsigned i = 0; i < COUNT(codes); i++) {
        for (unsigned k = 0; k < COUNT(forged) - 1; k++) {
            unsigned selector = k * 8 + TABLE_LOCAL + RING;
            evil_far = (struct evil_far){0x1000, 0};
            evil_frame = (struct evil_frame){0x1000, 0, FLAGS_AFTER_SYSCALL, 0x1000, USER_DATA};
            *selectors[i] = (uint16_t)selector;
            evil_start(ep, codes[i], 0);
            struct msg m = evil_fault(ep);
            EXPECT(is_refused_stack(&m) ||
                   (m.label == FAULT_PROTECTION && m.word[2] == (selector & ~(unsigned)RING)));
        }
    }
}

static const struct test list[] = {
    {"asks", asks},
    {"local_table", local_table},
};

CASE_SET(780, evil_selector_cases)
{
    for (unsigned i = 0; i < COUNT(loops); i++) {
        if (!case_begin("evil/selector/%s", loops[i].name))
            continue;
        loop_case(&loops[i]);
        case_end();
    }
    CASES("evil/selector", list);
}
