/* kernel/arch/x86_64/flaw.c: what CPUs say about themselves, and what they therefore need. The words are
   those of CPUs with the microcode of 2024; where it says so, without. */
#include "arch/x86_64/flaw.h"

#include "test.h"

#define INTEL(m, rest...)                                                                                      \
    {                                                                                                          \
        .vendor = VENDOR_INTEL, .family = 6, .model = m, rest                                                  \
    }
#define AMD(f, m, rest...)                                                                                     \
    {                                                                                                          \
        .vendor = VENDOR_AMD, .family = f, .model = m, rest                                                    \
    }
enum {
    RTM = 1 << 11,
    SPEC = 1 << 26 | 1 << 27 | 1 << 29 | 1 << 10, /* IBRS and IBPB, STIBP, ARCH_CAPABILITIES, MD_CLEAR */
    BHI_CTRL = 1 << 4,
    ZEN_8 = 1 << 12 | 1 << 14 | 1 << 15, /* IBPB, IBRS, STIBP */
    IBPB_RET = 1 << 30,
    AUTO_IBRS = 1 << 8,
    VERW_CLEAR = 1 << 5,
    BRTYPE = 1 << 28,
    SRSO_NO = 1 << 29,
    SRSO_USER_KERNEL_NO = 1 << 30,
};
/* Bits of IA32_ARCH_CAPABILITIES. */
#define RDCL_NO (1ull << 0)
#define IBRS_ALL (1ull << 1)
#define L1_SKIP (1ull << 3)
#define SSB_NO (1ull << 4)
#define MDS_NO (1ull << 5)
#define TSX_CTRL (1ull << 7)
#define TAA_NO (1ull << 8)
#define MMIO_NO (7ull << 13)
#define FB_CLEAR (1ull << 17)
#define BHI_NO (1ull << 20)
#define PBRSB_NO (1ull << 24)
#define RFDS_NO (1ull << 27)
#define RFDS_CLEAR (1ull << 28)

struct known {
    const char *cpu;
    struct cpu_facts facts;
    const char *needed, *missing; /* what it has no means for; NULL: nothing */
};

#define ENHANCED (RDCL_NO | IBRS_ALL | L1_SKIP | MDS_NO)

static const struct known known[] = {
    {"Haswell i7-4770", INTEL(0x3c, .leaf7_edx = SPEC & ~(1u << 29)), "kpti,verw,ibpb,rsb,ibrs,bhb,fpu", NULL},
    {"Haswell, microcode of 2013", INTEL(0x3c, .leaf7_ebx = 0), "kpti,verw,ibpb,rsb,ibrs,bhb,fpu", "ibpb,ibrs"},
    {"Broadwell-EP", INTEL(0x4f, .leaf7_ebx = RTM, .leaf7_edx = SPEC, .capabilities = L1_SKIP),
     "kpti,verw,ibpb,rsb,ibrs,bhb,fpu", NULL},
    {"Skylake i7-6700", INTEL(0x5e, .leaf7_ebx = RTM, .leaf7_edx = SPEC, .capabilities = L1_SKIP | FB_CLEAR),
     "kpti,verw,ibpb,rsb,ibrs,bhb,fpu", NULL},
    {"Skylake-SP 6148", INTEL(0x55, .leaf7_ebx = RTM, .leaf7_edx = SPEC, .capabilities = L1_SKIP | FB_CLEAR),
     "kpti,verw,ibpb,rsb,ibrs,bhb,fpu", NULL},
    {"Cascade Lake 6248",
     INTEL(0x55, .leaf7_ebx = RTM, .leaf7_edx = SPEC, .capabilities = ENHANCED | TSX_CTRL | FB_CLEAR),
     "verw,ibpb,rsb,ibrs,bhb,fpu", NULL},
    {"Comet Lake i7-10700", INTEL(0xa5, .leaf7_edx = SPEC, .capabilities = ENHANCED | TSX_CTRL | FB_CLEAR),
     "verw,ibpb,rsb,ibrs,bhb,fpu", NULL},
    {"Ice Lake-SP 8352Y",
     INTEL(0x6a, .leaf7_edx = SPEC, .capabilities = ENHANCED | TAA_NO | TSX_CTRL | FB_CLEAR | PBRSB_NO),
     "verw,ibpb,rsb,ibrs,bhb,fpu", NULL},
    {"Tiger Lake i7-1165G7", INTEL(0x8c, .leaf7_edx = SPEC, .capabilities = ENHANCED | TAA_NO | FB_CLEAR),
     "ibpb,rsb,ibrs,bhb,fpu", NULL},
    {"Alder Lake N100",
     INTEL(0xbe, .leaf7_edx = SPEC, .leaf7_2_edx = BHI_CTRL,
           .capabilities = ENHANCED | TAA_NO | MMIO_NO | FB_CLEAR | RFDS_CLEAR),
     "verw,ibpb,rsb,ibrs,bhb,fpu", NULL},
    {"Sapphire Rapids 8480",
     INTEL(0x8f, .leaf7_ebx = RTM, .leaf7_edx = SPEC, .leaf7_2_edx = BHI_CTRL,
           .capabilities = ENHANCED | SSB_NO | TAA_NO | TSX_CTRL | MMIO_NO | RFDS_NO | PBRSB_NO),
     "ibpb,rsb,ibrs,bhb,fpu", NULL},
    {"an Intel CPU that has all of it in silicon",
     INTEL(0xdd, .leaf7_edx = SPEC, .capabilities = ENHANCED | TAA_NO | MMIO_NO | RFDS_NO | BHI_NO),
     "ibpb,rsb,ibrs,fpu", NULL},
    {"an Intel CPU that nobody knows", INTEL(0xfe, .leaf7_ebx = 0), "kpti,verw,ibpb,rsb,ibrs,bhb,fpu",
     "ibpb,ibrs"},
    {"Goldmont N4200", INTEL(0x5c, .leaf7_edx = SPEC, .capabilities = MDS_NO), "kpti,verw,ibpb,rsb,ibrs,bhb",
     NULL},
    {"Zen 1 1700X", AMD(0x17, 0x01, .amd_8_ebx = 1 << 12), "ibpb,rsb,entry", NULL},
    {"Hygon Dhyana", AMD(0x18, 0x00, .amd_8_ebx = 1 << 12), "ibpb,rsb,entry", NULL},
    {"Zen 2 3700X", AMD(0x17, 0x71, .amd_8_ebx = ZEN_8), "ibpb,rsb,entry", NULL},
    {"Zen 3 5950X", AMD(0x19, 0x21, .amd_8_ebx = ZEN_8, .amd_21_eax = BRTYPE | VERW_CLEAR),
     "verw,ibpb,rsb,entry", NULL},
    {"Zen 4 7950X",
     AMD(0x19, 0x61, .amd_8_ebx = ZEN_8 | IBPB_RET, .amd_21_eax = AUTO_IBRS | BRTYPE | VERW_CLEAR),
     "verw,ibpb,ibrs,entry", NULL},
    {"Zen 4 that says that it has no TSA",
     AMD(0x19, 0xa0, .amd_8_ebx = ZEN_8 | IBPB_RET, .amd_21_eax = AUTO_IBRS | BRTYPE, .amd_21_ecx = 6),
     "ibpb,ibrs,entry", NULL},
    {"Zen 4 that says that it has one of the two kinds of TSA",
     AMD(0x19, 0xa0, .amd_8_ebx = ZEN_8 | IBPB_RET, .amd_21_eax = AUTO_IBRS | BRTYPE, .amd_21_ecx = 2),
     "verw,ibpb,ibrs,entry", NULL},
    {"Zen 4 that says that it has the other of the two kinds of TSA",
     AMD(0x19, 0xa0, .amd_8_ebx = ZEN_8 | IBPB_RET, .amd_21_eax = AUTO_IBRS | BRTYPE, .amd_21_ecx = 4),
     "verw,ibpb,ibrs,entry", NULL},
    {"Zen 4 whose returns ring 3 cannot steer",
     AMD(0x19, 0xa0, .amd_8_ebx = ZEN_8 | IBPB_RET, .amd_21_eax = AUTO_IBRS | SRSO_USER_KERNEL_NO,
         .amd_21_ecx = 6),
     "ibpb,ibrs", NULL},
    {"Zen 5 that does not say so",
     AMD(0x1a, 0x44, .amd_8_ebx = ZEN_8 | IBPB_RET, .amd_21_eax = AUTO_IBRS | BRTYPE), "ibpb,ibrs", NULL},
    {"Zen 5 9950X", AMD(0x1a, 0x44, .amd_8_ebx = ZEN_8 | IBPB_RET, .amd_21_eax = AUTO_IBRS | BRTYPE | SRSO_NO),
     "ibpb,ibrs", NULL},
    {"Bulldozer FX-8350", AMD(0x15, 0x02, .amd_8_ebx = 1 << 12), "ibpb,rsb,entry", NULL},
    {"K10, which has no barrier", AMD(0x10, 0x02, .leaf7_ebx = 0), "ibpb,rsb,entry", "ibpb,entry"},
    {"QEMU qemu64 under KVM", AMD(0x0f, 0x6b, .leaf7_ebx = 0), "ibpb,rsb,entry", "ibpb,entry"},
    {"QEMU max under TCG", AMD(0x06, 0x06, .emulated = true), "", NULL},
    {"QEMU Skylake-Client under TCG", INTEL(0x5e, .emulated = true), "", NULL},
    {"a vendor that nobody knows",
     {.vendor = VENDOR_OTHER, .family = 7, .model = 0x1b},
     "kpti,verw,ibpb,rsb,ibrs,bhb,fpu",
     "ibpb,ibrs"},
};

static void check_names(const char *cpu, uint32_t set, const char *expected)
{
    char names[64] = "";
    for (unsigned i = 0; i < MITIGATIONS; i++) {
        if (set >> i & 1)
            strcat(strcat(names, *names ? "," : ""), flaw_names[i]);
    }
    CHECK_STRING(cpu, names, expected);
}

static void what_cpus_need(void)
{
    for (unsigned i = 0; i < sizeof known / sizeof known[0]; i++) {
        const struct known *k = &known[i];
        uint32_t needed = flaw_needs(&k->facts);
        check_names(k->cpu, needed, k->needed);
        check_names(k->cpu, needed & ~flaw_helps(&k->facts), k->missing ? k->missing : "");
    }
}

static bool is_one_of(unsigned model, const char *models)
{
    char word[8];
    snprintf(word, sizeof word, " %02x ", model);
    return strstr(models, word);
}

/* Each model that a list of Intel's has, and no other: one that is missing there is a CPU without its mitigation. */
static void each_model(void)
{
    for (unsigned model = 0; model < 256; model++) {
        const uint64_t sound = ENHANCED | TAA_NO | MMIO_NO | RFDS_NO | BHI_NO;
        struct cpu_facts stale = INTEL(0, .capabilities = sound & ~MMIO_NO),
                         file = INTEL(0, .capabilities = sound & ~RFDS_NO);
        stale.model = file.model = model;
        uint32_t mmio = flaw_needs(&stale), registers = flaw_needs(&file);
        CHECK_NUMBER("MMIO stale data", (mmio & MITIGATE_VERW) != 0,
                     is_one_of(model, " 3f 4e 4f 55 56 5e 6a 6c 7e 86 8a 8e 96 9c 9e a5 a6 a7 "));
        CHECK_NUMBER("register file", (registers & MITIGATE_VERW) != 0,
                     is_one_of(model, " 5c 5f 7a 86 96 97 9a 9c b7 ba be bf "));
        CHECK_NUMBER("lazy FPU", (registers & MITIGATE_FPU) == 0,
                     is_one_of(model, " 1c 26 27 35 36 37 4a 4c 4d 5a 5c 5d 5f 7a "));
    }
}

/* Whoever has no transactions has none that abort. */
static void transactions(void)
{
    const uint64_t sound = ENHANCED | MMIO_NO | RFDS_NO | BHI_NO;
    struct cpu_facts with = INTEL(0xa5, .leaf7_ebx = RTM, .capabilities = sound),
                     without = INTEL(0xa5, .capabilities = sound);
    CHECK_NUMBER("with", flaw_needs(&with) & MITIGATE_VERW, MITIGATE_VERW);
    CHECK_NUMBER("without", flaw_needs(&without) & MITIGATE_VERW, 0);
}

/* MMIO stale data is three flaws, each with a bit: two that a CPU has not do not make up for the third. */
static void one_of_three(void)
{
    for (unsigned bit = 13; bit <= 15; bit++) {
        struct cpu_facts facts =
            INTEL(0xa5, .capabilities = (ENHANCED | TAA_NO | MMIO_NO | RFDS_NO | BHI_NO) & ~(1ull << bit));
        CHECK_NUMBER("MMIO stale data", flaw_needs(&facts) & MITIGATE_VERW, MITIGATE_VERW);
    }
}

static void what_stays(void)
{
    struct cpu_facts old = INTEL(0x5e, .leaf7_edx = SPEC), enhanced = INTEL(0x6a, .capabilities = IBRS_ALL);
    struct cpu_facts atom = INTEL(0xbe, .leaf7_2_edx = BHI_CTRL),
                     zen = AMD(0x19, 0x61, .amd_21_eax = AUTO_IBRS);
    CHECK_NUMBER("Skylake", flaw_modes(&old), 0);
    CHECK_NUMBER("enhanced IBRS", flaw_modes(&enhanced), MITIGATE_IBRS);
    CHECK_NUMBER("BHI_DIS_S", flaw_modes(&atom), MITIGATE_BHB);
    CHECK_NUMBER("AutoIBRS", flaw_modes(&zen), MITIGATE_IBRS);
}

static void asked(const char *words, uint32_t needed, bool good, uint32_t expected)
{
    uint32_t set = 0x1234;
    CHECK(flaw_asked(words, needed, &set) == good);
    CHECK_NUMBER(words, set, good ? expected : 0x1234);
}

static void what_is_asked(void)
{
    asked("auto", MITIGATE_VERW, true, MITIGATE_VERW);
    asked("off", MITIGATE_VERW, true, 0);
    asked("kpti,verw", MITIGATE_IBPB, true, MITIGATE_KPTI | MITIGATE_VERW);
    asked("auto,kpti", MITIGATE_IBPB, true, MITIGATE_KPTI | MITIGATE_IBPB);
    asked("all", 0, true, (1 << MITIGATIONS) - 1);
    asked("entry,bhb,rsb,ibrs,ibpb", 0, true,
          MITIGATE_ENTRY | MITIGATE_BHB | MITIGATE_RSB | MITIGATE_IBRS | MITIGATE_IBPB);
    /* Words of a list add up, in any order; "off" has nothing to add. */
    asked("all,off", 0, true, (1 << MITIGATIONS) - 1);
    asked("off,all", 0, true, (1 << MITIGATIONS) - 1);
    asked("kpti,off", MITIGATE_IBPB, true, MITIGATE_KPTI);
    asked("off,auto", MITIGATE_IBPB, true, MITIGATE_IBPB);
    asked("kpti,auto,kpti", MITIGATE_KPTI, true, MITIGATE_KPTI);
    static const char *const wrong[] = {"",      ",",    "kpti,",     ",kpti", "kpt",
                                        "kptis", "KPTI", "verw kpti", "on",    "auto,,off"};
    for (unsigned i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        asked(wrong[i], 0, false, 0);
}

int main(void)
{
    test_run("flaw: what CPUs need", what_cpus_need);
    test_run("flaw: each model", each_model);
    test_run("flaw: transactions", transactions);
    test_run("flaw: one of three", one_of_three);
    test_run("flaw: modes that stay", what_stays);
    test_run("flaw: what is asked for", what_is_asked);
    return test_end();
}
