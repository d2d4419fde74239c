#include "arch/x86_64/cpu.h"

#include "abi/abi.h"
#include "arch/arch.h"
#include "arch/x86_64/layout.h"
#include "arch/x86_64/mitigate.h"
#include "debug/trace.h"

struct cpu_features cpu_features;

enum {
    CR4_PGE = 1 << 7,
    CR4_OSFXSR = 1 << 9, /* SSE without state raises #NM, as x87 does, not #UD */
    CR4_UMIP = 1 << 11,
    CR4_PCIDE = 1 << 17,
    CR4_SMEP = 1 << 20,
    CR4_SMAP = 1 << 21,
};

extern const char syscall_entry_compat[];

void cpuid_leaf(uint32_t number, uint32_t sub, uint32_t out[4])
{
    cpuid(number & 1u << 31, 0, out);
    bool is_there = out[0] >= number;
    cpuid(number, sub, out);
    for (unsigned i = 0; i < 4; i++)
        out[i] = is_there ? out[i] : 0;
}

static void find_features(void)
{
    uint32_t r[4];
    cpuid_leaf(1, 0, r);
    bool pcid = r[2] >> 17 & 1;
    cpu_features.apic = r[3] >> 9 & 1;
    cpu_features.pat = r[3] >> 16 & 1;
    cpuid_leaf(7, 0, r);
    cpu_features.smep = r[1] >> 7 & 1;
    cpu_features.smap = r[1] >> 20 & 1;
    cpu_features.umip = r[2] >> 2 & 1;
    cpu_features.pcid = pcid && (r[1] >> 10 & 1); /* only with INVPCID, which deletion needs */
    cpuid_leaf(0x80000001, 0, r);
    cpu_features.page_1gib = r[3] >> 26 & 1;
    cpuid_leaf(0x80000008, 0, r);
    cpu_features.physical_bits = r[0] ? r[0] & 0xff : 36; /* on every CPU; SDM vol. 2, CPUID */
}

/* Entry 2 of the PAT, which PCD alone selects, becomes write-combining instead of UC-; the others stay as they
   are at reset (SDM vol. 3, 12.12.4). No page has used that entry yet, so nothing need be flushed. A CPU
   without a PAT takes such pages for uncached, which is right as well. */
static void pat_init(void)
{
    if (cpu_features.pat)
        wrmsr(MSR_PAT, 0x0007040600010406);
}

void cpu_init(void)
{
    uint64_t cr4 = read_cr4() | CR4_OSFXSR;
    if (!(mitigations & MITIGATE_KPTI))
        cr4 |= CR4_PGE; /* what is global stays in the TLB while ring 3 runs, where Meltdown can use it */
    find_features();
    mitigations_patch();
    pat_init();
    if (cpu_features.smep)
        cr4 |= CR4_SMEP;
    if (cpu_features.umip)
        cr4 |= CR4_UMIP;
    if (cpu_features.smap)
        cr4 |= CR4_SMAP;
    write_cr4(cr4);
}

void cpu_enable_pcid(void)
{
    if (cpu_features.pcid)
        write_cr4(read_cr4() | CR4_PCIDE);
}

/* SFMASK clears what a user could plant in the kernel's flags: TF IF DF IOPL NT RF AC. */
void cpu_syscall_init(bool slow)
{
    uint64_t star = (uint64_t)SEL_KERNEL_DATA << 48 | (uint64_t)SEL_KERNEL_CODE << 32;
    wrmsr(MSR_STAR, star);
    wrmsr(MSR_LSTAR, trace_on ? entries->syscall_traced : slow ? entries->syscall_slow : entries->syscall);
    wrmsr(MSR_CSTAR, (uintptr_t)syscall_entry_compat);
    wrmsr(MSR_SFMASK, 0x57700);
    if (!slow)
        descriptors_fast();
    wrmsr(MSR_SYSENTER_CS, 0); /* SYSENTER is #GP, whatever firmware used it for */
}

bool arch_flags_clean(void)
{
    uint64_t flags;
    __asm__ volatile("pushfq; popq %0" : "=r"(flags));
    return !(flags & 0x44700); /* TF IF DF NT AC */
}

bool is_fast_entry(uint64_t rip)
{
    return rip == entries->syscall || rip == entries->syscall_slow || rip == entries->syscall_traced ||
           rip == entries->page_fault;
}

/* Its labels may exist only once. noipa is gcc's. */
__attribute__((noinline, noipa)) bool wrmsr_checked(uint32_t msr, uint64_t value)
{
    bool good = true;
    __asm__ volatile(".globl wrmsr_may_fail, wrmsr_failed\n"
                     "wrmsr_may_fail: wrmsr; jmp 1f\n"
                     "wrmsr_failed: xor %0, %0\n1:"
                     : "+r"(good)
                     : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
    return good;
}
