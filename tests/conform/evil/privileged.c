/* Instructions that ring 3 may not execute, beyond those of fault/cpu.c: each is a fault of its thread, at its
   first byte, and nothing else. */
#include "frame/evil.h"

/* What must happen: #GP or #UD, or it depends on the CPU, or on an emulator (evil_tcg_executes()). Under KVM: where the CPU has no SYSEXIT it executes
   one, as far as the #GP of ring 3; a hypercall it answers itself; and the instructions of SVM are on in each
   guest of AMD's (APM vol. 2, 15.5.1: EFER.SVME must be set), so that #GP comes instead of #UD. */
enum outcome { GP, UD, GP_ON_INTEL, GP_OR_UD, GP_BY_UMIP, GP_BUT_TCG, HYPERCALL, SVM };

/* Name, what comes before, the instruction, what must happen. rdi: a page of the program's. */
#define EACH_CODE(X)                                                                                           \
    X(read_cr2, "", "mov %cr2, %rax", GP)                                                                      \
    X(write_cr2, "", "mov %rax, %cr2", GP)                                                                     \
    X(read_cr4, "", "mov %cr4, %rax", GP)                                                                      \
    X(read_cr8, "", "mov %cr8, %rax", GP)                                                                      \
    X(read_dr0, "", "mov %dr0, %rax", GP)                                                                      \
    X(read_dr3, "", "mov %dr3, %rax", GP)                                                                      \
    X(read_dr6, "", "mov %dr6, %rax", GP)                                                                      \
    X(write_dr0, "", "mov %rax, %dr0", GP)                                                                     \
    X(write_dr3, "", "mov %rax, %dr3", GP)                                                                     \
    X(write_dr6, "", "mov %rax, %dr6", GP)                                                                     \
    X(lmsw_clears_pe, "xor %eax, %eax", "lmsw %ax", GP)                                                        \
    X(lmsw_memory, "", "lmsw (%rdi)", GP)                                                                      \
    X(lldt_memory, "", "lldt (%rdi)", GP)                                                                      \
    X(lldt_null, "xor %eax, %eax", "lldt %ax", GP)                                                             \
    X(ltr_tss, "mov $0x28, %eax", "ltr %ax", GP)                                                               \
    X(ltr_memory, "", "ltr (%rdi)", GP)                                                                        \
    X(lgdt_memory, "", "lgdt (%rdi)", GP)                                                                      \
    X(lidt_memory, "", "lidt (%rdi)", GP)                                                                      \
    X(read_msr_efer, "mov $0xc0000080, %ecx", "rdmsr", GP)                                                     \
    X(read_msr_lstar, "mov $0xc0000082, %ecx", "rdmsr", GP)                                                    \
    X(read_msr_apic, "mov $0x1b, %ecx", "rdmsr", GP)                                                           \
    X(write_msr_efer, "mov $0xc0000080, %ecx; xor %eax, %eax; xor %edx, %edx", "wrmsr", GP)                    \
    X(write_msr_lstar, "mov $0xc0000082, %ecx", "wrmsr", GP)                                                   \
    X(write_msr_gs_base, "mov $0xc0000101, %ecx", "wrmsr", GP)                                                 \
    X(write_msr_sysenter, "mov $0x176, %ecx", "wrmsr", GP)                                                     \
    X(write_msr_unknown, "mov $0x12345678, %ecx", "wrmsr", GP)                                                 \
    X(rdpmc_fixed, "mov $0x40000000, %ecx", "rdpmc", GP)                                                       \
    X(sysretl, "", "sysretl", GP)                                                                              \
    X(sysexit, "", "sysexitl", GP_ON_INTEL)                                                                    \
    X(sysexitq, "", "sysexitq", GP_ON_INTEL)                                                                   \
    X(sysenter, "", "sysenter", GP_ON_INTEL)                                                                   \
    X(wbnoinvd, "", ".byte 0xf3, 0x0f, 0x09", GP_BUT_TCG)                                                      \
    X(invpcid, "", "invpcid (%rdi), %rax", GP_OR_UD)                                                           \
    X(xsetbv, "xor %ecx, %ecx; mov $7, %eax; xor %edx, %edx", "xsetbv", GP_OR_UD)                              \
    X(monitor, "mov %rdi, %rax; xor %ecx, %ecx; xor %edx, %edx", "monitor", UD)                                \
    X(mwait, "xor %eax, %eax; xor %ecx, %ecx", "mwait", UD)                                                    \
    X(clac, "", "clac", UD)                                                                                    \
    X(stac, "", "stac", UD)                                                                                    \
    X(vmcall, "", "vmcall", HYPERCALL)                                                                         \
    X(vmmcall, "", "vmmcall", HYPERCALL)                                                                       \
    X(vmlaunch, "", "vmlaunch", UD)                                                                            \
    X(vmresume, "", "vmresume", UD)                                                                            \
    X(vmxoff, "", "vmxoff", UD)                                                                                \
    X(vmxon, "", "vmxon (%rdi)", UD)                                                                           \
    X(vmread, "", "vmread %rax, %rcx", UD)                                                                     \
    X(vmrun, "mov %rdi, %rax", ".byte 0x0f, 0x01, 0xd8", SVM)                                                  \
    X(vmload, "mov %rdi, %rax", ".byte 0x0f, 0x01, 0xda", SVM)                                                 \
    X(vmsave, "mov %rdi, %rax", ".byte 0x0f, 0x01, 0xdb", SVM)                                                 \
    X(stgi, "", ".byte 0x0f, 0x01, 0xdc", SVM)                                                                 \
    X(clgi, "", ".byte 0x0f, 0x01, 0xdd", SVM)                                                                 \
    X(skinit, "mov %edi, %eax", ".byte 0x0f, 0x01, 0xde", UD)                                                  \
    X(invlpga, "mov %rdi, %rax; xor %ecx, %ecx", ".byte 0x0f, 0x01, 0xdf", SVM)                                \
    X(getsec, "xor %eax, %eax", ".byte 0x0f, 0x37", UD)                                                        \
    X(rsm, "", "rsm", UD)                                                                                      \
    X(rdfsbase, "", "rdfsbase %rax", UD)                                                                       \
    X(rdgsbase, "", "rdgsbase %rax", UD)                                                                       \
    X(wrgsbase, "", "wrgsbase %rax", UD)                                                                       \
    X(rdpkru, "xor %ecx, %ecx", ".byte 0x0f, 0x01, 0xee", UD)                                                  \
    X(wrpkru, "xor %eax, %eax; xor %ecx, %ecx; xor %edx, %edx", ".byte 0x0f, 0x01, 0xef", UD)                  \
    X(load_cs, "mov $0x23, %eax", ".byte 0x8e, 0xc8", UD)                                                      \
    X(push_es, "", ".byte 0x06", UD)                                                                           \
    X(push_cs, "", ".byte 0x0e", UD)                                                                           \
    X(pusha, "", ".byte 0x60", UD)                                                                             \
    X(far_call_direct, "", ".byte 0x9a, 0, 0, 0, 0, 0x23, 0", UD)                                              \
    X(far_jump_direct, "", ".byte 0xea, 0, 0, 0, 0, 0x23, 0", UD)                                              \
    X(lock_nothing, "", ".byte 0xf0, 0x90", UD)                                                                \
    X(sixteen_bytes, "", ".rept 15; .byte 0x66; .endr; nop", GP)                                               \
    X(iret_nested_task, "pushq $0x4202; popfq", "iretq", GP)                                                   \
    X(in_word, "mov $0x1f0, %edx", "in %dx, %ax", GP)                                                          \
    X(in_long, "mov $0xcfc, %edx", "in %dx, %eax", GP)                                                         \
    X(in_long_immediate, "", "in $0x80, %eax", GP)                                                             \
    X(out_word, "mov $0x604, %edx", "out %ax, %dx", GP)                                                        \
    X(out_long, "mov $0xcf8, %edx", "out %eax, %dx", GP)                                                       \
    X(in_string, "mov $0x60, %edx", "insb", GP)                                                                \
    X(in_strings, "mov $0x1f0, %edx; mov $4, %ecx", "rep insw", GP)                                            \
    X(out_strings, "mov $0x3f8, %edx; mov $4, %ecx; mov %rdi, %rsi", "rep outsl", GP)                          \
    X(sgdt, "", "sgdt (%rdi)", GP_BY_UMIP)                                                                     \
    X(sidt, "", "sidt (%rdi)", GP_BY_UMIP)                                                                     \
    X(sldt, "", "sldt %eax", GP_BY_UMIP)                                                                       \
    X(sldt_memory, "", "sldt (%rdi)", GP_BY_UMIP)                                                              \
    X(str, "", "str %eax", GP_BY_UMIP)                                                                         \
    X(str_memory, "", "str (%rdi)", GP_BY_UMIP)                                                                \
    X(smsw, "", "smsw %rax", GP_BY_UMIP)                                                                       \
    X(smsw_memory, "", "smsw (%rdi)", GP_BY_UMIP)

#define DEFINE(name, before, code, outcome)                                                                    \
    __asm__(".text; evil_" #name ": " before "\n evil_at_" #name ": " code "; ret");                           \
    void evil_##name(uint64_t page);                                                                           \
    void evil_at_##name(uint64_t page);
EACH_CODE(DEFINE)

#define ROW(name, before, code, outcome) {#name, evil_##name, evil_at_##name, outcome},
static const struct {
    const char *name;
    void (*code)(uint64_t page), (*at)(uint64_t page);
    enum outcome outcome;
} codes[] = {EACH_CODE(ROW)};

static bool has_umip(void)
{
    return evil_cpuid(0).r[0] >= 7 && evil_cpuid(7).r[2] >> 2 & 1;
}

/* With -EPERM, or by a fault where it cannot write what it would rather have there: it touches only the
 * thread. */
static void answered_by_kvm(cap_t ep, void (*code)(uint64_t))
{
    evil_configure(ep);
    struct step *s = plan_function(A, code, 0);
    go(A);
    if (!s->done)
        evil_fault(ep);
}

static void one_code(void (*code)(uint64_t), uint64_t rip, enum outcome outcome)
{
    cap_t ep = fault_endpoint();
    uint64_t page = temp_page();
    EXPECT_IS(map_frame(temp_object(TYPE_FRAME, 12), cap_at(CAP_SELF_SPACE), page, RIGHT_READ | RIGHT_WRITE),
              0);
    if (outcome == GP_BY_UMIP && !has_umip()) {
        evil_returns(ep, code, page);
        return;
    }
    if (outcome == HYPERCALL && evil_is_kvm()) {
        answered_by_kvm(ep, code);
        return;
    }
    bool amd_kvm = evil_is_kvm() && !evil_is_intel();
    bool undefined = outcome != GP && outcome != GP_BUT_TCG && outcome != GP_BY_UMIP &&
                     (outcome != GP_ON_INTEL || !evil_is_intel());
    evil_configure(ep);
    struct step *s = plan_function(A, code, page);
    go(A);
    if (outcome == GP_BUT_TCG && evil_tcg_executes(s))
        return;
    EXPECT_WAITS(s);
    struct msg m = evil_fault(ep);
    if (outcome == GP_OR_UD || (amd_kvm && (outcome == GP_ON_INTEL || outcome == SVM)))
        undefined = m.label == FAULT_INSTRUCTION;
    fault_check(&m, A, undefined ? (struct fault){FAULT_INSTRUCTION, 0, 0, VECTOR_OPCODE} : evil_protection(0),
                rip);
}

/* Ports: the string of bits after the TSS would begin with port 0; and no capability opens one to the
 * instruction. */
__asm__(".text; evil_in: mov %edi, %edx; evil_at_in: in %dx, %al; ret\n"
        "evil_out: mov %edi, %edx; evil_at_out: out %al, %dx; ret\n");
void evil_in(uint64_t port);
void evil_out(uint64_t port);
extern const char evil_at_in[], evil_at_out[];

static void every_port(void)
{
    unsigned all = boot_info->checked ? 0x80 : 0x400;
    cap_t ep = fault_endpoint();
    EXPECT(io_in(cap_at(CAP_IO_PORTS), 0x61, 1) >= 0); /* this program may, by the system call */
    for (unsigned port = 0; port < 0x10000; port += port < all ? 1 : 0x3ff) {
        evil_faults(ep, evil_in, port, evil_protection(0), (uint64_t)(uintptr_t)evil_at_in);
        evil_faults(ep, evil_out, port, evil_protection(0), (uint64_t)(uintptr_t)evil_at_out);
    }
}

/* INT n: only the breakpoint's gate is open to ring 3. TCG's error code is not the CPU's: the vector times 16.
 */
__asm__(".text; evil_int: .set n, 0; .rept 256; .byte 0xcd, n; ret; nop; .set n, n + 1; .endr");
extern const char evil_int[];

static void every_interrupt(void)
{
    cap_t ep = fault_endpoint();
    for (unsigned n = 0; n < 256; n++) {
        uint64_t at = (uint64_t)(uintptr_t)evil_int + 4 * n;
        struct fault want = n == VECTOR_BREAKPOINT
                                ? (struct fault){FAULT_DEBUG, 0, FAULT_ANY, VECTOR_BREAKPOINT}
                                : evil_protection(FAULT_ANY);
        evil_faults(ep, (void (*)(uint64_t))at, 0, want, at + (n == VECTOR_BREAKPOINT ? 2 : 0)); /* NOLINT */
    }
}

static const struct test list[] = {
    {"every_port", every_port},
    {"every_interrupt", every_interrupt},
};

CASE_SET(840, evil_privileged_cases)
{
    for (unsigned i = 0; i < COUNT(codes); i++) {
        if (!case_begin("evil/privileged/%s", codes[i].name))
            continue;
        one_code(codes[i].code, address_of(codes[i].at), codes[i].outcome);
        case_end();
    }
    CASES("evil/privileged", list);
}
