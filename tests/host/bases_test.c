/* The machine's own kernel/arch/x86_64/extended.c: CR4 lets a thread write its segment bases when it has some, and only then; and it is
   written only where that changes, since each time a guest leaves its CPU under KVM. */
#define extended_init machine_extended_init
#define arch_extended_is_fast machine_extended_is_fast
#define arch_bases_are_fast machine_bases_are_fast
#define arch_extended_init machine_extended_state_init
#define arch_extended_leave machine_extended_leave
#define arch_extended_load machine_extended_load
#define arch_bases_save machine_bases_save
#define arch_bases_load machine_bases_load
#define arch_bases_open machine_bases_open
#include <stddef.h>
#include "arch/arch.h"
#include "arch/percpu.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/mitigate.h"
#include "test.h"
#include "thread/tcb.h"

enum { LEAF_7 = 7, EBX_FSGSBASE = 1, MSRS_OF_BOTH = 2 };

uint32_t mitigations;
static uint64_t cr4;
static unsigned cr4_writes, msr_writes;
static bool has_fsgsbase;

void cpuid_leaf(uint32_t number, uint32_t sub, uint32_t out[4])
{
    (void)sub;
    out[0] = out[2] = out[3] = 0;
    out[1] = number == LEAF_7 && has_fsgsbase ? EBX_FSGSBASE : 0;
}

void cpu_facts_read(struct cpu_facts *facts)
{
    *facts = (struct cpu_facts){.vendor = VENDOR_INTEL};
}

static uint64_t no_cr0(void)
{
    return 0;
}

static uint64_t cr4_read(void)
{
    return cr4;
}

static void cr4_write(uint64_t value)
{
    cr4 = value;
    cr4_writes++;
}

static void msr_write(uint32_t msr, uint64_t value)
{
    (void)msr;
    (void)value;
    msr_writes++;
}

/* Its other instructions are left out: what they would do to this process is not what is asked here. */
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-variable"
#define read_cr0 no_cr0
#define read_cr4 cr4_read
#define write_cr4 cr4_write
#define wrmsr msr_write
#define __asm__
#define volatile(...) (void)0
#include "arch/x86_64/extended.c" /* NOLINT */
#undef volatile
#undef __asm__

static struct tcb none = {.slow_reasons = 0}, first = {.slow_reasons = SLOW_BASES},
                  second = {.slow_reasons = SLOW_BASES};

static void check_switch(const char *what, const struct tcb *from, const struct tcb *to, unsigned writes)
{
    cr4_writes = msr_writes = 0;
    tcb_load_bases(to, from->slow_reasons & SLOW_BASES);
    CHECK_NUMBER(what, cr4_writes, has_fsgsbase ? writes : 0);
    CHECK_NUMBER(what, msr_writes, has_fsgsbase || (from == &none && to == &none) ? 0 : MSRS_OF_BOTH);
    CHECK_NUMBER(what, cr4 == (to == &none ? cpu.cr4 : cpu.cr4_bases), true);
}

static void check_switches(bool has)
{
    has_fsgsbase = has;
    machine_extended_init();
    CHECK_NUMBER("another CR4", cpu.cr4 != cpu.cr4_bases, has);
    cr4 = cpu.cr4;
    check_switch("none to none", &none, &none, 0);
    check_switch("none to bases", &none, &first, 1);
    check_switch("bases to bases", &first, &second, 0);
    check_switch("and back", &second, &first, 0);
    check_switch("bases to none", &first, &none, 1);
}

static void is_written_where_it_changes(void)
{
    check_switches(true);
}

static void is_not_written_without_the_instructions(void)
{
    check_switches(false);
}

int main(void)
{
    test_run("bases/cr4_is_written_where_it_changes", is_written_where_it_changes);
    test_run("bases/cr4_is_not_written_without_the_instructions", is_not_written_without_the_instructions);
    return test_end();
}
