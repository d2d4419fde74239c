/* The boot, from long mode to the first thread. */
#include "apic.h"
#include "arch.h"
#include "boot.h"
#include "cpu.h"
#include "crash.h"
#include "debug.h"
#include "invariants.h"
#include "memory.h"
#include "paging.h"
#include "sched.h"
#include "trace.h"

_Noreturn void boot_main(uint32_t magic, uint32_t info);
_Noreturn void resume_user(void);

extern char kernel_stack_top[];

static struct boot_info boot;

/* The value of an on/off word of the command line. */
static bool cmdline_flag(const char *key, bool otherwise)
{
    char value[8];
    if (!cmdline_get(&boot, key, value, sizeof value))
        return otherwise;
    if (value[0] == 'o' && value[1] == 'n' && !value[2])
        return true;
    if (value[0] == 'o' && value[1] == 'f' && value[2] == 'f' && !value[3])
        return false;
    kprintf("baton: %s=%s is neither on nor off; it stays %s\n", key, value, otherwise ? "on" : "off");
    return otherwise;
}

void boot_main(uint32_t magic, uint32_t info)
{
    console_init();
    descriptors_init();
    multiboot_read(&boot, magic, info);
    kprintf("baton: %s\n", boot.cmdline);
    cpu_init();
    extended_init();
    boot_memory_init(&boot);
    paging_init(&boot);
    boot_memory_in_physmap();
    cpu_enable_pcid();
    cpu.stack_top = (uintptr_t)kernel_stack_top;
    sched_init();
    apic_init();
    clock_init();
    trace_on = cmdline_flag("trace", false);
    bool coverage = CHECKING && cmdline_flag("coverage", false); /* as the trace, it sees every call */
    bool fastpath = cmdline_flag("fastpath", true) && !trace_on && !coverage;
    if (coverage)
        coverage_start();
    cpu_syscall_init(!fastpath);
    root_create(&boot, fastpath, trace_on);
    char kind[16];
    if (cmdline_get(&boot, "crash", kind, sizeof kind))
        crash(kind);
    resume_user();
}
