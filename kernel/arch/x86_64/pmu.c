/* The counters of events, and which event goes on which. Intel: SDM vol. 3, chapter 20 (20.2: architectural
   performance monitoring, 20.2.1 to 20.2.3: its versions); AMD: APM vol. 2, 13.2. Encodings that are not
   architectural are given only to the families whose lists of events have them: Intel's, by model (SDM vol. 3,
   20.3 refers to them), and AMD's PPR for family 17h and later, chapter "Core Performance Monitor Counters".
 */
#include <stddef.h>

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/mitigate.h"
#include "arch/x86_64/pmu.h"
#include "debug/debug.h"

enum { MSR_PMC = 0xc1, MSR_SELECT = 0x186, MSR_FIXED = 0x309 };
enum { MSR_FIXED_CONTROL = 0x38d, MSR_GLOBAL_CONTROL = 0x38f, FIXED_BOTH_RINGS = 0x33, GLOBAL_FIXED = 32 };
static const uint32_t AMD_SELECT = 0xc0010200, AMD_GLOBAL_CONTROL = 0xc0000301, RDPMC_FIXED = 1 << 30;
enum { BOTH_RINGS_ENABLE = 3 << 16 | 1 << 22, ANY_EVENT = 4, CR4_PCE = 1 << 8 };
enum { AMD_CORE_EXTENSION = 1 << 23, AMD_COUNTERS = 6, AMD_WIDTH = 48, ZEN_1 = 0x17, ZEN_5 = 0x1a };

/* By event: its code in bits 7:0, its unit mask in 15:8; 0: not counted here. A bit of leaf 0AH's ebx says that
   an architectural one is missing. */
static const uint16_t architectural[PMU_EVENTS] = {0x003c, 0x00c0, 0x00c5, [PMU_LLC_MISSES] = 0x412e};
static const uint8_t missing_bit[PMU_EVENTS] = {0, 1, 6, [PMU_LLC_MISSES] = 4};
/* Skylake to Comet Lake, Ice Lake to Rocket Lake, Golden Cove: L1D.REPLACEMENT, L2_RQSTS.MISS, nothing,
   DTLB_LOAD_MISSES.WALK_COMPLETED, ITLB_MISSES.WALK_COMPLETED. A hybrid CPU boots on a core of the large kind.
 */
static const struct {
    char models[8];
    uint16_t code[PMU_EVENTS];
} intel[] = {
    {"\x4e\x5e\x55\x8e\x9e\xa5\xa6", {[PMU_L1D_MISSES] = 0x0151, 0x3f24, 0, 0x0e08, 0x0e85}},
    {"\x7d\x7e\x6a\x6c\x8c\x8d\xa7", {[PMU_L1D_MISSES] = 0x0151, 0, 0, 0x0e08, 0x0e85}},
    {"\x97\x9a\xb7\xba\xbf\x8f\xcf", {[PMU_L1D_MISSES] = 0x0151, 0x3f24, 0, 0x0e12, 0x0e11}},
};
/* Cycles not in halt, retired instructions, retired mispredicted branches; requests of the L2 by a miss of the
   L1 data cache; misses of the L2 by either L1; nothing, since the L3's counters of RDPMC are not a core's; misses
   of the L2 TLBs. */
static const uint16_t zen[PMU_EVENTS] = {0x0076, 0x00c0, 0x00c3, 0xc860, 0x0964, 0, 0xf045, 0xff85};

/* select, value: MSRs of the first counter; step: to those of the next. */
struct bank {
    uint32_t select, value, step, number, width, used;
};

/* Intel's counters from ANY_EVENT on take only architectural events: these are placed from the last one on. */
static struct bootinfo_counter place(struct bank *b, uint32_t code, bool anywhere)
{
    unsigned i = anywhere || b->number < ANY_EVENT ? b->number : ANY_EVENT;
    while (i > 0 && b->used >> (i - 1) & 1)
        i--;
    if (i == 0)
        return (struct bootinfo_counter){PMU_NO_COUNTER_LEFT, 0};
    i--;
    b->used |= 1u << i;
    wrmsr(b->select + i * b->step, code | BOTH_RINGS_ENABLE);
    wrmsr(b->value + i * b->step, 0);
    return (struct bootinfo_counter){i, b->width};
}

/* Intel's counters of instructions and cycles alone; returns what enables them. */
static uint64_t start_fixed(uint32_t edx, struct bootinfo_counter *counter)
{
    if ((edx & 31) < 2)
        return 0;
    wrmsr(MSR_GLOBAL_CONTROL, 0);
    for (unsigned i = 0; i < 2; i++) {
        wrmsr(MSR_FIXED + i, 0);
        counter[PMU_INSTRUCTIONS - i] = (struct bootinfo_counter){RDPMC_FIXED | i, edx >> 5 & 0xff};
    }
    wrmsr(MSR_FIXED_CONTROL, FIXED_BOTH_RINGS);
    return 3ull << GLOBAL_FIXED;
}

static const uint16_t *code_intel(const struct cpu_facts *facts, const uint32_t leaf[4])
{
    static uint16_t code[PMU_EVENTS];
    const uint16_t *own = NULL;
    for (unsigned i = 0; i < sizeof intel / sizeof intel[0] * 7; i++) {
        if (facts->family == 6 && (uint8_t)intel[i / 7].models[i % 7] == facts->model)
            own = intel[i / 7].code;
    }
    for (unsigned e = 0; e < PMU_EVENTS; e++) {
        bool there = missing_bit[e] < leaf[0] >> 24 && !(leaf[1] >> missing_bit[e] & 1);
        code[e] = there && architectural[e] ? architectural[e] : own ? own[e] : 0;
    }
    return code;
}

/* Nothing is touched that no bit of CPUID promises: a hypervisor that keeps the counters for itself hides them.
   Returns the codes by event, or NULL; *global: the MSR that enables counters, or 0. */
static const uint16_t *find(struct bank *bank, uint32_t *global, uint32_t *fixed)
{
    struct cpu_facts facts = {0};
    uint32_t r[4];
    cpu_facts_read(&facts);
    cpuid_leaf(0xa, 0, r);
    if (facts.vendor == VENDOR_INTEL && (r[0] & 0xff) >= 2) {
        *bank = (struct bank){MSR_SELECT, MSR_PMC, 1, r[0] >> 8 & 0xff, r[0] >> 16 & 0xff, 0};
        *fixed = r[3], *global = MSR_GLOBAL_CONTROL;
        return code_intel(&facts, r);
    }
    cpuid_leaf(0x80000001, 0, r);
    if (facts.vendor != VENDOR_AMD || facts.family - ZEN_1 > ZEN_5 - ZEN_1 || !(r[2] & AMD_CORE_EXTENSION))
        return NULL;
    cpuid_leaf(0x80000022, 0, r);
    *bank = (struct bank){AMD_SELECT, AMD_SELECT + 1, 2, AMD_COUNTERS, AMD_WIDTH, 0};
    *global = r[0] & 1 ? AMD_GLOBAL_CONTROL : 0;
    return zen;
}

void pmu_init(bool tlb, struct bootinfo_counter *counter)
{
    struct bank bank = {0};
    uint32_t fixed = 0, global = 0;
    const uint16_t *code = find(&bank, &global, &fixed);
    /* An emulator, or a hypervisor, may show a CPUID with counters that it lacks. */
    if ((bank.number && !wrmsr_checked(bank.select, 0)) || (global && !wrmsr_checked(global, 0))) {
        kprintf("baton: pmu: CPUID promises counters that this machine does not have; none is used\n");
        return;
    }
    uint64_t enabled = start_fixed(fixed, counter);
    for (unsigned i = 0; i < PMU_EVENTS && code; i++) {
        unsigned e = tlb && i > PMU_INSTRUCTIONS ? 2 + (i + 2) % (PMU_EVENTS - 2) : i; /* 0 1 6 7 2 3 4 5 */
        if (code[e] && !counter[e].width)
            counter[e] = place(&bank, code[e], bank.step == 2 || architectural[e]);
    }
    if (global)
        wrmsr(global, enabled | bank.used);
    if (enabled | bank.used)
        write_cr4(read_cr4() | CR4_PCE);
}
