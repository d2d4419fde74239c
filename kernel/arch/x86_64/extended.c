/* Extended state (SDM vol. 1, chapter 13) and segment bases. The registers hold the state of the last thread that used
   them, behind CR0.TS while threads without any run, until another with state comes. Where CR0.TS can be speculated
   past (CVE-2018-3665) the mitigation `fpu` saves and clears them at once. */
#include <stddef.h>

#include "arch/arch.h"
#include "arch/percpu.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/flaw.h"
#include "arch/x86_64/mitigate.h"

enum {
    MSR_FS_BASE = 0xc0000100,
    MSR_GS_BASE = 0xc0000101,
    CR4_OSXMMEXCPT = 1 << 10,
    CR4_FSGSBASE = 1 << 16,
    CR4_OSXSAVE = 1 << 18,
    CR0_TS = 1 << 3,
    FCW_INITIAL = 0x37f,
    MXCSR_INITIAL = 0x1f80,
    AMD_8_EBX_XSAVEERPTR = 1 << 2, /* CPUID leaf 8000_0008: APM vol. 3 */
    MXCSR_OFFSET = 24,             /* in the legacy region, as FCW is at 0 */
};

static uint32_t features; /* XCR0; 0: the CPU has no XSAVE, FXSAVE is used */
static bool optimised;    /* it has XSAVEOPT */
static bool fsgsbase;
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

_Alignas(64) uint8_t clean_state[1024]; /* of a thread that starts, so nobody's; the entries have it, too */

static void xsave_init(void)
{
    uint32_t r[4], may[4]; /* what XCR0 may hold: nothing where firmware or a hypervisor hides that leaf */
    cpuid(1, 0, r);
    cpuid_leaf(13, 0, may);
    if (!(r[2] >> 26 & 1) || (may[0] & STATE_X87_SSE) != STATE_X87_SSE)
        return;
    write_cr4(read_cr4() | CR4_OSXSAVE);
    features = may[0] & STATE_ALL;
    __asm__ volatile("xsetbv" : : "c"(0), "a"(features), "d"(0));
    cpuid_leaf(13, 1, r);
    optimised = r[0] & 1;
}

void extended_init(void)
{
    uint32_t r[4];
    leaves_pointers = find_leaves_pointers();
    write_cr4(read_cr4() | CR4_OSXMMEXCPT);
    xsave_init();
    arch_extended_init(clean_state);
    cpuid_leaf(7, 0, r);
    fsgsbase = r[1] & 1;
    cpu.cr0_barred = read_cr0() | CR0_TS;
    cpu.cr4 = read_cr4();
    cpu.cr4_bases = cpu.cr4 | (fsgsbase ? CR4_FSGSBASE : 0);
}

bool arch_extended_is_fast(void)
{
    return optimised && !leaves_pointers;
}

bool arch_bases_are_fast(void)
{
    return fsgsbase;
}

void arch_extended_init(void *state)
{
    *(uint16_t *)state = FCW_INITIAL;
    *(uint32_t *)((char *)state + MXCSR_OFFSET) = MXCSR_INITIAL;
}

static void save(void *state)
{
    if (optimised)
        __asm__ volatile("xsaveopt64 (%0)" : : "r"(state), "a"(STATE_ALL), "d"(0) : "memory");
    else if (features)
        __asm__ volatile("xsave64 (%0)" : : "r"(state), "a"(STATE_ALL), "d"(0) : "memory");
    else
        __asm__ volatile("fxsave64 (%0)" : : "r"(state) : "memory");
}

static void restore(void *state)
{
    if (leaves_pointers)
        set_pointers();
    if (features)
        __asm__ volatile("xrstor64 (%0)" : : "r"(state), "a"(STATE_ALL), "d"(0) : "memory");
    else
        __asm__ volatile("fxrstor64 (%0)" : : "r"(state) : "memory");
}

void arch_extended_leave(void *state)
{
    if (!state || cpu.extended != state)
        return;
    __asm__ volatile("clts");
    save(state);
    restore(clean_state); /* by arch_extended_load() alone they would stay, with `fpu`, too */
    cpu.extended = NULL;
}

/* XSAVEOPT leaves out what has not changed since the last XRSTOR, if that was from the same memory (SDM vol. 1, 13.9):
   it was, for it is XRSTOR that makes the registers hold a state. */
void arch_extended_load(void *state)
{
    void *held = cpu.extended;
    if (state)
        __asm__ volatile("clts");
    if (held != state && (state || mitigations & MITIGATE_FPU)) {
        if (held)
            save(held);
        restore(state ? state : clean_state);
        cpu.extended = state;
    }
    if (!state)
        __asm__ volatile("mov %0, %%cr0" : : "r"(cpu.cr0_barred));
}

/* CR4.FSGSBASE is set only while a thread that has bases runs, so no other can write them. Writing CR4 is an exit of a guest under
   KVM, so one such thread after another finds it as it must be. */
void arch_bases_save(uint64_t *fs_base, uint64_t *gs_base)
{
    if (fsgsbase)
        __asm__ volatile("rdfsbase %0; rdgsbase %1" : "=r"(*fs_base), "=r"(*gs_base));
}

static inline void load(uint64_t fs_base, uint64_t gs_base)
{
    if (fsgsbase) {
        __asm__ volatile("wrfsbase %0; wrgsbase %1" : : "r"(fs_base), "r"(gs_base));
    } else {
        wrmsr(MSR_FS_BASE, fs_base);
        wrmsr(MSR_GS_BASE, gs_base);
    }
}

void arch_bases_load(bool has, uint64_t fs_base, uint64_t gs_base)
{
    load(fs_base, gs_base);
    if (!has && fsgsbase)
        write_cr4(cpu.cr4);
}

void arch_bases_open(uint64_t fs_base, uint64_t gs_base)
{
    if (fsgsbase)
        write_cr4(cpu.cr4_bases);
    load(fs_base, gs_base);
}
