/* kernel/arch/x86_64/pmu.c on made-up CPUs: what it writes into which MSR, and what ring 3 is told. The
   encodings are written here as they stand in the manuals: event, unit mask. */
#define BATON_CPU_H /* the machine is this file */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static void wrmsr(uint32_t msr, uint64_t value);
static bool wrmsr_checked(uint32_t msr, uint64_t value);
static uint64_t read_cr4(void);
static void write_cr4(uint64_t value);
static void cpuid_leaf(uint32_t number, uint32_t sub, uint32_t out[4]);

#include "arch/x86_64/pmu.c"
#include "test.h"

enum { WRITES_MAX = 64 };

static struct {
    struct cpu_facts facts;
    uint32_t leaf_a[4], amd_1_ecx, amd_22_eax, lacks; /* lacks: an MSR that CPUID promises */
} machine;
static struct {
    uint32_t msr;
    uint64_t value;
} written[WRITES_MAX];
static unsigned writes;
static uint64_t cr4;
static struct bootinfo_counter counter[PMU_EVENTS];

static void wrmsr(uint32_t msr, uint64_t value)
{
    if (writes < WRITES_MAX)
        written[writes].msr = msr, written[writes].value = value;
    writes++;
}

static bool wrmsr_checked(uint32_t msr, uint64_t value)
{
    (void)value;
    return msr != machine.lacks;
}

static uint64_t read_cr4(void)
{
    return cr4;
}

static void write_cr4(uint64_t value)
{
    cr4 = value;
}

void cpu_facts_read(struct cpu_facts *facts)
{
    *facts = machine.facts;
}

static void cpuid_leaf(uint32_t number, uint32_t sub, uint32_t out[4])
{
    (void)sub;
    memset(out, 0, 4 * sizeof *out);
    if (number == 0xa)
        memcpy(out, machine.leaf_a, sizeof machine.leaf_a);
    else if (number == 0x80000001)
        out[2] = machine.amd_1_ecx;
    else if (number == 0x80000022)
        out[0] = machine.amd_22_eax;
}

/* Version, general counters and their width, and so on, as leaf 0AH has them. */
static void intel_cpu(uint32_t model, uint32_t version, uint32_t general, uint32_t width, uint32_t missing,
                      uint32_t fixed)
{
    memset(&machine, 0, sizeof machine);
    machine.facts = (struct cpu_facts){.vendor = VENDOR_INTEL, .family = 6, .model = model};
    machine.leaf_a[0] = version | general << 8 | width << 16 | 7u << 24;
    machine.leaf_a[1] = missing;
    machine.leaf_a[3] = fixed | 48 << 5;
}

static void amd_cpu(uint32_t family, bool core, bool global)
{
    memset(&machine, 0, sizeof machine);
    machine.facts = (struct cpu_facts){.vendor = VENDOR_AMD, .family = family, .model = 1};
    machine.amd_1_ecx = core ? 1u << 23 : 0;
    machine.amd_22_eax = global;
}

static void boot(bool tlb)
{
    memset(counter, 0, sizeof counter);
    writes = 0, cr4 = 0x20;
    pmu_init(tlb, counter);
    CHECK(writes <= WRITES_MAX);
}

/* The last value written, or all ones when none was. */
static uint64_t msr(uint32_t number)
{
    uint64_t value = ~0ull;
    for (unsigned i = 0; i < writes; i++)
        value = written[i].msr == number ? written[i].value : value;
    return value;
}

static uint64_t selects(uint32_t event, uint32_t mask)
{
    return event | mask << 8 | 1u << 16 | 1u << 17 | 1u << 22; /* USR, OS, EN; no interrupt, no edge */
}

static void is_counted(unsigned event, uint32_t index, uint32_t width)
{
    CHECK_NUMBER("index", counter[event].index, index);
    CHECK_NUMBER("width", counter[event].width, width);
}

static void is_not(unsigned event, uint32_t why)
{
    is_counted(event, why, 0);
}

static void is_closed(void)
{
    CHECK_NUMBER("writes", writes, 0);
    CHECK_NUMBER("cr4", cr4, 0x20);
    for (unsigned e = 0; e < PMU_EVENTS; e++)
        is_not(e, 0);
}

static void skylake_with_hyperthreads(void)
{
    intel_cpu(0x5e, 4, 4, 48, 0, 3);
    boot(false);
    is_counted(PMU_INSTRUCTIONS, 1u << 30, 48);
    is_counted(PMU_CYCLES, 1u << 30 | 1, 48);
    is_counted(PMU_BRANCH_MISSES, 3, 48);
    is_counted(PMU_L1D_MISSES, 2, 48);
    is_counted(PMU_L2_MISSES, 1, 48);
    is_counted(PMU_LLC_MISSES, 0, 48);
    is_not(PMU_DTLB_MISSES, PMU_NO_COUNTER_LEFT);
    is_not(PMU_ITLB_MISSES, PMU_NO_COUNTER_LEFT);
    CHECK_NUMBER("IA32_PERFEVTSEL3", msr(0x189), selects(0xc5, 0x00));
    CHECK_NUMBER("IA32_PERFEVTSEL2", msr(0x188), selects(0x51, 0x01));
    CHECK_NUMBER("IA32_PERFEVTSEL1", msr(0x187), selects(0x24, 0x3f));
    CHECK_NUMBER("IA32_PERFEVTSEL0", msr(0x186), selects(0x2e, 0x41));
    CHECK_NUMBER("IA32_PMC0", msr(0xc1), 0);
    CHECK_NUMBER("IA32_FIXED_CTR0", msr(0x309), 0);
    CHECK_NUMBER("IA32_FIXED_CTR_CTRL", msr(0x38d), 0x33);
    CHECK_NUMBER("IA32_PERF_GLOBAL_CTRL", msr(0x38f), 0x30000000f);
    CHECK_NUMBER("last written", written[writes - 1].msr, 0x38f);
    CHECK_NUMBER("cr4", cr4, 0x120);
}

static void those_of_the_tlbs_first(void)
{
    intel_cpu(0x5e, 4, 4, 48, 0, 3);
    boot(true);
    is_counted(PMU_DTLB_MISSES, 3, 48);
    is_counted(PMU_ITLB_MISSES, 2, 48);
    is_counted(PMU_BRANCH_MISSES, 1, 48);
    is_counted(PMU_L1D_MISSES, 0, 48);
    is_not(PMU_L2_MISSES, PMU_NO_COUNTER_LEFT);
    is_not(PMU_LLC_MISSES, PMU_NO_COUNTER_LEFT);
    CHECK_NUMBER("IA32_PERFEVTSEL3", msr(0x189), selects(0x08, 0x0e));
    CHECK_NUMBER("IA32_PERFEVTSEL2", msr(0x188), selects(0x85, 0x0e));
}

/* Those of one model stay on the first four. */
static void golden_cove_with_eight(void)
{
    static const unsigned first[] = {PMU_L1D_MISSES, PMU_L2_MISSES, PMU_DTLB_MISSES, PMU_ITLB_MISSES};
    intel_cpu(0x97, 5, 8, 48, 0, 3);
    for (unsigned tlb = 0; tlb < 2; tlb++) {
        boot(tlb);
        for (unsigned i = 0; i < 4; i++)
            CHECK(counter[first[i]].width == 48 && counter[first[i]].index < 4);
        CHECK(counter[PMU_BRANCH_MISSES].index >= 4 && counter[PMU_LLC_MISSES].index >= 4);
        CHECK_NUMBER("IA32_PERF_GLOBAL_CTRL", msr(0x38f), 0x3000000cf);
        CHECK_NUMBER("DTLB", msr(0x186 + counter[PMU_DTLB_MISSES].index), selects(0x12, 0x0e));
        CHECK_NUMBER("ITLB", msr(0x186 + counter[PMU_ITLB_MISSES].index), selects(0x11, 0x0e));
    }
}

static void ice_lake_has_no_event_of_the_l2(void)
{
    intel_cpu(0x7e, 5, 8, 48, 0, 4);
    boot(false);
    is_not(PMU_L2_MISSES, 0);
    CHECK(counter[PMU_ITLB_MISSES].width == 48);
}

/* Only what is architectural, without what ebx says is missing. */
static void an_unknown_model(void)
{
    intel_cpu(0xff, 3, 4, 40, 1 << 4, 2);
    boot(false);
    is_counted(PMU_BRANCH_MISSES, 3, 40);
    is_not(PMU_LLC_MISSES, 0);
    is_not(PMU_L1D_MISSES, 0);
    is_not(PMU_DTLB_MISSES, 0);
    CHECK_NUMBER("IA32_PERF_GLOBAL_CTRL", msr(0x38f), 0x300000008);
}

static void a_short_list_of_events(void)
{
    intel_cpu(0xff, 2, 4, 48, 0, 3);
    machine.leaf_a[0] = (machine.leaf_a[0] & 0xffffff) | 3u << 24;
    boot(false);
    is_not(PMU_BRANCH_MISSES, 0);
    is_not(PMU_LLC_MISSES, 0);
    CHECK(counter[PMU_CYCLES].width == 48);
}

/* From hypervisors: general counters without fixed ones, fixed ones alone, and fewer than there are events. */
static void few_counters(void)
{
    intel_cpu(0x5e, 2, 2, 48, 0, 0);
    boot(false);
    is_counted(PMU_CYCLES, 1, 48);
    is_counted(PMU_INSTRUCTIONS, 0, 48);
    is_not(PMU_BRANCH_MISSES, PMU_NO_COUNTER_LEFT);
    CHECK_NUMBER("IA32_PERFEVTSEL1", msr(0x187), selects(0x3c, 0x00));
    CHECK_NUMBER("IA32_PERFEVTSEL0", msr(0x186), selects(0xc0, 0x00));
    CHECK_NUMBER("fixed", msr(0x38d), ~0ull);
    CHECK_NUMBER("IA32_PERF_GLOBAL_CTRL", msr(0x38f), 3);
    intel_cpu(0x5e, 2, 0, 0, 0, 3);
    boot(false);
    CHECK(counter[PMU_CYCLES].width == 48);
    is_not(PMU_BRANCH_MISSES, PMU_NO_COUNTER_LEFT);
    CHECK_NUMBER("cr4", cr4, 0x120);
    intel_cpu(0x5e, 2, 0, 0, 0, 0);
    boot(false);
    CHECK_NUMBER("cr4", cr4, 0x20);
}

static void versions(void)
{
    for (uint32_t version = 0; version <= 5; version++) {
        intel_cpu(0x5e, version, 4, 48, 0, 3);
        boot(false);
        if (version < 2)
            is_closed();
        else
            CHECK(counter[PMU_BRANCH_MISSES].width == 48);
    }
}

static void zen_cpus(void)
{
    static const uint32_t family[] = {0x17, 0x18, 0x19, 0x1a};
    for (unsigned i = 0; i < 4; i++) {
        amd_cpu(family[i], true, false);
        boot(false);
        is_counted(PMU_CYCLES, 5, 48);
        is_counted(PMU_INSTRUCTIONS, 4, 48);
        is_counted(PMU_DTLB_MISSES, 0, 48);
        is_not(PMU_LLC_MISSES, 0);
        is_not(PMU_ITLB_MISSES, PMU_NO_COUNTER_LEFT);
        CHECK_NUMBER("PERF_CTL5", msr(0xc001020a), selects(0x76, 0x00));
        CHECK_NUMBER("PERF_CTL4", msr(0xc0010208), selects(0xc0, 0x00));
        CHECK_NUMBER("PERF_CTL3", msr(0xc0010206), selects(0xc3, 0x00));
        CHECK_NUMBER("PERF_CTL2", msr(0xc0010204), selects(0x60, 0xc8));
        CHECK_NUMBER("PERF_CTL1", msr(0xc0010202), selects(0x64, 0x09));
        CHECK_NUMBER("PERF_CTL0", msr(0xc0010200), selects(0x45, 0xf0));
        CHECK_NUMBER("PERF_CTR0", msr(0xc0010201), 0);
        CHECK_NUMBER("PerfCntrGlobalCtl", msr(0xc0000301), ~0ull);
        CHECK_NUMBER("IA32_PERF_GLOBAL_CTRL", msr(0x38f), ~0ull);
    }
    boot(true);
    CHECK(counter[PMU_DTLB_MISSES].width == 48 && counter[PMU_ITLB_MISSES].width == 48);
    is_not(PMU_L2_MISSES, PMU_NO_COUNTER_LEFT);
    CHECK_NUMBER("ITLB", msr(0xc0010200 + 2 * counter[PMU_ITLB_MISSES].index), selects(0x85, 0xff));
}

static void zen_4_enables_globally(void)
{
    amd_cpu(0x19, true, true);
    boot(false);
    CHECK_NUMBER("PerfCntrGlobalCtl", msr(0xc0000301), 0x3f);
}

static void who_promises_nothing(void)
{
    amd_cpu(0x17, false, true);
    boot(false);
    is_closed();
    amd_cpu(0x15, true, false);
    boot(false);
    is_closed();
    amd_cpu(0x1b, true, true);
    boot(false);
    is_closed();
    intel_cpu(0x5e, 4, 4, 48, 0, 3);
    machine.facts.vendor = VENDOR_OTHER;
    boot(false);
    is_closed();
}

static void promises_that_are_not_kept(void)
{
    static const uint32_t lacking[] = {0x186, 0x38f};
    for (unsigned i = 0; i < 2; i++) {
        intel_cpu(0x5e, 4, 4, 48, 0, 3);
        machine.lacks = lacking[i];
        boot(false);
        is_closed();
    }
    amd_cpu(0x19, true, true);
    machine.lacks = 0xc0010200;
    boot(false);
    is_closed();
}

int main(void)
{
    test_run("pmu: Skylake with four counters", skylake_with_hyperthreads);
    test_run("pmu: those of the TLBs first", those_of_the_tlbs_first);
    test_run("pmu: Golden Cove with eight", golden_cove_with_eight);
    test_run("pmu: Ice Lake", ice_lake_has_no_event_of_the_l2);
    test_run("pmu: an unknown model", an_unknown_model);
    test_run("pmu: a short list of events", a_short_list_of_events);
    test_run("pmu: few counters", few_counters);
    test_run("pmu: versions of Intel's", versions);
    test_run("pmu: Zen", zen_cpus);
    test_run("pmu: Zen 4", zen_4_enables_globally);
    test_run("pmu: promises that are not kept", promises_that_are_not_kept);
    test_run("pmu: CPUs that promise nothing", who_promises_nothing);
    return test_end();
}
