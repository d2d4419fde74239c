/* The boot, from long mode to the first thread. */
#include "arch/arch.h"
#include "arch/x86_64/acpi.h"
#include "arch/x86_64/apic.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/layout.h"
#include "arch/x86_64/mitigate.h"
#include "arch/x86_64/paging.h"
#include "arch/x86_64/pmu.h"
#include "boot/boot.h"
#include "debug/checking.h"
#include "debug/debug.h"
#include "debug/text.h"
#include "debug/trace.h"
#include "thread/sched.h"

_Noreturn void boot_main(uint32_t magic, uint32_t info);

extern char kernel_stack_top[], boot_pml4[];

static struct boot_info boot;
static struct acpi acpi;
_Static_assert((int)ACPI_RSDP_BYTES == (int)BOOTINFO_RSDP_MAX, "one is copied to the other");

/* The value of an on/off word of the command line. */
static bool cmdline_flag(const char *key, bool otherwise)
{
    char value[8];
    if (!cmdline_get(&boot, key, value, sizeof value))
        return otherwise;
    const char *on = text_after(value, "on"), *off = text_after(value, "off");
    if ((on && !*on) || (off && !*off))
        return on != NULL;
    kprintf("baton: %s=%s is neither on nor off; it stays %s\n", key, value, otherwise ? "on" : "off");
    return otherwise;
}

/* The boot page tables map this much at its physical addresses. */
#define BOOT_TABLES_END (1ull << 32)
enum { PANIC_BAND = 24 };     /* pixels high */
enum { LEVEL_LINES = 0x4d0 }; /* ELCR, a register of EISA's PICs that PCI has kept */

static const uint8_t *boot_memory_at(uint64_t phys, uint64_t bytes)
{
    const uint64_t end = BOOT_TABLES_END;
    return phys && phys < end && bytes <= end - phys ? (const uint8_t *)(uintptr_t)phys : NULL;
}

/* Is any of [start, end) RAM by the memory map, or the kernel's? */
static bool is_ram(uint64_t start, uint64_t end)
{
    bool found = start < kernel_image_end() && end > KERNEL_PHYS;
    for (unsigned i = 0; i < boot.region_count; i++)
        found = found || (start < boot.region[i].end && end > boot.region[i].start);
    return found;
}

void boot_mark_panic(void)
{
    const struct bootinfo_screen *s = &boot.screen;
    uint64_t bytes = (uint64_t)s->pitch % (1 << 18) * PANIC_BAND;
    if (s->paddr == 0 || s->paddr > BOOT_TABLES_END - bytes || is_ram(s->paddr, s->paddr + bytes))
        return;
    write_cr3((uintptr_t)boot_pml4);
    for (uint64_t i = 0; i < bytes; i++)
        ((volatile uint8_t *)s->paddr)[i] = 0xff; /* NOLINT: there is the screen */
}

/* pre: nothing has been put into free memory, where the loader's information lies */
static void read_acpi(void)
{
    unsigned level = inb(LEVEL_LINES) | inb(LEVEL_LINES + 1) << 8;
    const char *wrong = acpi_read(&acpi, boot.rsdp, boot_memory_at, level);
    boot.root_pointer = acpi.rsdp;
    if (wrong)
        kprintf("baton: ACPI tells of no I/O APIC, %s; one is assumed, at %x\n", wrong, acpi.ioapic[0].address);
    if (acpi.odd_entries)
        kprintf("baton: %u entries of ACPI's MADT cannot be, and are left out\n", acpi.odd_entries);
}

void boot_main(uint32_t magic, uint32_t info)
{
    console_init();
    descriptors_init();
    multiboot_read(&boot, magic, info);
    kprintf("baton: %s\n", boot.cmdline);
    read_acpi();
    char words[64] = "auto";
    (void)cmdline_get(&boot, "mitigations", words, sizeof words);
    mitigations_init(words);
    cpu_init();
    machine_check_init();
    boot_memory_init(&boot, cpu_features.physical_bits);
    paging_init(boot.region, boot.region_count);
    boot_memory_in_physmap = true;
    cpu_enable_pcid();
    descriptors_use_entries();
    cpu.stack_top = (uintptr_t)kernel_stack_top;
    trace_on = cmdline_flag("trace", false);
    if (trace_on) {
        uint64_t ring = boot_memory(TRACE_BITS);
        trace_ring = (struct trace_record *)(uintptr_t)arch_object(ring);
        add_module(&boot, ring, ring + (1u << TRACE_BITS), "trace"); /* the root task can read it */
    }
    sched_init();
    apic_init();
    ioapic_init(&acpi);
    clock_init(acpi.pm_timer);
    if (cmdline_flag("pmu", false))
        pmu_init(cmdline_flag("pmu_tlb", false), boot.counter);
    extended_init();
    bool coverage = CHECKING && cmdline_flag("coverage", false); /* like the trace, it sees every call */
    bool fastpath = cmdline_flag("fastpath", true) && !trace_on && !coverage;
    if (coverage)
        coverage_start();
    cpu_syscall_init(!fastpath);
    root_create(&boot, fastpath, trace_on);
    mitigations_resume();
}
