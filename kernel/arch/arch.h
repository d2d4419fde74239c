/* What the objects, IPC and the scheduler need from the machine. kernel/arch/x86_64 supplies it to the kernel,
   tests/host/ to the host unit tests. */
#ifndef BATON_ARCH_H
#define BATON_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "arch/x86_64/page_entry.h" /* arch_phys, arch_object: physical addresses; arch_..._entry; arch_walk */
#include "debug/machine.h"          /* arch_putchar, arch_exit, arch_timestamp */

struct slot;

/* Fills memory with zeros. pre: both are multiples of 8. */
static inline void arch_clear(void *memory, size_t bytes)
{
    size_t words = bytes / 8;
    __asm__ volatile("rep stosq" : "+D"(memory), "+c"(words) : "a"(0) : "memory");
}

void arch_copy_words(uint64_t *to, const uint64_t *from, size_t words);

/* `index` if it is less than `bound`, else 0, without a branch that could be speculated past. */
static inline uint64_t index_nospec(uint64_t index, uint64_t bound)
{
    uint64_t mask;
    __asm__("cmp %2, %1; sbb %0, %0" : "=r"(mask) : "r"(index), "r"(bound) : "cc");
    return index & mask;
}

/* The low bits of `index`, for a bound that is a power of two, after a test from which the compiler must not
   draw conclusions: speculation gets past the test, but not out of bounds. */
static inline uint64_t mask_nospec(uint64_t index, uint64_t bound)
{
    __asm__("" : "+r"(index));
    return index & (bound - 1);
}

/* The CR3 value of the kernel's own page tables, and of an address space. */
uint64_t arch_kernel_cr3(void);
uint64_t arch_space_cr3(const struct slot *space);

/* Makes a cleared page the root of an address space with this number: it gets the kernel's half. What the CPU still knows by
   that number is forgotten: nothing runs by it now, but its last owner may have run on after arch_space_flush(). */
void arch_space_init(uint64_t *root, unsigned asid);
/* Every translation of this address space is forgotten by the CPU. */
void arch_space_flush(const uint64_t *root, unsigned asid);

/* Has the CPU pages of 2^bits bytes? */
bool arch_has_page(unsigned bits);
/* The CPU forgets what it knows about one page, of whatever size, of an address space. */
void arch_flush_page(const uint64_t *root, unsigned asid, uint64_t vaddr);

/* The part of a thread that the kernel's own code does not use. Extended state: the running thread's is this from now
   on; NULL: it has none, gets CR0.TS, so that its first use faults, and never sees another's, which the CPU may
   go on holding (cpu.extended). */
void arch_extended_load(void *state);
/* The CPU does not hold that state any more: what it held is in the memory. arch_extended_load() comes next. */
void arch_extended_leave(void *state);
/* Makes cleared memory of an EXTENDED_STATE object the state of a thread that starts. */
void arch_extended_init(void *state);
/* FS and GS base: those of the thread that ran so far, which may have written them; those of the one that runs next.
   `has`: it may write them; else they are 0. Loaded after a thread that had some; opened after one that had none, for one that has. */
void arch_bases_save(uint64_t *fs_base, uint64_t *gs_base);
void arch_bases_load(bool has, uint64_t fs_base, uint64_t gs_base);
void arch_bases_open(uint64_t fs_base, uint64_t gs_base);
/* Can the fast paths switch them on this CPU? */
bool arch_extended_is_fast(void);
bool arch_bases_are_fast(void);

/* A thread's, for the debug registers. */
struct breakpoint {
    uint64_t address;
    uint8_t kind, length; /* BREAK_...; kind 0: none */
};

/* Loads the BREAKPOINTS breakpoints of a thread that will run; NULL: turns off those of the last one. */
void arch_debug_load(const struct breakpoint *b);

/* IN and OUT of 1, 2 or 4 bytes. */
uint32_t arch_io_in(uint16_t port, unsigned bytes);
void arch_io_out(uint16_t port, unsigned bytes, uint32_t value);

/* Those of devices. The vectors below belong to exceptions and the kernel's own timer, those above to the spurious interrupts. */
enum { IRQ_VECTOR_FIRST = 0x30, IRQ_VECTORS = 0xc0, IRQ_VECTOR_MIDDLE = IRQ_VECTOR_FIRST + IRQ_VECTORS / 2 };
/* The line that the argument of sys_irq_handler_get names: its global number, IRQ_LEVEL, IRQ_LOW; IRQ_NO_LINE when
   no I/O APIC has it. */
uint32_t arch_irq_line(uint64_t asked);
/* The line raises this vector from now on. It is masked. pre: arch_irq_line gave it; the same for the next */
void arch_irq_route(uint32_t line, unsigned vector);
void arch_irq_mask(uint32_t line, bool masked);
/* Where a device writes a vector to raise it. */
uint64_t arch_msi_address(void);

/* Does the kernel run with interrupts off, and with none of the flags that a program can set and that change
   what its instructions do: TF DF NT AC? */
bool arch_flags_clean(void);

/* A clock interrupt will come when arch_timestamp() is this at the latest; more may come before. */
void arch_interrupt_at(uint64_t time);

#endif
