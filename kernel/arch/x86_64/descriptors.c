/* GDT, IDT, TSS. There are no per-CPU segments: the user's GS and FS are never the kernel's. */
#include <stddef.h>

#include "arch/arch.h"
#include "arch/percpu.h"
#include "arch/x86_64/clock.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/layout.h"
#include "arch/x86_64/mitigate.h"
#include "arch/x86_64/trap.h"

struct tss {
    uint32_t reserved0;
    uint64_t rsp0, rsp1, rsp2, reserved1;
    uint64_t ist[7];
    uint64_t reserved2;
    uint16_t reserved3, iomap_base;
} __attribute__((packed));

_Static_assert(sizeof(struct tss) == 104, "SDM vol. 3, 8.7");

struct gate {
    uint16_t offset_low, selector;
    uint8_t ist, type;
    uint16_t offset_middle;
    uint32_t offset_high, reserved;
};

struct table_register {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed));

enum { IST_STACK = 4096, GATE_INTERRUPT = 0x8e, GATE_USER = 0xee };
enum ist { IST_NONE, IST_DOUBLE_FAULT, IST_NMI, IST_MACHINE_CHECK, IST_DEBUG, IST_COUNT };

/* In the window: with KPTI that is all the CPU finds when it comes from ring 3. The first of the stacks is
   the one that it then uses without an IST. */
#define WINDOW __attribute__((section(".window")))
static WINDOW struct tss tss;
static WINDOW struct gate idt[VECTORS];
static WINDOW uint8_t ist_stacks[IST_COUNT][IST_STACK] __attribute__((aligned(16)));
static WINDOW uint64_t gdt[7] = {
    0,
    0x00af9b000000ffff, /* kernel code, 64 bit */
    0x00cf93000000ffff, /* kernel data */
    0x00cff3000000ffff, /* user data */
    0x00affb000000ffff, /* user code, 64 bit */
};

extern char kernel_stack_top[];

static const uint8_t ist_of[VECTORS] = {
    [1] = IST_DEBUG, [2] = IST_NMI, [8] = IST_DOUBLE_FAULT, [18] = IST_MACHINE_CHECK};

static void set_gate(unsigned vector, uint64_t to)
{
    bool user = vector == 3; /* only INT3 may be raised by INT n from ring 3; others are #GP */
    idt[vector] = (struct gate){
        .offset_low = (uint16_t)to,
        .selector = SEL_KERNEL_CODE,
        .ist = ist_of[vector],
        .type = user ? GATE_USER : GATE_INTERRUPT,
        .offset_middle = (uint16_t)(to >> 16),
        .offset_high = (uint32_t)(to >> 32),
    };
}

void descriptors_fast(void)
{
    set_gate(VECTOR_PAGE_FAULT, entries->page_fault);
    set_gate(VECTOR_CLOCK, entries->clock);
    for (unsigned i = 0; i < IRQ_VECTORS; i++)
        set_gate(IRQ_VECTOR_FIRST + i, entries->interrupt_stubs + i * INTERRUPT_STUB_BYTES);
}

static void load_segments(void)
{
    __asm__ volatile("pushq %0\n\t"
                     "leaq 1f(%%rip), %%rax\n\t"
                     "pushq %%rax\n\t"
                     "lretq\n"
                     "1: movl %1, %%eax\n\t"
                     "movw %%ax, %%ss\n\t"
                     "xorl %%eax, %%eax\n\t"
                     "movw %%ax, %%ds\n\t"
                     "movw %%ax, %%es\n\t"
                     "movw %%ax, %%fs\n\t"
                     "movw %%ax, %%gs\n\t"
                     :
                     : "i"(SEL_KERNEL_CODE), "i"(SEL_KERNEL_DATA)
                     : "rax", "memory");
}

static void set_gates(void)
{
    for (unsigned v = 0; v < VECTORS; v++)
        set_gate(v, entries->vector_stubs + v * VECTOR_STUB_BYTES);
}

void descriptors_use_entries(void)
{
    cpu.kernel_cr3 = arch_kernel_cr3();
    cpu.data_selector = SEL_USER_DATA;
    cpu.entry_stack = (uintptr_t)ist_stacks[IST_NONE] + IST_STACK;
    if (mitigations & MITIGATE_KPTI)
        tss.rsp0 = cpu.entry_stack;
    set_gates();
}

void descriptors_init(void)
{
    uint64_t base = (uintptr_t)&tss;
    tss.rsp0 = (uintptr_t)kernel_stack_top;
    tss.iomap_base = sizeof tss; /* beyond the limit: no port is open to ring 3 */
    for (unsigned i = 1; i < IST_COUNT; i++)
        tss.ist[i - 1] = (uintptr_t)ist_stacks[i] + IST_STACK;
    gdt[5] = (sizeof tss - 1) | (base & 0xffffff) << 16 | 0x89ull << 40 | (base >> 24 & 0xff) << 56;
    gdt[6] = base >> 32;
    set_gates();
    const struct table_register gdtr = {sizeof gdt - 1, (uintptr_t)gdt};
    const struct table_register idtr = {sizeof idt - 1, (uintptr_t)idt};
    __asm__ volatile("lgdt %0" : : "m"(gdtr));
    load_segments();
    __asm__ volatile("ltr %w0" : : "r"(SEL_TSS)); /* first: an NMI finds its stack by it */
    __asm__ volatile("lidt %0" : : "m"(idtr));
    /* A reset leaves an LDT at address 0, which may be a user's page, with descriptors that its owner chose. */
    __asm__ volatile("lldt %w0" : : "r"(0));
}
