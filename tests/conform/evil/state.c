/* Registers that one program leaves for another to find, and extended state that is not what a CPU makes. */
#include "frame/evil.h"
#include "frame/fpu.h"

enum {
    AREA = 4096,  /* more than any XSAVE area here */
    HEADER = 512, /* of an XSAVE area: XSTATE_BV, XCOMP_BV, and 48 reserved bytes (SDM vol. 1, 13.4.2) */
    XCOMP = HEADER + 8,
    RESERVED = HEADER + 16,
    MXCSR = 24,
    BITS = 64,
};

/* ---- what a new thread finds */

/* At its first instruction: all registers to shared()->regs[0].out, in the order of enum regs. */
__asm__(".text; evil_first:\n"
        "mov %rax, 0x20000000+136; mov %rbx, 0x20000000+136+8; mov %rcx, 0x20000000+136+16\n"
        "mov %rdx, 0x20000000+136+24; mov %rsi, 0x20000000+136+32; mov %rdi, 0x20000000+136+40\n"
        "mov %rbp, 0x20000000+136+48; mov %rsp, 0x20000000+136+56; mov %r8, 0x20000000+136+64\n"
        "mov %r9, 0x20000000+136+72; mov %r10, 0x20000000+136+80; mov %r11, 0x20000000+136+88\n"
        "mov %r12, 0x20000000+136+96; mov %r13, 0x20000000+136+104; mov %r14, 0x20000000+136+112\n"
        "mov %r15, 0x20000000+136+120; pushfq; popq 0x20000000+136+128\n"
        "evil_first_end: ud2\n");
void evil_first(uint64_t unused);

/* What SYSRET itself puts there is known: rcx the address, r11 the flags. */
static void expect_fresh(uint64_t rsp, uint64_t rdi)
{
    const uint64_t *out = shared()->regs[0].out;
    for (unsigned i = 0; i < FLAGS; i++) {
        uint64_t want = i == RSP ? rsp : i == RDI ? rdi : 0;
        if (i == RCX)
            EXPECT(out[i] == 0 || out[i] == address_of(evil_first));
        else if (i == R11)
            EXPECT(out[i] == 0 || out[i] == FLAGS_AFTER_SYSCALL);
        else
            EXPECT_IS(out[i], want);
    }
    EXPECT_IS(out[FLAGS], FLAGS_AFTER_SYSCALL);
}

/* After threads with a pattern in every register: by a system call, and by a fault. */
static void new_thread(void)
{
    static void (*const before[])(uint64_t) = {regs_syscall_0, regs_break};
    uint64_t rsp = (uint64_t)(uintptr_t)&shared()->regs[1].out[REGS];
    cap_t ep = fault_endpoint();
    for (unsigned i = 0; i < COUNT(before); i++) {
        fault_configure(B, ep);
        regs_prepare(0, SYS_NULL, pattern(1, 1));
        plan_function(B, before[i], 0);
        go(B);
        struct msg m = {0};
        if (before[i] == regs_break)
            EXPECT_IS(ipc_recv(ep, &m), GOT_MESSAGE);
        thread_suspend(actor_tcb(B));
        fault_configure(A, ep);
        EXPECT_IS(thread_set_entry(actor_tcb(A), address_of(evil_first), rsp, 77), 0);
        go(A);
        EXPECT_IS(evil_fault(ep).label, FAULT_INSTRUCTION);
        expect_fresh(rsp, 77);
    }
}

/* A TCB that is a dead thread's memory again. */
static void reused_memory(void)
{
    uint64_t pool = temp_object(TYPE_UNTYPED, 16), rsp = (uint64_t)(uintptr_t)&shared()->regs[1].out[REGS];
    cap_t self = cap_at(CAP_SELF_CNODE), ep = fault_endpoint();
    uint64_t badged = temp_mint(ep >> SLOT_BITS, RIGHT_SEND, FAULT_BADGE + A);
    for (unsigned round = 0; round < 3; round++) {
        uint64_t slot = temp_slot();
        EXPECT_IS(retype(cap_at(pool), TYPE_TCB, 0, self, slot, 1), 0);
        EXPECT_IS(thread_configure(cap_at(slot), self, cap_at(CAP_SELF_SPACE), cap_at(badged), ACTOR_PRIORITY,
                                   ACTOR_PRIORITY),
                  0);
        EXPECT_IS(thread_set_entry(cap_at(slot), address_of(evil_first), rsp, round), 0);
        EXPECT_IS(thread_resume(cap_at(slot)), 0);
        EXPECT_IS(evil_fault(ep).label, FAULT_INSTRUCTION);
        expect_fresh(rsp, round);
        EXPECT_IS(cap_revoke(self, pool), 0);
    }
}

/* ---- extended state */

static char area[AREA] __attribute__((aligned(64)));

__asm__(".text\n"
        "evil_ldmxcsr: push %rdi; ldmxcsr (%rsp); pop %rax; ret\n"
        "evil_xrstor: mov $-1, %eax; mov $-1, %edx; evil_at_xrstor: xrstor (%rdi); ret\n"
        "evil_xsave: mov $-1, %eax; mov $-1, %edx; xsave (%rdi); ret\n"
        "evil_fxrstor: fxrstor (%rdi); ret\n"
        "evil_fxsave: fxsave (%rdi); ret\n"
        "evil_x87: movw $0x340, -8(%rsp); fninit; fldcw -8(%rsp); fldz; fldz; fdivp; fwait; ret\n"
        "evil_simd: movl $0, -8(%rsp); ldmxcsr -8(%rsp); xorps %xmm0, %xmm0; divps %xmm0, %xmm0; ret\n");
void evil_ldmxcsr(uint64_t value);
void evil_xrstor(uint64_t address);
void evil_xsave(uint64_t address);
void evil_fxrstor(uint64_t address);
void evil_fxsave(uint64_t address);
void evil_x87(uint64_t unused);
void evil_simd(uint64_t unused);

static bool has_xsave(void)
{
    return evil_cpuid(1).r[2] >> 27 & 1;
}

/* A and B have state; B's must be as it was, whatever A does. */
static cap_t begin(void)
{
    cap_t ep = fault_endpoint();
    fpu_give(A);
    fpu_give(B);
    fpu_prepare(B, 5);
    struct step *s = plan_function(B, fpu_load, B);
    go(B);
    EXPECT_DONE(s);
    return ep;
}

static void end(void)
{
    struct step *s = plan_function(B, fpu_store, B);
    go(B);
    EXPECT_DONE(s);
    EXPECT(fpu_same(B));
    fpu_take();
}

/* Something wrong: the instruction faults, or the CPU of an emulator (TCG) does not mind; A can be used again.
 */
static void wrong(cap_t ep, void (*code)(uint64_t), uint64_t argument, uint64_t label)
{
    evil_configure(ep);
    struct step *s = plan_function(A, code, argument);
    go(A);
    if (!s->done)
        EXPECT_IS(evil_fault(ep).label, label);
    fpu_prepare(A, 3);
    evil_returns(ep, fpu_load, A);
    evil_returns(ep, fpu_store, A);
    EXPECT(fpu_same(A));
}

static void mxcsr_bits(void)
{
    cap_t ep = begin();
    for (unsigned bit = 16; bit < 32; bit++)
        wrong(ep, evil_ldmxcsr, 0x1f80 | 1ul << bit, FAULT_PROTECTION);
    end();
}

static void xsave_header(void)
{
    cap_t ep = begin();
    uint64_t at = (uint64_t)(uintptr_t)area;
    for (unsigned bit = 0; has_xsave() && bit < BITS; bit++) {
        static const unsigned words[] = {HEADER, XCOMP, RESERVED, RESERVED + 40};
        for (unsigned i = 0; i < COUNT(words); i++) {
            memset(area, 0, sizeof area);
            *(uint32_t *)(area + MXCSR) = 0x1f80;        /* NOLINT: aligned */
            *(uint64_t *)(area + words[i]) = 1ul << bit; /* NOLINT: aligned */
            wrong(ep, evil_xrstor, at, FAULT_PROTECTION);
        }
    }
    end();
}

static void restored_mxcsr(void)
{
    cap_t ep = begin();
    for (unsigned bit = 16; bit < 32; bit++) {
        memset(area, 0, sizeof area);
        *(uint32_t *)(area + MXCSR) = 0x1f80u | 1u << bit; /* NOLINT: aligned */
        area[HEADER] = 3;
        wrong(ep, evil_fxrstor, (uint64_t)(uintptr_t)area, FAULT_PROTECTION);
        if (has_xsave())
            wrong(ep, evil_xrstor, (uint64_t)(uintptr_t)area, FAULT_PROTECTION);
    }
    end();
}

/* Where no area can be: not aligned, the kernel's, not mapped. */
static void area_addresses(void)
{
    static void (*const codes[])(uint64_t) = {evil_fxsave, evil_fxrstor, evil_xsave, evil_xrstor};
    const uint64_t addresses[] = {(uint64_t)(uintptr_t)area + 8, 0xffffffff80200000, 0xffff800000200000,
                                  1ul << 63, 64};
    cap_t ep = begin();
    for (unsigned i = 0; i < (has_xsave() ? 4 : 2); i++) {
        for (unsigned k = 0; k < COUNT(addresses); k++) {
            evil_start(ep, codes[i], addresses[k]);
            uint64_t label = evil_fault(ep).label;
            EXPECT(label == FAULT_PROTECTION || label == FAULT_PAGE);
        }
    }
    end();
}

/* Exceptions that it unmasks are its own. The one of x87 waits for the next x87 instruction: of the same
 * thread. */
static void unmasked(void)
{
    cap_t ep = begin();
    evil_start(ep, evil_x87, 0);
    EXPECT_IS(evil_fault(ep).label, FAULT_ARITHMETIC);
    wrong(ep, evil_simd, 0, FAULT_ARITHMETIC);
    end();
}

static const struct test list[] = {
    {"new_thread", new_thread},     {"reused_memory", reused_memory},   {"mxcsr_bits", mxcsr_bits},
    {"xsave_header", xsave_header}, {"restored_mxcsr", restored_mxcsr}, {"area_addresses", area_addresses},
    {"unmasked", unmasked},
};

CASE_SET(800, evil_state_cases)
{
    CASES("evil/state", list);
}
