/* Which flaws of speculation a CPU has, and what helps against them: pure functions of what CPUID and MSRs say.
   docs/vulnerabilities.md says what each mitigation is for and what it costs. */
#ifndef BATON_FLAW_H
#define BATON_FLAW_H

#include <stdbool.h>
#include <stdint.h>

enum mitigation {
    MITIGATE_KPTI = 1,   /* while ring 3 runs, no more of the kernel is mapped than its way in */
    MITIGATE_VERW = 2,   /* buffers are overwritten on the way to ring 3 */
    MITIGATE_IBPB = 4,   /* branch predictions are forgotten between address spaces */
    MITIGATE_RSB = 8,    /* and so are return addresses */
    MITIGATE_IBRS = 16,  /* the C paths are not steered by ring 3's branches */
    MITIGATE_ENTRY = 32, /* branch predictions are forgotten at the entry of the C paths */
    MITIGATE_BHB = 64,   /* and so is the history of branches */
    MITIGATE_FPU = 128,  /* extended state is saved and cleared when a thread without any runs */
    MITIGATIONS = 8,     /* how many there are */
};

enum cpu_vendor { VENDOR_OTHER, VENDOR_INTEL, VENDOR_AMD };

/* 0 where the CPU does not have the leaf or the MSR. */
struct cpu_facts {
    uint32_t vendor, family, model; /* enum cpu_vendor; family and model with their extended parts */
    bool emulated;                  /* QEMU's TCG: no instruction of ours is the real CPU's */
    uint32_t leaf7_ebx, leaf7_edx, leaf7_2_edx;
    uint32_t amd_8_ebx, amd_21_eax, amd_21_ecx; /* leaves 8000_0008 and 8000_0021 */
    uint64_t capabilities;                      /* IA32_ARCH_CAPABILITIES */
};

/* Sets of enum mitigation: what this CPU needs; what it has the means for; what is a mode of it, set once at
   boot, so that no path needs an instruction. */
uint32_t flaw_needs(const struct cpu_facts *facts);
uint32_t flaw_helps(const struct cpu_facts *facts);
uint32_t flaw_modes(const struct cpu_facts *facts);

/* "auto", "off", "all", or names with commas between. False when there is another word in it. */
bool flaw_asked(const char *words, uint32_t needed, uint32_t *set);
extern const char *const flaw_names[]; /* by the number of the bit */

#endif
