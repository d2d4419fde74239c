#include "arch/x86_64/flaw.h"

#include <stddef.h>
#include "debug/text.h"

/* Intel: SDM vol. 4, table 2-2, and its CPUID leaf 7; AMD: APM vol. 3, appendix E: 8_EBX is of leaf 8000_0008.
 */
enum { CAP_RDCL_NO = 1 << 0, CAP_IBRS_ALL = 1 << 1, CAP_MDS_NO = 1 << 5, CAP_TAA_NO = 1 << 8 };
enum { CAP_MMIO_NO = 7 << 13 };
enum { CAP_BHI_NO = 1 << 20, CAP_RFDS_NO = 1 << 27, CAP_RFDS_CLEAR = 1 << 28 };
enum { LEAF7_EBX_RTM = 1 << 11, LEAF7_EDX_IBRS_IBPB = 1 << 26, LEAF7_2_EDX_BHI_CTRL = 1 << 4 };
enum { AMD_8_EBX_IBPB = 1 << 12, AMD_8_EBX_IBRS = 1 << 14, AMD_8_EBX_IBPB_RET = 1 << 30 };
enum { AMD_21_EAX_AUTO_IBRS = 1 << 8, AMD_21_EAX_SRSO_NO = 3 << 29, AMD_21_ECX_TSA_NO = 3 << 1 };
enum { FAMILY_ZEN_1_2 = 0x17, FAMILY_ZEN_3_4 = 0x19 }; /* and Hygon's between them */

/* Models of Intel's family 6. */
static const uint8_t mmio_stale_data[] = {0x3f, 0x4e, 0x4f, 0x55, 0x56, 0x5e, 0x6a, 0x6c, 0x7e,
                                          0x86, 0x8a, 0x8e, 0x96, 0x9c, 0x9e, 0xa5, 0xa6, 0xa7};
static const uint8_t register_file[] = {0x5c, 0x5f, 0x7a, 0x86, 0x96, 0x97, 0x9a, 0x9c, 0xb7, 0xba, 0xbe, 0xbf};

/* Atoms up to Goldmont Plus; of no other does Intel say that CR0.TS holds under speculation. */
static const uint8_t bars_registers[] = {0x1c, 0x26, 0x27, 0x35, 0x36, 0x37, 0x4a,
                                         0x4c, 0x4d, 0x5a, 0x5c, 0x5d, 0x5f, 0x7a};

static bool is_one_of(const struct cpu_facts *facts, const uint8_t *models, size_t count)
{
    bool found = false;
    for (size_t i = 0; i < count; i++)
        found = found || (facts->vendor == VENDOR_INTEL && facts->family == 6 && facts->model == models[i]);
    return found;
}

/* MDS; TSX asynchronous abort; MMIO stale data; register file data sampling. */
static bool leaves_data_in_buffers(const struct cpu_facts *facts)
{
    uint64_t no = ~facts->capabilities;
    return no & CAP_MDS_NO || (no & CAP_TAA_NO && facts->leaf7_ebx & LEAF7_EBX_RTM) ||
           (no & CAP_MMIO_NO && is_one_of(facts, mmio_stale_data, sizeof mmio_stale_data)) ||
           (no & CAP_RFDS_NO && is_one_of(facts, register_file, sizeof register_file)) ||
           facts->capabilities & CAP_RFDS_CLEAR;
}

/* Also for unknown vendors: they have said nothing that would make them safe. */
static uint32_t needed_intel(const struct cpu_facts *facts)
{
    uint32_t set = MITIGATE_IBPB | MITIGATE_RSB | MITIGATE_IBRS;
    if (!(facts->capabilities & CAP_RDCL_NO))
        set |= MITIGATE_KPTI;
    if (!is_one_of(facts, bars_registers, sizeof bars_registers))
        set |= MITIGATE_FPU;
    if (leaves_data_in_buffers(facts))
        set |= MITIGATE_VERW;
    if (!(facts->capabilities & CAP_BHI_NO))
        set |= MITIGATE_BHB;
    return set;
}

/* Before AutoIBRS nothing but a barrier keeps ring 3 from steering the C paths (Spectre v2, and from Zen 1 to 4
   returns: Retbleed, Inception). */
static uint32_t needed_amd(const struct cpu_facts *facts)
{
    uint32_t set = MITIGATE_IBPB | (flaw_modes(facts) & MITIGATE_IBRS);
    bool zen_1_to_4 = facts->family >= FAMILY_ZEN_1_2 && facts->family <= FAMILY_ZEN_3_4;
    if (!(facts->amd_8_ebx & AMD_8_EBX_IBPB_RET))
        set |= MITIGATE_RSB; /* its barrier leaves the return addresses */
    if (!(set & MITIGATE_IBRS) || (zen_1_to_4 && !(facts->amd_21_eax & AMD_21_EAX_SRSO_NO)))
        set |= MITIGATE_ENTRY;
    if (facts->family == FAMILY_ZEN_3_4 && ~facts->amd_21_ecx & AMD_21_ECX_TSA_NO)
        set |= MITIGATE_VERW;
    return set;
}

/* Under TCG speculation is the host's business: no barrier of ours gets through to its CPU. */
uint32_t flaw_needs(const struct cpu_facts *facts)
{
    if (facts->emulated)
        return 0;
    return facts->vendor == VENDOR_AMD ? needed_amd(facts) : needed_intel(facts);
}

uint32_t flaw_helps(const struct cpu_facts *facts)
{
    uint32_t set =
        MITIGATE_KPTI | MITIGATE_VERW | MITIGATE_RSB | MITIGATE_BHB | MITIGATE_FPU | flaw_modes(facts);
    bool both = facts->leaf7_edx & LEAF7_EDX_IBRS_IBPB;
    if (both || facts->amd_8_ebx & AMD_8_EBX_IBPB)
        set |= MITIGATE_IBPB | MITIGATE_ENTRY;
    return both || facts->amd_8_ebx & AMD_8_EBX_IBRS ? set | MITIGATE_IBRS : set;
}

uint32_t flaw_modes(const struct cpu_facts *facts)
{
    bool ibrs = facts->vendor == VENDOR_AMD ? facts->amd_21_eax & AMD_21_EAX_AUTO_IBRS
                                            : facts->capabilities & CAP_IBRS_ALL;
    bool history = facts->leaf7_2_edx & LEAF7_2_EDX_BHI_CTRL;
    return (ibrs ? (uint32_t)MITIGATE_IBRS : 0) | (history ? (uint32_t)MITIGATE_BHB : 0);
}

enum { ALL = (1 << MITIGATIONS) - 1, WORD_AUTO = MITIGATIONS, WORD_ALL, WORD_OFF, WORDS };
const char *const flaw_names[WORDS] = {"kpti", "verw", "ibpb", "rsb", "ibrs", "entry",
                                       "bhb",  "fpu",  "auto", "all", "off"};

/* Does the text begin with this word? Then where the text goes on. */
static const char *after_word(const char *text, const char *word)
{
    const char *rest = text_after(text, word);
    return rest && (!*rest || *rest == ',') ? rest : NULL;
}

bool flaw_asked(const char *words, uint32_t needed, uint32_t *set)
{
    uint32_t asked = 0;
    do {
        const char *rest = NULL;
        unsigned i = 0;
        while (i < WORDS && !(rest = after_word(words, flaw_names[i])))
            i++;
        if (!rest)
            return false;
        asked |= i == WORD_AUTO ? needed : i == WORD_ALL ? ALL : i == WORD_OFF ? 0 : 1u << i;
        words = rest;
    } while (*words++);
    *set = asked;
    return true;
}
