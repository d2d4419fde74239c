/* Exceptions of single instructions: the message says which and where, and the thread goes no further. */
#include "frame/evil.h"
#include "frame/fault.h"

#define ANY FAULT_ANY
enum { ANY_PLACE = 0x100 };

/* Name, code, label, error code, vector, how far rip is past the first byte (or ANY_PLACE). QEMU 7.2 has no
   #SS for a non-canonical stack address, and its error code of INT n is the vector times 16, not times 8: ANY
   there. */
#define EACH_CODE(X)                                                                                           \
    X(ud2, "ud2", FAULT_INSTRUCTION, 0, 6, 0)                                                                  \
    X(into, ".byte 0xce", FAULT_INSTRUCTION, 0, 6, 0)                                                          \
    X(hlt, "hlt", FAULT_PROTECTION, 0, 13, 0)                                                                  \
    X(cli, "cli", FAULT_PROTECTION, 0, 13, 0)                                                                  \
    X(sti, "sti", FAULT_PROTECTION, 0, 13, 0)                                                                  \
    X(in_byte, "in %dx, %al", FAULT_PROTECTION, 0, 13, 0)                                                      \
    X(in_port_60, "in $0x60, %al", FAULT_PROTECTION, 0, 13, 0)                                                 \
    X(out_byte, "out %al, %dx", FAULT_PROTECTION, 0, 13, 0)                                                    \
    X(out_port_f4, "out %al, $0xf4", FAULT_PROTECTION, 0, 13, 0)                                               \
    X(out_string, "outsb", FAULT_PROTECTION, 0, 13, 0)                                                         \
    X(read_cr0, "mov %cr0, %rax", FAULT_PROTECTION, 0, 13, 0)                                                  \
    X(read_cr3, "mov %cr3, %rax", FAULT_PROTECTION, 0, 13, 0)                                                  \
    X(write_cr0, "mov %rax, %cr0", FAULT_PROTECTION, 0, 13, 0)                                                 \
    X(write_cr3, "mov %rax, %cr3", FAULT_PROTECTION, 0, 13, 0)                                                 \
    X(write_cr4, "mov %rax, %cr4", FAULT_PROTECTION, 0, 13, 0)                                                 \
    X(write_cr8, "mov %rax, %cr8", FAULT_PROTECTION, 0, 13, 0)                                                 \
    X(read_dr7, "mov %dr7, %rax", FAULT_PROTECTION, 0, 13, 0)                                                  \
    X(write_dr7, "mov %rax, %dr7", FAULT_PROTECTION, 0, 13, 0)                                                 \
    X(rdmsr, "rdmsr", FAULT_PROTECTION, 0, 13, 0)                                                              \
    X(wrmsr, "wrmsr", FAULT_PROTECTION, 0, 13, 0)                                                              \
    X(rdpmc, "rdpmc", FAULT_PROTECTION, 0, 13, 0)                                                              \
    X(lgdt, "lgdt (%rsp)", FAULT_PROTECTION, 0, 13, 0)                                                         \
    X(lidt, "lidt (%rsp)", FAULT_PROTECTION, 0, 13, 0)                                                         \
    X(lldt, "lldt %ax", FAULT_PROTECTION, 0, 13, 0)                                                            \
    X(ltr, "ltr %ax", FAULT_PROTECTION, 0, 13, 0)                                                              \
    X(lmsw, "lmsw %ax", FAULT_PROTECTION, 0, 13, 0)                                                            \
    X(clts, "clts", FAULT_PROTECTION, 0, 13, 0)                                                                \
    X(invlpg, "invlpg (%rsp)", FAULT_PROTECTION, 0, 13, 0)                                                     \
    X(invd, "invd", FAULT_PROTECTION, 0, 13, 0)                                                                \
    X(wbinvd, "wbinvd", FAULT_PROTECTION, 0, 13, 0)                                                            \
    X(swapgs, "swapgs", FAULT_PROTECTION, 0, 13, 0)                                                            \
    X(sysretq, "sysretq", FAULT_PROTECTION, 0, 13, 0)                                                          \
    X(load_kernel_ds, "mov $0x10, %eax; mov %eax, %ds", FAULT_PROTECTION, 0x10, 13, 5)                         \
    X(load_null_ss, "xor %eax, %eax; mov %eax, %ss", FAULT_PROTECTION, 0, 13, 2)                               \
    X(int_0, "int $0", FAULT_PROTECTION, ANY, 13, 0)                                                           \
    X(int_1, "int $1", FAULT_PROTECTION, ANY, 13, 0)                                                           \
    X(int_2, "int $2", FAULT_PROTECTION, ANY, 13, 0)                                                           \
    X(int_8, "int $8", FAULT_PROTECTION, ANY, 13, 0)                                                           \
    X(int_13, "int $13", FAULT_PROTECTION, ANY, 13, 0)                                                         \
    X(int_14, "int $14", FAULT_PROTECTION, ANY, 13, 0)                                                         \
    X(int_18, "int $18", FAULT_PROTECTION, ANY, 13, 0)                                                         \
    X(int_32, "int $32", FAULT_PROTECTION, ANY, 13, 0)                                                         \
    X(int_128, "int $128", FAULT_PROTECTION, ANY, 13, 0)                                                       \
    X(int_255, "int $255", FAULT_PROTECTION, ANY, 13, 0)                                                       \
    X(int3, "int3", FAULT_DEBUG, 0, 3, 1)                                                                      \
    X(int_3, ".byte 0xcd, 3", FAULT_DEBUG, 0, 3, 2)                                                            \
    X(single_step, "pushq $0x302; popfq; nop", FAULT_DEBUG, DEBUG_STEP, 1, 7)                                  \
    X(divide_by_zero, "xor %ecx, %ecx; div %rcx", FAULT_ARITHMETIC, 0, 0, 2)                                   \
    X(divide_overflow, "mov $-1, %rdx; div %rdx", FAULT_ARITHMETIC, 0, 0, 7)                                   \
    X(sse_move, "movaps %xmm0, %xmm1", FAULT_NO_FPU, 0, 7, 0)                                                  \
    X(sse_load, "movups (%rsp), %xmm0", FAULT_NO_FPU, 0, 7, 0)                                                 \
    X(x87_init, "fninit", FAULT_NO_FPU, 0, 7, 0)                                                               \
    X(x87_load, "fldz", FAULT_NO_FPU, 0, 7, 0)                                                                 \
    X(fxsave, "and $-64, %rsp; fxsave -1024(%rsp)", FAULT_NO_FPU, 0, 7, 4)                                     \
    X(ldmxcsr, "ldmxcsr (%rsp)", FAULT_NO_FPU, 0, 7, 0)                                                        \
    X(wrfsbase, "wrfsbase %rax", FAULT_INSTRUCTION, 0, 6, 0)                                                   \
    X(read_non_canonical, "mov $1, %eax; shl $63, %rax; mov (%rax), %rax", FAULT_PROTECTION, 0, 13, 9)         \
    X(read_hole_start, "mov $1, %eax; shl $47, %rax; mov (%rax), %rax", FAULT_PROTECTION, 0, 13, 9)            \
    X(push_non_canonical, "mov $1, %esp; shl $63, %rsp; push %rax", FAULT_PROTECTION, 0, ANY, 9)               \
    X(jump_non_canonical, "mov $1, %eax; shl $63, %rax; jmp *%rax", FAULT_PROTECTION, 0, 13, ANY_PLACE)

#define DEFINE(name, code, label, error, vector, offset)                                                       \
    __asm__(".text; code_at_" #name ": " code "; ret");                                                        \
    void code_at_##name(uint64_t unused);
EACH_CODE(DEFINE)

#define ROW(name, code, label, error, vector, offset)                                                          \
    {#name, code_at_##name, {label, 0, error, vector}, offset},
static const struct {
    const char *name;
    void (*code)(uint64_t unused);
    struct fault want;
    uint64_t offset;
} codes[] = {EACH_CODE(ROW)};

/* By QEMU 10's TCG. */
static bool may_be_executed(void (*code)(uint64_t unused))
{
    return code == code_at_into || code == code_at_invd || code == code_at_wbinvd;
}

static void check(const struct msg *m, struct fault want, uint64_t rip)
{
    if (want.label == FAULT_PROTECTION && evil_tcg_pages(m))
        case_skip("this emulator has #PF there, and every CPU #GP");
    else
        fault_check(m, A, want, rip);
}

/* What has faulted stays so: other threads go on, and it can be stopped and used again. */
CASE_SET(190, fault_cpu_cases)
{
    for (unsigned i = 0; i < COUNT(codes); i++) {
        if (!case_begin("fault/cpu/%s", codes[i].name))
            continue;
        actors_reset(false);
        cap_t ep = fault_endpoint();
        bool anywhere = codes[i].offset == ANY_PLACE;
        fault_configure(A, ep);
        struct step *s = plan_function(A, codes[i].code, 0);
        go(A);
        if (!may_be_executed(codes[i].code) || !evil_tcg_executes(s)) {
            EXPECT_WAITS(s);
            struct msg m = evil_fault(ep);
            check(&m, codes[i].want, anywhere ? 0 : address_of(codes[i].code) + codes[i].offset);
            EXPECT_WAITS(s);
        }
        case_end();
    }
}
