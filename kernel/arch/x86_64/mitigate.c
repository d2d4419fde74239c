#include "arch/x86_64/mitigate.h"

#include "arch/percpu.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/layout.h"
#include "debug/debug.h"

enum { MSR_SPEC_CTRL = 0x48, MSR_ARCH_CAPABILITIES = 0x10a };
enum { SPEC_CTRL_IBRS = 1 << 0, SPEC_CTRL_BHI_DIS_S = 1 << 10, EFER_AUTO_IBRS = 1 << 21 };
/* The first four letters of the vendors' names, and of QEMU's TCG. */
enum { NAME_GENU = 0x756e6547, NAME_AUTH = 0x68747541, NAME_HYGO = 0x6f677948, NAME_TCGT = 0x54474354 };
enum { LEAF7_ARCH_CAPABILITIES = 1 << 29, HYPERVISOR = 1u << 31, JMP_SHORT = 0xeb, JMP_SHORT_REACH = 128 };
enum { VERW_BYTES = 7 };

/* A place in the entries: these bytes stay if one of these mitigations is in force. */
struct site {
    uint64_t at;
    uint32_t bytes, mitigations;
};

extern const struct site sites_start[], sites_end[];
extern const struct entries entries_plain, entries_hardened, entries_kpti;

const struct entries *entries = &entries_plain;
uint32_t mitigations;
static uint32_t on_paths; /* those that need instructions */

void cpu_facts_read(struct cpu_facts *facts)
{
    uint32_t r[4];
    cpuid_leaf(0, 0, r);
    facts->vendor = r[1] == NAME_GENU ? VENDOR_INTEL : VENDOR_OTHER;
    if (r[1] == NAME_AUTH || r[1] == NAME_HYGO)
        facts->vendor = VENDOR_AMD;
    cpuid_leaf(1, 0, r);
    bool guest = r[2] & HYPERVISOR;
    facts->family = (r[0] >> 8 & 15) + ((r[0] >> 8 & 15) == 15 ? r[0] >> 20 & 0xff : 0);
    facts->model = (r[0] >> 4 & 15) | (r[0] >> 12 & 0xf0);
    cpuid_leaf(7, 0, r);
    facts->leaf7_ebx = r[1], facts->leaf7_edx = r[3];
    if (r[3] & LEAF7_ARCH_CAPABILITIES)
        facts->capabilities = rdmsr(MSR_ARCH_CAPABILITIES);
    cpuid_leaf(7, 2, r);
    facts->leaf7_2_edx = r[3];
    cpuid_leaf(0x80000008, 0, r);
    facts->amd_8_ebx = r[1];
    cpuid_leaf(0x80000021, 0, r);
    facts->amd_21_eax = r[0], facts->amd_21_ecx = r[2];
    cpuid(0x40000000, 0, r);
    facts->emulated = guest && r[1] == NAME_TCGT;
}

/* IA32_SPEC_CTRL is in the CPU's page for the entries that turn IBRS on and off, too. */
static void set_modes(const struct cpu_facts *facts, uint32_t modes)
{
    bool efer = modes & MITIGATE_IBRS && facts->vendor == VENDOR_AMD;
    uint32_t bits = modes & MITIGATE_BHB ? SPEC_CTRL_BHI_DIS_S : 0;
    if (efer)
        wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_AUTO_IBRS);
    else if (modes & MITIGATE_IBRS)
        bits |= SPEC_CTRL_IBRS;
    if (bits || on_paths & MITIGATE_IBRS) {
        cpu.spec_ctrl = (uint32_t)rdmsr(MSR_SPEC_CTRL) | bits;
        wrmsr(MSR_SPEC_CTRL, cpu.spec_ctrl);
    }
}

static void say(const char *before, uint32_t set, const char *after)
{
    kprintf("baton: mitigations: %s%s", before, set ? "" : "none");
    for (unsigned i = 0; i < MITIGATIONS; i++) {
        if (set >> i & 1)
            kprintf("%s%s", flaw_names[i], set >> i >> 1 ? "," : "");
    }
    kprintf("%s\n", after);
}

void mitigations_init(const char *words)
{
    struct cpu_facts facts = {0};
    cpu_facts_read(&facts);
    uint32_t needed = flaw_needs(&facts), possible = flaw_helps(&facts), asked = needed;
    if (!flaw_asked(words, needed, &asked))
        kprintf("baton: mitigations=%s has an unknown word; it stays auto\n", words);
    mitigations = asked & possible;
    say("", mitigations, "");
    if (asked & ~possible)
        say("not ", asked & ~possible, ", for which this CPU has no means");
    if (needed & ~mitigations)
        say("this CPU also needs ", needed & ~mitigations, ": programs may read what is not theirs");
    on_paths = mitigations & ~flaw_modes(&facts);
    set_modes(&facts, mitigations & flaw_modes(&facts));
    if (on_paths)
        entries = mitigations & MITIGATE_KPTI ? &entries_kpti : &entries_hardened;
}

/* VERW becomes a no-op of its length, anything longer a jump over it. The trap entries have a no-op where CLAC
   belongs, which is an invalid opcode without SMAP: an interrupt from ring 3 leaves the user's AC flag set,
   which opens what SMAP closes. */
void mitigations_patch(void)
{
    static const uint8_t no_op[VERW_BYTES] = {0x0f, 0x1f, 0x80}, clac[] = {0x0f, 0x01, 0xca};
    for (const struct site *s = sites_start; s < sites_end; s++) {
        uint8_t *text = (uint8_t *)(uintptr_t)s->at, jump[2] = {JMP_SHORT, (uint8_t)(s->bytes - 2)};
        const uint8_t *instead = s->bytes == VERW_BYTES ? no_op : jump;
        uint32_t bytes = s->bytes == VERW_BYTES ? VERW_BYTES : sizeof jump;
        assert(s->bytes < JMP_SHORT_REACH);
        if (s->mitigations == SITE_CLAC)
            instead = clac, bytes = cpu_features.smap ? sizeof clac : 0;
        for (unsigned i = 0; i < bytes && !(s->mitigations & on_paths); i++)
            text[i] = instead[i];
    }
}

void mitigations_resume(void)
{
    __asm__ volatile("jmp *%0" : : "r"(entries->resume));
    __builtin_unreachable();
}
