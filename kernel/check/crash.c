/* Broken on purpose. Each kind is something that the hardware or the kernel must refuse; if it does not,
   the kernel says so and goes on, and the test that asked for it fails. */
#include "check/crash.h"

#include <stdbool.h>
#include <stdint.h>
#include "abi/abi.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/layout.h"
#include "debug/debug.h"
#include "debug/text.h"
#include "thread/sched.h"
#include "thread/tcb.h"

extern char kernel_text_start[], kernel_rodata_start[];

static volatile uint8_t data_page[64] = {0xc3}; /* a RET, where nothing may be executed */

__attribute__((noinline)) static void crash_opcode(void)
{
    __asm__ volatile("ud2");
}

__attribute__((noinline)) static void crash_read(void)
{
    __asm__ volatile("movq 0x10, %%rax" : : : "rax");
}

__attribute__((noinline)) static void write_byte(uint64_t address)
{
    *(volatile char *)address = 0;
}

static void crash_text(void)
{
    write_byte((uintptr_t)kernel_text_start);
}

static void crash_rodata(void)
{
    write_byte((uintptr_t)kernel_rodata_start);
}

/* The text's physical page by way of PHYSMAP: a writable alias would undo W^X. */
static void crash_alias(void)
{
    write_byte((uintptr_t)kernel_text_start - KERNEL_VMA + PHYSMAP);
}

static void crash_execute(void)
{
    __asm__ volatile("call *%0" : : "r"(data_page) : "memory");
}

enum { FILLER = 100 }; /* words: few enough frames that the backtrace reaches the first */

__attribute__((noinline, noclone)) static uint64_t crash_stack(uint64_t depth)
{
    volatile uint64_t filler[FILLER];
    if (depth == UINT64_MAX)
        return 0;
    filler[depth % FILLER] = depth;
    return crash_stack(depth + 1) + filler[(depth + 1) % FILLER];
}

static void crash_overflow(void)
{
    kprintf("%lu\n", crash_stack(0));
}

/* In the root task's address space: its boot info read (SMAP), its code executed (SMEP). */
static void crash_smap(void)
{
    write_cr3(cpu.current->cr3);
    kprintf("%lx\n", *(const volatile uint64_t *)BOOTINFO_VADDR);
}

static void crash_smep(void)
{
    write_cr3(cpu.current->cr3);
    __asm__ volatile("call *%0" : : "r"(cpu.current->rip) : "memory");
}

static void crash_assert(void)
{
    assert(data_page[0] == 0);
}

/* A panic that itself faults. */
static void crash_nested(void)
{
    panic("%s", (const char *)0x10);
}

static const struct {
    const char *name;
    void (*run)(void);
} kinds[] = {
    {"opcode", crash_opcode}, {"read", crash_read},       {"text", crash_text},      {"rodata", crash_rodata},
    {"alias", crash_alias},   {"execute", crash_execute}, {"stack", crash_overflow}, {"assert", crash_assert},
    {"nested", crash_nested}, {"smap", crash_smap},       {"smep", crash_smep},
};

void crash(const char *kind)
{
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const char *rest = text_after(kind, kinds[i].name);
        if (!rest || *rest)
            continue;
        kinds[i].run();
        kprintf("baton: crash=%s did not crash\n", kind);
        return;
    }
    kprintf("baton: crash=%s: no such kind\n", kind);
}
