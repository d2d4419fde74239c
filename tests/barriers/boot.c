#include "boot.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/flaw.h"
#include "image.h"
#include "world.h"

enum { SELECTOR_USER_DATA = 0x1b, RSP0 = 4, ENTRY_STACK_BYTES = 4096, WORDS = 64 };
enum { GATE_BYTES = 16, GATE_IST = 4, TSS_IST = 36 - 8, GATES = 256 }; /* SDM vol. 3, 7.14.1 and 8.7 */
enum { VERW_BYTES = 7, CLAC_BYTES = 3, JUMP_BYTES = 2, SITE_CLAC = 1 << MITIGATIONS };

/* As mitigate.c has them. */
struct site {
    uint64_t at;
    uint32_t bytes, mitigations;
};

struct booted booted;
static const struct site *sites, *sites_end;

const char *boot_variant(uint32_t on_paths)
{
    return on_paths & MITIGATE_KPTI ? "_kpti" : on_paths ? "_hardened" : "";
}

static struct segment *text_segment(void)
{
    struct segment *s = image.segment;
    while (!(s->flags & PF_X))
        s++;
    return s;
}

/* A no-op of the site's length, or a jump that ends exactly at its end, or at the end of another that begins there and
 * is gone, too. */
static bool gone(const struct site *s, const unsigned char *text)
{
    static const unsigned char no_op[] = {0x0f, 0x1f, 0x80};
    bool right = s->bytes == VERW_BYTES && memcmp(text, no_op, sizeof no_op) == 0;
    for (const struct site *other = sites; other < sites_end && text[0] == 0xeb; other++) {
        bool both = other->at == s->at && other->bytes >= s->bytes && !(other->mitigations & booted.on_paths);
        right |= both && text[1] + (unsigned)JUMP_BYTES == other->bytes;
    }
    return right;
}

/* What the boot may have written at this site: nothing when it is in force. `before` becomes what must be
 * there. */
static bool site_right(const struct site *s, unsigned char *before)
{
    static const unsigned char clac[CLAC_BYTES] = {0x0f, 0x01, 0xca};
    const unsigned char *text = image_at(s->at);
    unsigned char *expected = before + (s->at - text_segment()->vaddr);
    if (s->mitigations == SITE_CLAC) {
        if (booted.smap)
            memcpy(expected, clac, sizeof clac);
        return memcmp(text, expected, sizeof clac) == 0;
    }
    if (s->mitigations & booted.on_paths)
        return true; /* compared with the rest; a site within may be gone */
    memcpy(expected, text, s->bytes == VERW_BYTES ? (unsigned)VERW_BYTES : (unsigned)JUMP_BYTES);
    return gone(s, text);
}

static bool wrong_at(uint64_t address, const char *what, char *why, unsigned size)
{
    uint64_t offset = 0;
    const char *name = image_name(address, &offset);
    snprintf(why, size, "%s: %s + 0x%lx", what, name, offset);
    return false;
}

/* Each site is in force or gone, and no other byte of the text has changed. */
static bool patched_right(unsigned char *before, char *why, unsigned size)
{
    const struct segment *text = text_segment();
    for (const struct site *s = sites; s < sites_end; s++) {
        if (!site_right(s, before))
            return wrong_at(s->at, "what the boot left at this site is neither nothing nor what was there", why,
                            size);
    }
    for (uint64_t i = 0; i < text->size; i++) {
        if (text->bytes[i] != before[i])
            return wrong_at(text->vaddr + i,
                            "the boot has changed a byte that is no site's, or of one in force", why, size);
    }
    return true;
}

static bool chosen_right(char *why, unsigned size)
{
    char name[WORDS];
    const char *variant = boot_variant(booted.on_paths);
    snprintf(name, sizeof name, "entries_%s", *variant ? variant + 1 : "plain");
    const uint64_t *chosen = image_at(image_variable("entries"));
    if (*chosen != image_variable(name)) {
        snprintf(why, size, "the entries in use are not %s", name);
        return false;
    }
    const uint64_t *to = image_at(*chosen), right[] = {kernel.entry,
                                                       kernel.entry_slow,
                                                       image_symbol("syscall_entry_traced"),
                                                       image_symbol("fast_page_fault"),
                                                       image_symbol("fast_clock"),
                                                       image_symbol("interrupt_stubs"),
                                                       image_symbol("vector_stubs"),
                                                       image_symbol("resume_user")};
    if (memcmp(to, right, sizeof right) == 0)
        return true;
    snprintf(why, size, "%s names entries of another variant", name);
    return false;
}

/* What the entries find in the CPU's page, and the CPU in its TSS. */
static bool set_right(char *why, unsigned size)
{
    uint64_t rsp0, stack = booted.stacks + ENTRY_STACK_BYTES;
    memcpy(&rsp0, (const char *)image_at(image_symbol("tss")) + RSP0, sizeof rsp0);
    booted.entry_stack = booted.on_paths & MITIGATE_KPTI ? rsp0 : image_symbol("kernel_stack_top");
    if (kernel.cpu->data_selector != SELECTOR_USER_DATA)
        snprintf(why, size, "VERW is to ask for the selector %x", kernel.cpu->data_selector);
    else if (kernel.cpu->entry_stack != stack)
        snprintf(why, size, "cpu.entry_stack is not the entry stack");
    else if (booted.on_paths & MITIGATE_KPTI && rsp0 != stack)
        snprintf(why, size, "the CPU comes from ring 3 to %lx, which is not the entry stack", rsp0);
    else
        return true;
    return false;
}

/* What may interrupt the kernel anywhere, at its first instruction of an entry or within one another. */
static const char *any_time(unsigned vector)
{
    return vector == 1    ? "#DB"
           : vector == 2  ? "an NMI"
           : vector == 8  ? "a double fault"
           : vector == 18 ? "a machine check"
                          : NULL;
}

/* Each of those has a stack that nobody else has, with the entry stack below them all; nothing else has one. */
static bool stacks_right(char *why, unsigned size)
{
    const unsigned char *idt = image_at(image_symbol("idt")), *tss = image_at(image_symbol("tss"));
    uint64_t used[GATES] = {0}, place;
    for (unsigned v = 0; v < GATES; v++) {
        unsigned ist = idt[v * GATE_BYTES + GATE_IST];
        if (!any_time(v) != !ist) {
            snprintf(why, size, "vector %u has %s stack of its own", v, ist ? "a" : "no");
            return false;
        }
        if (!ist)
            continue;
        memcpy(&used[v], tss + TSS_IST + ist * sizeof *used, sizeof *used);
        place = used[v] - booted.stacks;
        if (place % ENTRY_STACK_BYTES || place <= ENTRY_STACK_BYTES || used[v] > booted.window_end) {
            snprintf(why, size, "%s arrives at %lx, which is the top of no such stack", any_time(v), used[v]);
            return false;
        }
        for (unsigned w = 0; w < v; w++) {
            if (used[w] == used[v]) {
                snprintf(why, size, "%s and %s arrive on one stack", any_time(w), any_time(v));
                return false;
            }
        }
    }
    return true;
}

/* What stays set for good: IBRS and BHI_DIS_S where the CPU has them as modes. */
static bool modes_right(uint32_t modes, char *why, unsigned size)
{
    bool amd = shown->vendor[0] == 0x68747541;
    uint64_t bits =
        (modes & MITIGATE_IBRS && !amd ? IBRS : 0u) | (modes & MITIGATE_BHB ? (unsigned)BHI_DIS_S : 0u);
    uint64_t right = FIRMWARES | bits, efer = modes & MITIGATE_IBRS && amd ? 1u << 21 : 0;
    if (spec_ctrl != right)
        snprintf(why, size, "after the boot IA32_SPEC_CTRL is %lx, not %lx", spec_ctrl, right);
    else if ((bits || booted.on_paths & MITIGATE_IBRS) && kernel.cpu->spec_ctrl != right)
        snprintf(why, size, "cpu.spec_ctrl is %x, not %lx", kernel.cpu->spec_ctrl, right);
    else if (efer_written != efer)
        snprintf(why, size, "the boot has written %lx to EFER, not %lx", efer_written, efer);
    else
        return true;
    return false;
}

static uint32_t asked(const char *words)
{
    uint32_t set = 0;
    flaw_asked(words, 0, &set);
    return set;
}

bool boot(const char *words, const struct cpu_shown *on, uint32_t on_paths, bool smap, char *why, unsigned size)
{
    const struct segment *text = text_segment();
    unsigned char *before = malloc(text->size);
    uint64_t buffer = image_symbol("kernel_stack_bottom");
    memcpy(before, text->bytes, text->size);
    strcpy(image_at(buffer), words);
    booted = (struct booted){on_paths,
                             0,
                             smap,
                             image_symbol("kernel_window_start"),
                             image_symbol("kernel_window_end"),
                             image_symbol("ist_stacks")};
    sites = image_at(image_variable("sites_start"));
    sites_end = sites + (image_variable("sites_end") - image_variable("sites_start")) / sizeof *sites;
    shown = on;
    spec_ctrl = FIRMWARES, efer_written = 0;
    trace_start();
    machine_call(image_symbol("descriptors_init"), 0);
    machine_call(image_symbol("mitigations_init"), buffer);
    *(bool *)image_at(image_symbol("cpu_features") + offsetof(struct cpu_features, smap)) = smap;
    machine_call(image_symbol("mitigations_patch"), 0);
    machine_call(image_symbol("descriptors_use_entries"), 0);
    bool right = chosen_right(why, size) && patched_right(before, why, size) && set_right(why, size) &&
                 stacks_right(why, size) && modes_right(asked(words) & ~on_paths, why, size);
    free(before);
    return right;
}
