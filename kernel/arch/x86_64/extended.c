/* Extended state (SDM vol. 1, chapter 13) and segment bases. Saved and restored eagerly, and only for threads
   that have them: no lazy switching, whose faults can be speculated past (CVE-2018-3665). */
#include <stddef.h>

#include "arch/arch.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/flaw.h"
#include "arch/x86_64/mitigate.h"

enum {
    MSR_FS_BASE = 0xc0000100,
    MSR_GS_BASE = 0xc0000101,
    CR4_OSXMMEXCPT = 1 << 10,
    CR4_OSXSAVE = 1 << 18,
    CR0_TS = 1 << 3,
    STATE_X87_SSE = 3,
    STATE_AVX = 4,
    FCW_INITIAL = 0x37f,
    MXCSR_INITIAL = 0x1f80,
    AMD_8_EBX_XSAVEERPTR = 1 << 2, /* CPUID leaf 8000_0008: APM vol. 3 */
    MXCSR_OFFSET = 24,             /* in the legacy region, as FCW is at 0 */
};

static uint32_t features; /* XCR0; 0: the CPU has no XSAVE, FXSAVE is used */
/* AMD without XSAVEERPTR: XRSTOR and FXRSTOR leave the x87's pointers to its last instruction and operand as
   they are when no exception is pending, and the next thread could read those of the last (CVE-2006-1056). */
static bool leaves_pointers;

static bool find_leaves_pointers(void)
{
    struct cpu_facts facts = {0};
    cpu_facts_read(&facts);
    return facts.vendor == VENDOR_AMD && !facts.emulated && !(facts.amd_8_ebx & AMD_8_EBX_XSAVEERPTR);
}

/* An x87 load of the kernel's own, to which the pointers then lead. Before it no exception may be pending,
   and a place on the register stack must be free. */
static void set_pointers(void)
{
    static const uint32_t zero;
    __asm__ volatile("fnclex; emms; fildl %0" : : "m"(zero));
}

void extended_init(void)
{
    uint32_t r[4];
    leaves_pointers = find_leaves_pointers();
    cpuid(1, 0, r);
    write_cr4(read_cr4() | CR4_OSXMMEXCPT);
    if (!(r[2] >> 26 & 1))
        return;
    write_cr4(read_cr4() | CR4_OSXSAVE);
    features = STATE_X87_SSE | (r[2] >> 28 & 1 ? STATE_AVX : 0);
    __asm__ volatile("xsetbv" : : "c"(0), "a"(features), "d"(0));
}

void arch_extended_init(void *state)
{
    *(uint16_t *)state = FCW_INITIAL;
    *(uint32_t *)((char *)state + MXCSR_OFFSET) = MXCSR_INITIAL;
}

static uint64_t read_cr0(void)
{
    uint64_t value;
    __asm__ volatile("mov %%cr0, %0" : "=r"(value));
    return value;
}

void arch_extended_save(void *state)
{
    if (!state)
        return;
    if (features)
        __asm__ volatile("xsave64 (%0)" : : "r"(state), "a"(features), "d"(0) : "memory");
    else
        __asm__ volatile("fxsave64 (%0)" : : "r"(state) : "memory");
}

void arch_extended_load(void *state, uint64_t fs_base, uint64_t gs_base)
{
    wrmsr(MSR_FS_BASE, fs_base);
    wrmsr(MSR_GS_BASE, gs_base);
    if (!state) {
        __asm__ volatile("mov %0, %%cr0" : : "r"(read_cr0() | CR0_TS));
        return;
    }
    __asm__ volatile("clts");
    if (leaves_pointers)
        set_pointers();
    if (features)
        __asm__ volatile("xrstor64 (%0)" : : "r"(state), "a"(features), "d"(0) : "memory");
    else
        __asm__ volatile("fxrstor64 (%0)" : : "r"(state) : "memory");
}
