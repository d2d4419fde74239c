/* One comparison: both ways from the state that is there, by the entry with the fast paths and by the C entry. */
#include "compare.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "fields.h"
#include "image.h"
#include "tell.h"

enum { WHY = 240 };

struct comparison compared = {.chosen = EVERY_OPERATION};
static struct memory before, at_bail, after_fast, after_slow;
static struct registers bail_user;
static char bail_stored[WHY]; /* what a bail-out stored, or empty */
static enum reason reason;

/* A bail-out has stored nothing, not even words that mean nothing. */
static void bailed(const struct registers *r)
{
    world_save(&at_bail);
    bail_user = *r;
    if (!meaning_differs(&before, &at_bail, bail_stored, sizeof bail_stored))
        bail_stored[0] = 0;
}

/* What the C path finds is what the user gave, except rbx and r11, which are the kernel's. */
static bool bail_kept_registers(char *why)
{
    for (unsigned i = 0; i < GENERAL; i++) {
        if ((!compared.fault && (i == RBX || i == R11)) || bail_user.general[i] == compared.user.general[i])
            continue;
        snprintf(why, WHY, "a bail-out has changed %s from %lx to %lx", register_names[i],
                 compared.user.general[i], bail_user.general[i]);
        return false;
    }
    return true;
}

static bool same_registers(char *why)
{
    for (unsigned i = 0; i < GENERAL; i++) {
        if (compared.fast.registers.general[i] == compared.slow.registers.general[i])
            continue;
        char by_fast[NAME], by_slow[NAME];
        name_value(compared.fast.registers.general[i], by_fast),
            name_value(compared.slow.registers.general[i], by_slow);
        snprintf(why, WHY, "%s is %s by the fast path and %s by the C path", register_names[i], by_fast,
                 by_slow);
        return false;
    }
    return true;
}

static void extended_differs(char *why)
{
    const struct extended *f = &compared.fast.extended, *s = &compared.slow.extended;
    snprintf(
        why, WHY,
        "registers of extended state %lx and %lx, FS base %lx and %lx, GS base %lx and %lx, CR0.TS %u and %u, "
        "CR4.FSGSBASE %u and %u, x2APIC EOI %lx and %lx, timer %lx and %lx",
        f->state, s->state, f->fs_base, s->fs_base, f->gs_base, s->gs_base, f->barred, s->barred, f->bases_open,
        s->bases_open, f->eoi, s->eoi, f->apic_timer, s->apic_timer);
}

/* With KPTI the C path loads CR3 on its way out where a path that has touched nothing leaves it: that it asks
   for no flush (bit 63) is then visible in the emulator, which keeps the bit, but not in a CPU. */
static bool same_outcome(char *why)
{
    uint64_t not_compared = strcmp(image_variant, "_kpti") == 0 ? 1ull << 63 : 0;
    if (compared.fast.exit == EXIT_WRONG || compared.slow.exit == EXIT_WRONG)
        snprintf(why, WHY, "%s", compared.fast.exit == EXIT_WRONG ? compared.fast.wrong : compared.slow.wrong);
    else if (compared.fast.exit != compared.slow.exit)
        snprintf(why, WHY, "they leave in different ways: %u and %u", compared.fast.exit, compared.slow.exit);
    else if ((compared.fast.registers.cr3 ^ compared.slow.registers.cr3) & ~not_compared)
        snprintf(why, WHY, "CR3 is %lx and %lx", compared.fast.registers.cr3, compared.slow.registers.cr3);
    else if (memcmp(&compared.fast.extended, &compared.slow.extended, sizeof compared.fast.extended))
        extended_differs(why);
    else if (compared.fast.exit == EXIT_IDLE || compared.fast.exit == EXIT_KERNEL)
        return true;
    else if (compared.fast.rip != compared.slow.rip || compared.fast.rflags != compared.slow.rflags)
        snprintf(why, WHY, "rip %lx and %lx, rflags %lx and %lx", compared.fast.rip, compared.slow.rip,
                 compared.fast.rflags, compared.slow.rflags);
    else
        return same_registers(why);
    return false;
}

/* The fast path must be taken exactly when no condition forbids it. */
static bool right_path(char *why)
{
    bool forbidden = reason != REASON_NONE;
    if (compared.fast.slow == forbidden)
        return true;
    snprintf(why, WHY, compared.fast.slow ? "it bailed out without a reason" : "the same by both ways");
    return false;
}

static void run_both(void)
{
    world_save(&before);
    bail_stored[0] = 0;
    machine_at_slow = bailed;
    machine_run(world_entry(compared.fault, false), &compared.user, compared.fault, &compared.fast);
    world_save(&after_fast);
    world_restore(&before);
    machine_at_slow = NULL;
    machine_run(world_entry(compared.fault, true), &compared.user, compared.fault, &compared.slow);
    world_save(&after_slow);
    compared.raw = after_slow;
}

static bool equal(char *why)
{
    reason = reason_of(&compared.user, compared.fault);
    run_both();
    if (compared.fast.slow && bail_stored[0]) {
        snprintf(why, WHY, "a bail-out has stored: %.200s", bail_stored);
        return false;
    }
    if (!same_outcome(why) || (compared.fast.slow && !bail_kept_registers(why)))
        return false;
    meaning(&after_fast);
    meaning(&after_slow);
    return !meaning_differs(&after_fast, &after_slow, why, WHY) && right_path(why);
}

static void count(void)
{
    unsigned op = operation_of(compared.user.general[RAX], compared.fault);
    compared.states++;
    if (op < OPERATIONS)
        compared.seen[op][reason]++;
}

static const char *operation_called(void)
{
    unsigned op = operation_of(compared.user.general[RAX], compared.fault);
    if (op < OPERATIONS)
        return operation_names[op].name;
    return compared.user.general[RAX] == SYS_NULL ? "null" : "another operation";
}

/* What in the state forbids the fast path, if it was taken all the same: then that is why the outcome differs. */
static const char *spite(void)
{
    static char said[WHY];
    bool taken = !compared.fast.slow && reason != REASON_NONE;
    snprintf(said, sizeof said, "; the fast path was taken in spite of: %s",
             reason_name(reason) ? reason_name(reason) : "a slow reason");
    return taken ? said : "";
}

bool compare_chosen(void)
{
    return compared.chosen >> operation_of(compared.user.general[RAX], compared.fault) & 1;
}

bool compare(const char *kind, uint64_t number)
{
    char why[WHY] = "";
    if (!compare_chosen())
        return true;
    if (tell_begun()) {
        tell();
        return true;
    }
    if (equal(why)) {
        count();
        return true;
    }
    printf("not ok equiv %s %" PRIu64 ": %s: %s%s\n", kind, number, operation_called(), why, spite());
    world_restore(&before);
    state_print(&compared.user);
    compared.failures++;
    return false;
}
