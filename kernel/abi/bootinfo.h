/* The page that a program finds at BOOTINFO_VADDR (and in rdi) when it starts: what it was given. The
   kernel writes the root task's; a program that starts another writes that one's in the same form. */
#ifndef BATON_BOOTINFO_H
#define BATON_BOOTINFO_H

#include <stdint.h>

enum { BOOTINFO_UNTYPED_MAX = 160, BOOTINFO_MODULE_MAX = 16, BOOTINFO_RAM_MAX = 10, BOOTINFO_RSDP_MAX = 36 };

struct bootinfo_untyped {
    uint32_t slot;      /* index in the program's root CNode */
    uint16_t size_bits; /* the memory is 2^size_bits bytes */
    uint16_t device;    /* 1: not RAM; it becomes only frames and untyped memory, and is never cleared */
    uint64_t paddr;     /* physical address of its first byte */
};

struct bootinfo_module {
    char name[32];       /* its command line in the boot loader's menu, ended by 0 */
    uint64_t vaddr;      /* where it is mapped, read only, in this program */
    uint64_t size;       /* bytes */
    uint32_t first_slot; /* frame capabilities of its pages, in order, one slot each */
    uint32_t frames;
};

/* The frame buffer as the boot loader describes it, unchecked; all 0: none. Its memory is device memory. A pixel is
   `bits` wide, and a colour the bits [at, at + bits) of it. */
struct bootinfo_screen {
    uint64_t paddr;
    uint32_t pitch, width, height; /* bytes from one line to the next; pixels */
    uint8_t bits;
    uint8_t red_at, red_bits, green_at, green_bits, blue_at, blue_bits;
    uint8_t unused[5];
};

/* A stretch of RAM as the boot loader's memory map has it, in whole pages: what the kernel and modules use is in it, too. */
struct bootinfo_ram {
    uint64_t start, end;
};

/* Events that performance counters may count, in ring 0 and ring 3 together. */
enum { PMU_CYCLES, PMU_INSTRUCTIONS, PMU_BRANCH_MISSES, PMU_L1D_MISSES, PMU_L2_MISSES, PMU_LLC_MISSES };
enum { PMU_DTLB_MISSES = 6, PMU_ITLB_MISSES = 7, PMU_EVENTS = 8, PMU_NO_COUNTER_LEFT = 1 };
_Static_assert(PMU_DTLB_MISSES == PMU_LLC_MISSES + 1, "events have no gap");

/* width 0: the event is not counted, because this CPU's encoding is unknown, or because no counter was left. */
struct bootinfo_counter {
    uint32_t index; /* what RDPMC takes in ecx; or why not: PMU_NO_COUNTER_LEFT, or 0 */
    uint32_t width; /* bits that count */
};

struct bootinfo {
    uint64_t magic;       /* BOOTINFO_MAGIC */
    uint64_t tsc_hz;      /* ticks of the time-stamp counter in a second, as calibrated at boot */
    uint64_t msi_address; /* where a device writes the data of irq_msi_get to interrupt this CPU */
    uint32_t fastpath;    /* 1 when the NASM fast paths are in use */
    uint32_t trace;       /* 1 when the kernel records events */
    uint32_t checked;     /* 1 when it checks its invariants at each entry, which takes a very long time */
    uint32_t mitigations; /* set of those in force: enum mitigation in kernel/arch/x86_64/flaw.h */
    uint32_t first_free_slot, slot_count; /* free slots of the root CNode: [first_free_slot, slot_count) */
    uint32_t untyped_count, module_count;
    uint64_t argument; /* a number from the program that started this one; 0 for the root task */
    struct bootinfo_screen screen;
    struct bootinfo_counter counter[PMU_EVENTS]; /* all 0 unless the kernel's command line has pmu=on */
    char cmdline[256]; /* the kernel's command line, or the program's arguments; ended by 0 */
    struct bootinfo_untyped untyped[BOOTINFO_UNTYPED_MAX]; /* RAM first; within each kind the largest first */
    struct bootinfo_module module[BOOTINFO_MODULE_MAX];
    struct bootinfo_ram ram[BOOTINFO_RAM_MAX]; /* the first ones, by address; behind them zeros */
    uint8_t rsdp[BOOTINFO_RSDP_MAX];           /* ACPI's root pointer; all 0: there is none */
};

_Static_assert(sizeof(struct bootinfo_screen) == 32, "no padding that nobody writes");
_Static_assert(sizeof(struct bootinfo) <= 4096, "the boot info is one page");

#endif
