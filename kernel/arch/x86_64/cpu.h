/* Privileged instructions, and what this CPU has. */
#ifndef BATON_CPU_H
#define BATON_CPU_H

#include <stdbool.h>
#include <stdint.h>

struct cpu_features {
    bool page_1gib, smep, smap, umip, pcid, pat, apic;
    unsigned physical_bits;
};

extern struct cpu_features cpu_features;

/* Extended state: what is switched of it, less what is not in XCR0. */
enum { STATE_X87_SSE = 3, STATE_AVX = 4, STATE_ALL = STATE_X87_SSE | STATE_AVX };

enum {
    MSR_APIC_BASE = 0x1b,
    MSR_SYSENTER_CS = 0x174,
    MSR_PAT = 0x277,
    MSR_X2APIC = 0x800, /* and on: the registers of a local APIC in x2APIC mode */
    MSR_EFER = 0xc0000080,
    MSR_STAR = 0xc0000081,
    MSR_LSTAR = 0xc0000082,
    MSR_CSTAR = 0xc0000083,
    MSR_SFMASK = 0xc0000084,
};

static inline void outb(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t inb(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static inline void wrmsr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

static inline uint64_t rdtsc(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

#define READ_CONTROL(cr)                                                                                       \
    static inline uint64_t read_##cr(void)                                                                     \
    {                                                                                                          \
        uint64_t value;                                                                                        \
        __asm__ volatile("mov %%" #cr ", %0" : "=r"(value));                                                   \
        return value;                                                                                          \
    }
READ_CONTROL(cr0)
READ_CONTROL(cr2)
READ_CONTROL(cr3)
READ_CONTROL(cr4)

#define WRITE_CONTROL(cr)                                                                                      \
    static inline void write_##cr(uint64_t value)                                                              \
    {                                                                                                          \
        __asm__ volatile("mov %0, %%" #cr : : "r"(value) : "memory");                                          \
    }
WRITE_CONTROL(cr3)
WRITE_CONTROL(cr4)

static inline void invlpg(uint64_t vaddr)
{
    __asm__ volatile("invlpg (%0)" : : "r"(vaddr) : "memory");
}

enum invpcid_type { INVPCID_ADDRESS = 0, INVPCID_CONTEXT = 1 };

static inline void invpcid(enum invpcid_type type, uint64_t pcid, uint64_t vaddr)
{
    const uint64_t descriptor[2] = {pcid, vaddr};
    __asm__ volatile("invpcid %1, %0" : : "r"((uint64_t)type), "m"(descriptor) : "memory");
}

static inline void cpuid(uint32_t leaf, uint32_t sub, uint32_t out[4])
{
    __asm__ volatile("cpuid" : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3]) : "a"(leaf), "c"(sub));
}

/* False, and nothing is written: the CPU refuses it (#GP). */
bool wrmsr_checked(uint32_t msr, uint64_t value);
extern const char wrmsr_may_fail[], wrmsr_failed[]; /* the instruction, and where to go on after its #GP */
/* A leaf of CPUID, or zeros where the CPU does not have it. */
void cpuid_leaf(uint32_t number, uint32_t sub, uint32_t out[4]);
/* Finds the features and turns on those that only protect: SMEP, SMAP, UMIP. pre: mitigations_init */
void cpu_init(void);
/* PCIDs may be turned on only with PCID 0 loaded (SDM vol. 3, 4.10.1): after paging_init. */
void cpu_enable_pcid(void);
/* Turns on XSAVE where the CPU has it: extended.c. pre: nothing else in CR4 is to change */
void extended_init(void);
/* LSTAR and its kin, and the gates of page faults and interrupts. slow: all go to the C path at once. */
void cpu_syscall_init(bool slow);
/* Is it where a system call or a page fault enters the kernel? */
bool is_fast_entry(uint64_t rip);
/* Machine checks become panics, and what such a panic says about them. */
void machine_check_init(void);
void machine_check_print(void);
/* GDT, IDT and TSS. */
void descriptors_init(void);
/* Page faults and interrupts take the fast paths from now on. */
void descriptors_fast(void);
/* Exceptions and interrupts take the entries that mitigations_init has chosen. pre: cpu_enable_pcid */
void descriptors_use_entries(void);

/* The local APIC's timer at TICK_HZ. Also measures the TSC. pre: apic_init */
void clock_init(uint16_t pm_timer);
extern uint64_t tsc_hz;

void console_init(void);

#endif
