#include "cpu.h"

#include "abi.h"
#include "arch.h"
#include "layout.h"
#include "trap.h"

struct cpu_features cpu_features;

enum {
    CR4_PGE = 1 << 7,
    CR4_OSFXSR = 1 << 9, /* SSE without state raises #NM, as x87 does, not #UD */
    CR4_UMIP = 1 << 11,
    CR4_PCIDE = 1 << 17,
    CR4_SMEP = 1 << 20,
    CR4_SMAP = 1 << 21,
};

extern const char syscall_entry[], syscall_entry_slow[], syscall_entry_compat[];
extern uint8_t clac_site[3], clac_site_in_place[3];

static void find_features(void)
{
    uint32_t r[4];
    uint32_t max_basic, max_extended;
    cpuid(0, 0, r);
    max_basic = r[0];
    cpuid(0x80000000, 0, r);
    max_extended = r[0];
    cpuid(1, 0, r);
    bool pcid = r[2] >> 17 & 1;
    cpu_features.pat = r[3] >> 16 & 1;
    if (max_basic >= 7) {
        cpuid(7, 0, r);
        cpu_features.smep = r[1] >> 7 & 1;
        cpu_features.smap = r[1] >> 20 & 1;
        cpu_features.umip = r[2] >> 2 & 1;
        cpu_features.pcid = pcid && (r[1] >> 10 & 1); /* only with INVPCID: deletion needs it */
    }
    cpuid(0x80000001, 0, r); /* boot_entry has seen that there is this leaf, and NX in it */
    cpu_features.page_1gib = r[3] >> 26 & 1;
    cpu_features.physical_bits = 36; /* what all have, SDM vol. 2, CPUID */
    if (max_extended >= 0x80000008) {
        cpuid(0x80000008, 0, r);
        cpu_features.physical_bits = r[0] & 0xff;
    }
}

/* An interrupt from ring 3 leaves the user's AC flag set, which opens what SMAP closes. The trap entries have a
   three-byte no-op where CLAC belongs (it is an invalid opcode without SMAP); put it there.
   pre: the boot page tables, under which text is writable */
static void patch_clac(uint8_t site[3])
{
    site[0] = 0x0f;
    site[1] = 0x01;
    site[2] = 0xca;
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
    uint64_t cr4 = read_cr4() | CR4_PGE | CR4_OSFXSR;
    find_features();
    pat_init();
    if (cpu_features.smep)
        cr4 |= CR4_SMEP;
    if (cpu_features.umip)
        cr4 |= CR4_UMIP;
    if (cpu_features.smap) {
        patch_clac(clac_site);
        patch_clac(clac_site_in_place);
        cr4 |= CR4_SMAP;
    }
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
    wrmsr(MSR_LSTAR, slow ? (uintptr_t)syscall_entry_slow : (uintptr_t)syscall_entry);
    wrmsr(MSR_CSTAR, (uintptr_t)syscall_entry_compat);
    wrmsr(MSR_SFMASK, 0x57700);
    if (!slow)
        descriptors_fast_page_fault();
    wrmsr(MSR_SYSENTER_CS, 0); /* SYSENTER is #GP, whatever firmware had it for */
}

bool arch_flags_clean(void)
{
    uint64_t flags;
    __asm__ volatile("pushfq; popq %0" : "=r"(flags));
    return !(flags & 0x44700); /* TF IF DF NT AC */
}

bool is_fast_entry(uint64_t rip)
{
    return rip == (uintptr_t)syscall_entry || rip == (uintptr_t)syscall_entry_slow ||
           rip == (uintptr_t)fast_page_fault;
}
